"""What meProp saves on this CPU beside plain PyTorch in the same process: backward products of a map, whole steps."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import torch
from torch import nn

from repro.bench.timing import Step, interleaved, ratio
from repro.kernels.rows import row_loops
from repro.kernels.topk import unified_backward
from repro.nets.fcn import mlp
from repro.nets.losses import softmax_error
from repro.record.stats import median
from repro.rules.backward import Rule, backward
from repro.rules.meprop import TopK
from repro.train.adagrad import adagrad
from repro.train.batches import stream

PRODUCTS = ((500, 20, 10, 3.0), (500, 5, 10, None), (500, 30, 50, None), (4096, 40, 10, 20.0))
UNIFIED = ((500, 30, 50, 3.0), (4096, 40, 50, None))
STEPS = ((500, 20, 1.5), (4096, 40, 3.5))
"""Units, entries kept, examples, and how many times faster than dense products, or steps, it shall be."""


def _drawn(n: int, batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = stream(0, "bench-sparse")
    x, g = (torch.randn(batch, n, generator=rng) for _ in range(2))
    return x, torch.randn(n, n, generator=rng), g


def products(n: int, batch: int) -> Step:
    """Both dense backward products of a map of n to n units, as PyTorch takes them."""
    x, w, g = _drawn(n, batch)
    g_w, g_x = torch.empty_like(w), torch.empty_like(x)

    def step() -> None:
        torch.mm(g.T, x, out=g_w)
        torch.mm(g, w, out=g_x)

    return step


def each_own(n: int, k: int, batch: int) -> Step:
    """The same with the k largest of each example, the selection included."""
    x, w, g = _drawn(n, batch)
    call, turns = (
        row_loops(batch, k, n, n),
        cycle((g, g.flip(1).contiguous())),
    )  # rows of the last call are cleared
    return lambda: call(x, w, next(turns))


def unified(n: int, k: int, batch: int) -> Step:
    """The same with k columns for all examples."""
    x, w, g = _drawn(n, batch)
    g_w, g_x, before = torch.zeros_like(w), torch.empty_like(x), torch.arange(k)
    turns = cycle((g, g.flip(1).contiguous()))
    return lambda: unified_backward(x, w, next(turns), k, g_w, g_x, before=before)


def _images(batch: int = 10) -> tuple[torch.Tensor, torch.Tensor]:
    rng = stream(0, "bench-sparse")
    return torch.rand(batch, 784, generator=rng), torch.randint(10, (batch,), generator=rng)


def plain_step(n: int) -> Step:
    """784-n-n-10 by nn modules, cross_entropy, torch.optim.Adagrad."""
    net = nn.Sequential(nn.Linear(784, n), nn.ReLU(), nn.Linear(n, n), nn.ReLU(), nn.Linear(n, 10))
    optimizer, (x, y) = torch.optim.Adagrad(net.parameters(), lr=1e-3, fused=True), _images()

    def step() -> None:
        with torch.enable_grad():
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def our_step(n: int, k: int) -> Step:
    """The same net with top-k at its hidden layers (k = 0: dense), AdaGrad."""
    net = mlp((784, n, n, 10), 1, keep=[TopK(k) if k else None] * 2 + [None])
    net.init([stream(0, "init")])
    rule, optimizer, (x, y) = Rule(), adagrad([net.params], [1e-3], 1e-6), _images()

    def step() -> None:
        tape = net.forward(x[None])
        _, delta = softmax_error(tape[-1], y[None])
        backward(net.segments, tape, y[None], delta.div_(len(y)), rule)
        optimizer.step()

    return step


def rows() -> list[dict[str, Any]]:
    """One row a case: milliseconds, and how many times faster than plain PyTorch."""
    cases: list[tuple[str, Step, Step, float | None]] = []
    for n, k, b, bar in PRODUCTS:
        cases.append(
            (
                f"products, each example's rows: {n}, k = {k}, batch {b}",
                products(n, b),
                each_own(n, k, b),
                bar,
            )
        )
    for n, k, b, bar in UNIFIED:
        cases.append((f"products, unified: {n}, k = {k}, batch {b}", products(n, b), unified(n, k, b), bar))
    for n, k, bar in STEPS:
        cases.append((f"step 784-{n}-{n}-10, dense, AdaGrad", plain_step(n), our_step(n, 0), None))
        cases.append((f"step 784-{n}-{n}-10, k = {k}, AdaGrad", plain_step(n), our_step(n, k), bar))
    made = []
    for name, plain, own, bar in cases:
        ms = interleaved({"plain": plain, "own": own}, 11, 4, "cpu")
        made.append(
            {"what": name, "ms": median(ms["own"]), "ratio": ratio(ms["plain"], ms["own"]), "bar": bar}
        )
    return made


def table(found: list[dict[str, Any]]) -> str:
    """The rows in columns."""
    lines = [f"{'meProp, one thread':58} {'ms':>8} {'x faster than plain PyTorch':>28}  bar"]
    for r in found:
        bar = "" if r["bar"] is None else f">= {r['bar']:g}"
        lines.append(f"{r['what']:58} {r['ms']:8.3f} {r['ratio']:28.2f}  {bar}")
    return "\n".join(lines)
