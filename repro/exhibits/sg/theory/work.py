"""Each statement on random problems, in float64: nothing is trained that the statement does not speak of.

Source: arXiv:1703.00522v1, section 3 and supplement B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from repro.analysis import deep_linear as deep
from repro.analysis import regression_sg as regression
from repro.analysis.implied_loss import best_linear
from repro.errors import UnknownNameError
from repro.train.given import Given
from repro.train.loop import Context, Result

WIDTH, SAMPLES = 8, 60
WELL, FAR = 1e-13, 1e3
"""Gaps at which a problem counts as solved (the rest would be rounding), and as lost."""
Values = tuple[str, int, Tensor]
"""Metric, step, a value a problem."""


def exactness(loss: str, count: int, rng: torch.Generator) -> Iterator[Values]:
    """P1: how far the best linear SG is from ∂L/∂h, and how far W would move at L's own critical point.

    Under MSE the SG is `deep_linear.exact_sg` of three layers with random parameters, under log loss the one that
    least squares fits.
    """
    x, y = deep.white_problems(count, rng, SAMPLES)
    if loss == "mse":
        sizes = (x.shape[-1], WIDTH, WIDTH, y.shape[-1])
        drawn = partial(torch.randn, generator=rng, dtype=x.dtype)
        above = [(drawn(count, i, o), drawn(count, o)) for i, o in pairwise(sizes)]
        h = x.clone().requires_grad_()
        with torch.enable_grad():
            p: Tensor = h
            for w, b in above:
                p = p @ w + b.unsqueeze(1)
            (true,) = torch.autograd.grad(deep.loss(p, y).sum(), h)
        a, b_y, c = deep.exact_sg(above, SAMPLES)
        said = x @ a + y @ b_y + c.unsqueeze(1)
        at = x @ (torch.linalg.pinv(x) @ y)
        target, labels = (at - y) / SAMPLES, y
    elif loss == "log":
        flips = torch.rand(count, SAMPLES, 1, generator=rng) < 0.2
        labels = ((y[..., :1] > 0) ^ flips).double()
        at = x @ logistic(x, labels)
        true = target = (torch.sigmoid(at) - labels) / SAMPLES
        said = _fitted(at, labels, target)
    else:
        raise UnknownNameError("loss", loss, ("mse", "log"))
    yield "residual", 0, (deep.size(said - true) / deep.size(true)).flatten()
    moves = x.mT @ _fitted(at, labels, target)
    yield "update", 0, (deep.size(moves) / (deep.size(x.mT) * deep.size(target))).flatten()
    yield "update_true", 0, (deep.size(x.mT @ target) / (deep.size(x.mT) * deep.size(target))).flatten()


def _fitted(h: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """What the least-squares SG says."""
    return torch.cat([h, y, torch.ones_like(y[..., :1])], -1) @ best_linear(h, y, target)


def logistic(x: Tensor, y: Tensor, steps: int = 40) -> Tensor:
    """Weights [P, I, 1] of logistic regression at its optimum, by Newton's method."""
    w = x.new_zeros(len(x), x.shape[-1], 1)
    for _ in range(steps):
        s = torch.sigmoid(x @ w)
        hessian = x.mT @ (x * s * (1 - s))
        w = w - torch.linalg.solve(hessian, x.mT @ (s - y))
    return w


def descent(delta: float, count: int, steps: int, rate: float, rng: torch.Generator) -> Iterator[Values]:
    """P2: the cosine of the used and the true ∂L/∂W₁ under errors of ρ = (1 − δ)/(1 + δ), and where that leads.

    W₁ alone learns. Errors are in turn random, worst and opposite; where δ is below 0 (ρ above 1) all are opposite.
    """
    net = deep.Descent(*deep.white_problems(count, rng), WIDTH, rate, rng)
    rho, kinds = (1 - delta) / (1 + delta), ("random", "worst", "against") if delta > 0 else ("against",)
    lowest, slack = torch.ones(count, dtype=torch.float64), torch.ones(count, dtype=torch.float64)
    for t in range(steps):
        net.forward()
        e = deep.error_of(kinds[t % len(kinds)], rho, net, rng)
        true, used = net.x.mT @ net.g, net.x.mT @ (net.g + e)
        there = deep.size(true).flatten() > 1e-7  # beyond, cosines are of rounding
        lowest = torch.where(there, torch.minimum(lowest, deep.cosine(true, used)), lowest)
        slack = torch.where(there, torch.minimum(slack, deep.slack(net, e)), slack)
        net.move_below(net.g + e)
        if t % 20 == 19 and (bool((net.gap() < WELL).all()) or bool((net.gap() > FAR).all())):
            break
    yield "cosine", 0, lowest
    yield "slack", 0, slack
    yield "gap", steps, net.gap().clamp(max=FAR)


def gated(gate: str, count: int, steps: int, rate: float, rng: torch.Generator) -> Iterator[Values]:
    """C1: the gap along the way, and R1's slack."""
    net = deep.Gated(gate, *deep.white_problems(count, rng), WIDTH, rate, rng)
    looked = {steps * k // 8 for k in range(1, 9)} | {max(1, steps // 40)}
    yield "gap", 0, net.gap()
    for t in range(1, steps + 1):
        net.step()
        if t in looked:
            yield "gap", t, net.gap()
    yield "slack", 0, net.slack


def regressed(bound: str, count: int, steps: int, seed: int) -> Iterator[Values]:
    """T1: the gap to least squares, and how often ‖f‖ + ‖ξ‖ rose."""
    it = regression.Regression(*regression.problems(count, seed), bound)
    yield "gap", 0, it.gap()
    for t in range(1, steps + 1):
        it.step()
        if t % 100 == 0 and bool((it.gap() < WELL).all()):
            break
    yield "gap", steps, it.gap()
    yield "rises", 0, it.rises
    yield "rises_frozen", 0, it.rises_frozen
    yield "most", 0, it.most


def statement(setting: Mapping[str, Any], param: Mapping[str, Any], seed: int) -> Iterator[Values]:
    """What the statement of an arm says of random problems."""
    kind, rng = setting["statement"], torch.Generator().manual_seed(seed)
    if kind == "P1":
        return exactness(setting["loss"], param["nets"], rng)
    if kind == "P2":
        return descent(setting["delta"], param["nets"], param["descent_steps"], param["rate"], rng)
    if kind == "C1":
        return gated(setting["gate"], param["nets"], param["gate_steps"], param["rate"], rng)
    if kind == "T1":
        return regressed(setting["bound"], param["problems"], param["regression_steps"], seed)
    raise UnknownNameError("statement", kind, ("P1", "P2", "C1", "T1"))


def work(given: Given, ctx: Context) -> Result:
    """Rows of each arm's statement; index: the problem."""
    settings = {name: given.settings(name, None) for name in ("statement", "loss", "delta", "gate", "bound")}
    names = ("problems", "nets", "rate", "descent_steps", "gate_steps", "regression_steps")
    params = {name: given.params(name) for name in names}
    given.refuse_unread()
    rows = []
    for r, seed in enumerate(given.seeds):
        own, sizes = ({k: v[r] for k, v in of.items()} for of in (settings, params))
        for metric, step, values in statement(own, sizes, seed):
            digits = (float(f"{v:.4g}") for v in values.tolist())
            rows += [(r, metric, step, str(i), v) for i, v in enumerate(digits)]
        ctx.progress((r + 1) / len(given.runs))
    return Result(rows)
