"""meprop/table7: time of the two backward products of one linear map, dense and with k unified columns.

Source: arXiv:1706.06197v5, section 4.8 and Table 7. Timing: warm-up, then repetitions in which the arms take
turns, so that a drift of the machine's speed meets all alike. CUDA: events; CPU: a monotonic clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from repro.algorithms.meprop import unified_backward
from repro.errors import BadValueError
from repro.piece import Piece
from repro.train.batches import stream
from repro.train.loop import Context, Result, Row

VARIES = frozenset({"k"})
"""Settings that are read for each arm."""


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


def products(piece: Piece, device: str) -> dict[str, Callable[[], torch.Tensor]]:
    """arm id → one backward pass through y = x W: ∂L/∂W and ∂L/∂x (returned), in buffers that all arms share."""
    p, rng = piece.params, stream(0, "backward-time")
    x = torch.randn(p["batch"], p["inputs"], generator=rng).to(device)
    g = torch.randn(p["batch"], p["hidden"], generator=rng).to(device)
    w = torch.randn(p["hidden"], p["inputs"], generator=rng).to(device)
    g_w, g_x = torch.zeros_like(w), torch.zeros_like(x)

    def dense() -> torch.Tensor:
        torch.mm(g.T, x, out=g_w)
        return torch.mm(g, w, out=g_x)

    def sparse(k: int) -> Callable[[], torch.Tensor]:
        return lambda: unified_backward(x, w, g, k, g_w, g_x)

    return {a["id"]: sparse(a["settings"]["k"]) if "k" in a["settings"] else dense for a in piece.arms}


def run(piece: Piece, ctx: Context) -> Result:
    """Milliseconds of each arm's backward pass, one row a repetition (index); `BadValueError` for less than one."""
    p = piece.params
    if p["repetitions"] < 1 or p["warm_up"] < 0:
        raise BadValueError(
            f"repetitions is {p['repetitions']} and warm_up {p['warm_up']}; expected at least 1 and 0"
        )
    calls = products(piece, ctx.device)
    rows: list[Row] = []
    order = list(calls.items())
    with torch.no_grad():
        for i in range(-p["warm_up"], p["repetitions"]):
            turn = i % len(
                calls
            )  # who goes first changes, so that nobody always meets the dense arm's caches
            for arm, call in (*order[turn:], *order[:turn]):
                ms = measure(call, ctx.device)
                if i >= 0:
                    rows.append((arm, 0, "backward_ms", 0, str(i), ms))
            ctx.progress((i + p["warm_up"] + 1) / (p["warm_up"] + p["repetitions"]))
    return Result(rows, {"info": {"threads": torch.get_num_threads()}})
