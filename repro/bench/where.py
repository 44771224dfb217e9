"""`repro bench --where`: where the time of a training step goes, by PyTorch's profiler: products, norm, optimiser, …

What no operator accounts for is Python and the cost of a call. The floor of the products is their arithmetic at the
best rate that this core reached in a product of 512 × 512 matrices, by either library.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from repro import blas, native
from repro.bench.steps import fcn_step, meprop_step, table2_step
from repro.bench.timing import Step
from repro.record.run import Run
from repro.train.episodes import EpisodeLearner
from repro.train.given import Given
from repro.train.loop import Context

PARTS = {
    "products": (
        "mm",
        "bmm",
        "addmm",
        "baddbmm",
        "_linear_pointwise",
        "mkldnn_linear",
        "rows_weight",
        "rows_input",
        "columns_",
    ),
    "norm": ("native_batch_norm", "threshold_backward", "relu", "batch_norm_backward", "norm_"),
    "optimiser": ("_fused_adam", "adagrad"),
    "gather": (
        "index_select",
        "gather",
        "scatter",
        "scatter_add",
        "topk",
        "index_copy",
        "rows_choose",
        "rows_keep",
    ),
    "gates": ("sigmoid", "tanh"),
}
STEPS = 60


def _lstm() -> Step:
    """A window of an LSTM with a linear SG: 256 units, T = 8, 32 lanes of Copy."""
    from repro.exhibits import get

    exhibit = get("dni/rnn-control")
    params = {p.name: p.value for p in exhibit.params} | {"batch": 32, "probe": 0}
    setting = {"task": "copy", "window": 8, "width": 256, "inject": "synthetic", "bits": 1, "ahead": 0}
    learner = EpisodeLearner(Given([Run("lstm", 0, {**setting, "sg_hidden": False}, params)]), Context())
    done = iter(range(1 << 30))
    return lambda: learner.step(next(done))


CASES: Mapping[str, Callable[[], Step]] = {
    "FCN, backprop": lambda: fcn_step("cpu", 1),
    "FCN, linear SGs": lambda: fcn_step("cpu", 1, ()),
    "FCN, SGs 2 x 1024": lambda: fcn_step("cpu", 1, (1024, 1024)),
    "meProp, 500 units, k = 20": lambda: meprop_step("cpu", 1, 500, 20),
    "linear SG of sg/table2, 1 run": lambda: table2_step("cpu", 1),
    "the same, 100 runs": lambda: table2_step("cpu", 100),
    "LSTM, linear SG": _lstm,
}


def part_of(name: str) -> str:
    """Which part of a step an operator belongs to: "aten::bmm" → "products"."""
    short = name.split("::")[-1].rstrip("_")
    return next(
        (part for part, names in PARTS.items() if any(short.startswith(n) for n in names)), "elementwise"
    )


@contextmanager
def _kernels_in_c() -> Iterator[None]:
    """Inside, the profiler sees our kernels in C by name, which are no operators of PyTorch's."""
    plain = native.function

    def seen(name: str, kinds: str) -> Callable[..., None]:
        call = plain(name, kinds)

        def timed(*arguments: Any) -> None:
            with record_function(name):
                call(*arguments)

        return timed

    native.function = seen  # type: ignore[assignment]
    try:
        yield
    finally:
        native.function = plain


def operations(event: Any) -> int:
    """Floating-point operations of a product's calls of one shape; oneDNN's operator the profiler cannot count."""
    if "_linear_pointwise" not in event.key:
        return int(event.flops or 0)
    (rows, inner), (columns, _) = event.input_shapes[:2]
    return 2 * int(rows) * int(inner) * int(columns) * int(event.count)


@torch.no_grad()
def split(step: Step, steps: int = STEPS) -> dict[str, float]:
    """Microseconds of one step by part, "all" of them, and "flop", the operations of its products.

    Times of parts are the profiler's shares of a step, scaled to a step without it.
    """
    for _ in range(5):
        step()
    began = time.process_time()
    for _ in range(steps):
        step()
    whole = (time.process_time() - began) * 1e6 / steps
    with profile(activities=[ProfilerActivity.CPU], with_flops=True, record_shapes=True) as seen:
        began = time.process_time()
        for _ in range(steps):
            step()
        watched = (time.process_time() - began) * 1e6 / steps
    found: dict[str, float] = dict.fromkeys([*PARTS, "elementwise"], 0.0)
    flop = 0.0
    for event in seen.key_averages(group_by_input_shape=True):
        found[part_of(event.key)] += event.self_cpu_time_total / steps
        flop += operations(event) / steps if part_of(event.key) == "products" else 0
    # the profiler's own cost lies in its calls: what is left of the whole is Python's
    busy = min(1.0, whole / watched, whole / max(sum(found.values()), 1e-9))
    found = {k: v * busy for k, v in found.items()}
    return {**found, "Python": max(0.0, whole - sum(found.values())), "all": whole, "flop": flop}


def peak() -> float:
    """The most operations a microsecond that this core reaches in float32, by the better library."""
    a, b = torch.randn(256, 512), torch.randn(512, 512)
    ways: list[Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = [torch.mm]
    if blas._operator is not None:
        ways.append(blas.onednn)
    return 2 * 256 * 512 * 512 / min(blas._best(w, a, b, 40) for w in ways) / 1e6


def rows() -> list[dict[str, Any]]:
    """One row a case: its parts in microseconds, and the floor of its products."""
    best = peak()
    with _kernels_in_c():
        return [
            {"what": name, **(made := split(make())), "floor": made["flop"] / best}
            for name, make in CASES.items()
        ]


def table(found: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, in microseconds."""
    columns = [*PARTS, "elementwise", "Python", "all", "floor"]
    head = ["step, µs", *columns[:-1], "floor of the products"]
    lines = [head, ["---"] * len(head)]
    lines += [[r["what"], *(f"{r[c]:,.0f}" for c in columns)] for r in found]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
