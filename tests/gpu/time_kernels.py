"""Microseconds a call in a captured graph on this GPU: each kernel written in Triton beside its plain twin.

    PYTHONPATH=. python3 tests/gpu/time_kernels.py

A markdown table for docs/performance.md, in some 20 s.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from statistics import median
from unittest import mock

import torch

from repro import blas
from repro.kernels import gpu, lstm, norm
from repro.kernels.lstm import LSTMWindow
from repro.nets.losses import softmax_error
from repro.nets.params import Params
from repro.train.optim import Adam

CALLS, REPEATS = 20, 15
NORMS = ((1, 256, 256), (3, 256, 256), (20, 256, 256), (6, 256, 1024), (15, 256, 1024))
WINDOWS = ((1, 2, 256, 256), (3, 2, 256, 256), (3, 20, 256, 256), (3, 5, 32, 1024))
"""Runs, steps, lanes, units."""
WEIGHTS = ((1, 269_000), (3, 269_000), (3, 8_300_000))


def micros(call: Callable[[], object]) -> float:
    """Median time of one of CALLS captured calls."""
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(CALLS):
            call()
    seen = []
    for _ in range(REPEATS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        seen.append(start.elapsed_time(end) * 1000 / CALLS)
    return median(seen)


def norms(runs: int, batch: int, hidden: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Forward with running averages, and forward and backward."""
    a, d, out = (torch.randn(runs, batch, hidden, device="cuda") for _ in range(3))
    gamma, beta, *rows = (torch.ones(runs, hidden, device="cuda") for _ in range(4))
    averages = torch.zeros(runs, 1, hidden, device="cuda"), torch.ones(runs, 1, hidden, device="cuda")

    def forward() -> object:
        return norm.bn_relu(a, gamma, beta, out, running=averages)

    return forward, lambda: norm.bn_relu_backward(d, forward(), gamma, *rows)  # type: ignore[arg-type]


def windows(runs: int, steps: int, batch: int, hidden: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Both passes of a window with peepholes; what its cores do beside their products, forward and back."""
    w, dy = (
        torch.randn(runs, hidden + 9, 4 * hidden, device="cuda") / 30,
        torch.randn(runs, steps, batch, hidden),
    )
    (peep, g_peep), g, dy = torch.zeros(2, runs, 3, hidden, device="cuda"), torch.zeros_like(w), dy.cuda()
    made = {}
    for kernel in (False, True):
        with mock.patch.object(gpu, "works", lambda device, on=kernel: on):
            made[kernel] = LSTMWindow(runs, steps, batch, 8, hidden, w)

    def window() -> None:
        core = made[lstm.triton(w)]
        core.forward(w, peep)
        core.factors()
        core.pull(w, dy, core.dh, core.dc, first=False)
        core.weight_gradient(g, 1 / batch, g_peep)

    def forward() -> None:
        for t in range(steps):
            made[lstm.triton(w)]._cell(t)

    def back() -> None:
        core = made[lstm.triton(w)]
        core.factors()
        for t in range(steps):
            core._back(t, dy[:, t], core.dh, core.dc, core.dz[:, t], last=False)

    name = f"{runs} × {steps} × {batch} × {hidden}"
    yield f"LSTM window, both passes, {name}", window
    yield f"… its cores forward without products, {name}", forward
    yield f"… and backward, {name}", back


def cases() -> Iterator[tuple[str, Callable[[], object]]]:
    for size in NORMS:
        forward, both = norms(*size)
        name = " × ".join(map(str, size))
        yield f"batch norm + ReLU, {name}", forward
        yield f"… and its backward pass, {name}", both
    for shape in WINDOWS:
        yield from windows(*shape)
    for runs, size in WEIGHTS:
        yield f"Adam, {runs} × {size:,}", Adam([Params({"W": (size,)}, runs, "cuda")], [1e-3] * runs).step
    for runs in (1, 20):
        logits, y = torch.randn(runs, 256, 10, device="cuda"), torch.zeros(runs, 256, device="cuda").long()
        yield f"softmax cross-entropy, {runs} × 256 × 10", lambda a=logits, b=y: softmax_error(a, b)  # type: ignore[misc]


@torch.no_grad()
def main() -> None:
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}; µs a call in a graph\n")
    print("| call, runs × … | plain | kernel | gain |\n|---|---|---|---|")
    for name, call in cases():
        plainly = mock.patch.object(gpu, "works", lambda device: False)
        with plainly, mock.patch.object(blas, "on_gpu", lambda: blas.BLAS):
            plain = micros(call)
        ours = micros(call)
        print(f"| {name} | {plain:.1f} | {ours:.1f} | {plain / ours:.1f} × |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
