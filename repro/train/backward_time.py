"""meprop/table7: time of the two backward products of one linear map, dense and with k unified columns.

Source: arXiv:1706.06197v5, section 4.8 and Table 7. Timing: warm-up, then repetitions in which the arms take
turns, so that a drift of the machine's speed meets all alike. A CPU's clock is monotonic. On a GPU each call is timed
twice, by events: launched operation by operation on an idle device (`backward_ms`, launches included, as the paper's
PyTorch), and as a CUDA graph in a busy queue (`captured_ms`, the device's own time).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from repro.errors import BadValueError, OutOfTimeError, UnknownNameError
from repro.kernels.products import tensor_cores
from repro.kernels.topk import unified_backward
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context, Result
from repro.train.rows import RunRow

DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}
LAYOUTS = ("out x in", "in x out")
ZEROS = ("all", "kept")
FLUSHED = 1 << 27
"""Bytes that are written between two timed calls on a GPU: more than twice the largest L2 cache."""


class Operands:
    """Of one dtype: x [B, I], g [B, O], W in either layout, and where the products go, shared by all runs."""

    def __init__(self, x: Tensor, g: Tensor, w: Tensor, dtype: torch.dtype):
        self.x, self.g, out_in = x.to(dtype), g.to(dtype), w.to(dtype)
        g_w, in_out = torch.zeros_like(out_in), (w.shape[1], w.shape[0])
        self.w = (out_in, out_in.view(in_out))  # random numbers, so that either reading of them will do
        self.g_w = (g_w, g_w.view(in_out))
        self.g_x = torch.zeros_like(self.x)


@dataclass
class Product:
    """One backward pass through y = x W: ∂L/∂W, and ∂L/∂x which is returned. `k`: columns kept; None: dense.

    `axis`: where W's outputs lie; `zeros`: "all" of ∂L/∂W is filled with zeros, or they are "kept" from the last pass
    and only its k outputs are cleared, in a ∂L/∂W of its own.
    """

    operands: Operands
    k: int | None = None
    axis: int = 0
    zeros: str = "all"
    tf32: bool = False
    g_w: Tensor = field(init=False)
    before: Tensor | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.g_w = self.operands.g_w[self.axis]
        if self.zeros == "kept" and self.k is not None:
            self.g_w = torch.zeros_like(self.g_w)
            self.before = torch.arange(self.k, device=self.g_w.device)

    def __call__(self) -> Tensor:
        """Carry it out, in buffers that are there."""
        o, at = self.operands, self.axis
        with tensor_cores(self.tf32, o.x):
            if self.k is None:
                torch.mm(*((o.g.T, o.x) if at == 0 else (o.x.T, o.g)), out=self.g_w)
                return torch.mm(o.g, o.w[at] if at == 0 else o.w[at].T, out=o.g_x)
            return unified_backward(o.x, o.w[at], o.g, self.k, self.g_w, o.g_x, at, self.before)


def _known(kind: str, name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return name


def products(given: Given, device: str) -> list[Product]:
    """For each run its backward pass: settings `k`, `layout`, `precision` and `zeros` (see `Product`).

    `BadValueError` for a k of more than `hidden` and for a GPU's precision elsewhere.
    """
    batch, inputs, hidden = (given.param(name) for name in ("batch", "inputs", "hidden"))
    rng = stream(0, "backward-time")
    shapes = ((batch, inputs), (batch, hidden), (hidden, inputs))
    x, g, w = (torch.randn(shape, generator=rng).to(device) for shape in shapes)
    made: list[Product] = []
    operands: dict[torch.dtype, Operands] = {}
    settings = (
        given.settings(name, d)
        for name, d in (("k", None), ("layout", LAYOUTS[0]), ("precision", "float32"), ("zeros", ZEROS[0]))
    )
    for k, layout, precision, zeros in zip(*settings, strict=True):
        if k is not None and k > hidden:
            raise BadValueError(f"hidden is {hidden}; expected {k} or more units, of which k = {k} are kept")
        dtype = DTYPES[_known("precision", precision, list(DTYPES))]
        if precision != "float32" and device != "cuda":
            raise BadValueError(
                f"precision {precision} is of a GPU's tensor cores; on {device} only float32 is timed"
            )
        if dtype not in operands:
            operands[dtype] = Operands(x, g, w, dtype)
        axis = LAYOUTS.index(_known("layout", layout, LAYOUTS))
        made.append(Product(operands[dtype], k, axis, _known("zeros", zeros, ZEROS), precision == "tf32"))
    return made


Timed = Callable[[], dict[str, float]]
"""Carries a product out and says its milliseconds by metric."""


def on_cpu(call: Callable[[], object], metric: str) -> Timed:
    """By the clock."""

    def timed() -> dict[str, float]:
        began = time.perf_counter()
        call()
        return {metric: (time.perf_counter() - began) * 1e3}

    return timed


def on_gpu(calls: Sequence[Callable[[], object]], metric: str) -> list[Timed]:
    """By events, eager and captured; the graphs share their memory, since they never run at once."""
    flush = torch.zeros(FLUSHED, dtype=torch.uint8, device="cuda")
    pool: dict[str, object] = {}
    made: list[Timed] = []
    for call in calls:
        for _ in range(2):  # libraries make what they need
            call()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, **pool):  # type: ignore[arg-type]
            call()
        pool = pool or {"pool": graph.pool()}
        made.append(_by_events(call, graph.replay, flush, metric))
    return made


def _by_events(call: Callable[[], object], replay: Callable[[], object], flush: Tensor, metric: str) -> Timed:
    """Eager: the queue is empty when the first kernel is launched. Captured: it is busy flushing the cache."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]

    def one(work: Callable[[], object], idle: bool) -> float:
        flush.zero_()
        if idle:
            torch.cuda.synchronize()
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end))

    return lambda: {metric: one(call, True), "captured_ms": one(replay, False)}


def take_turns(
    given: Given, ctx: Context, made: Sequence[Callable[[], object]], metric: str = "backward_ms"
) -> Result:
    """Milliseconds of each run's call: see `turns`."""
    on_device = on_gpu(made, metric) if ctx.device == "cuda" else [on_cpu(m, metric) for m in made]
    return turns(given, ctx, on_device)


def turns(given: Given, ctx: Context, timed: Sequence[Timed]) -> Result:
    """What each run's call says, one row a metric and repetition (index); `BadValueError` for less than one."""
    repetitions, warm_up = given.param("repetitions"), given.param("warm_up")
    if repetitions < 1 or warm_up < 0:
        raise BadValueError(f"repetitions is {repetitions} and warm_up {warm_up}; expected at least 1 and 0")
    given.refuse_unread()
    calls = list(enumerate(timed))
    rows: list[RunRow] = []
    order = random.Random(0)
    for i in range(-warm_up, repetitions):
        # a new order each time: who always came behind the dense call met its caches, and was up to 40 % slower
        for r, call in order.sample(calls, len(calls)):
            rows += [(r, name, 0, str(i), value) for name, value in call().items() if i >= 0]
        ctx.progress((i + warm_up + 1) / (warm_up + repetitions))
        if i + 1 < repetitions and ctx.late(time.monotonic()):
            raise OutOfTimeError(f"the time is up after {i + 1} of {repetitions} repetitions; none is kept")
    return Result(rows, {"info": {"threads": torch.get_num_threads()}})


@torch.no_grad()
def run(given: Given, ctx: Context) -> Result:
    """The backward pass of each run, timed."""
    return take_turns(given, ctx, products(given, ctx.device))
