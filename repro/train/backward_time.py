"""meprop/table7: time of the two backward products of one linear map, dense and with k unified columns.

Source: arXiv:1706.06197v5, section 4.8 and Table 7. Timing: warm-up, then repetitions in which the arms take
turns, so that a drift of the machine's speed meets all alike. CUDA: events; CPU: a monotonic clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from repro.errors import BadValueError
from repro.kernels.topk import unified_backward
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context, Result
from repro.train.rows import RunRow


def measure(call: Callable[[], object], device: str) -> float:
    """Milliseconds of one call."""
    if device == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        call()
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end))
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def products(given: Given, device: str) -> list[Callable[[], torch.Tensor]]:
    """For each run one backward pass through y = x W: ∂L/∂W and ∂L/∂x (returned), in buffers that all runs share.

    A run's setting `k` is the number of columns kept; without it the products are dense.
    """
    batch, inputs, hidden = (given.param(name) for name in ("batch", "inputs", "hidden"))
    rng = stream(0, "backward-time")
    x = torch.randn(batch, inputs, generator=rng).to(device)
    g = torch.randn(batch, hidden, generator=rng).to(device)
    w = torch.randn(hidden, inputs, generator=rng).to(device)
    g_w, g_x = torch.zeros_like(w), torch.zeros_like(x)

    def dense() -> torch.Tensor:
        torch.mm(g.T, x, out=g_w)
        return torch.mm(g, w, out=g_x)

    def sparse(k: int) -> Callable[[], torch.Tensor]:
        return lambda: unified_backward(x, w, g, k, g_w, g_x)

    return [dense if k is None else sparse(k) for k in given.settings("k", None)]


@torch.no_grad()
def run(given: Given, ctx: Context) -> Result:
    """Milliseconds of each run's backward pass, one row a repetition (index); `BadValueError` for less than one."""
    repetitions, warm_up = given.param("repetitions"), given.param("warm_up")
    if repetitions < 1 or warm_up < 0:
        raise BadValueError(f"repetitions is {repetitions} and warm_up {warm_up}; expected at least 1 and 0")
    calls = list(enumerate(products(given, ctx.device)))
    given.refuse_unread()
    rows: list[RunRow] = []
    for i in range(-warm_up, repetitions):
        turn = i % len(calls)  # who goes first changes, so that nobody always meets the dense call's caches
        for r, call in (*calls[turn:], *calls[:turn]):
            ms = measure(call, ctx.device)
            if i >= 0:
                rows.append((r, "backward_ms", 0, str(i), ms))
        ctx.progress((i + warm_up + 1) / (warm_up + repetitions))
    return Result(rows, {"info": {"threads": torch.get_num_threads()}})
