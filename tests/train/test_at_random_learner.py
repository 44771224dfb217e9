"""Layers that act at random, against the plain rules (p = 1) and against plain autograd (given draws)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from coins import ARMS, SEEDS, Exact, make
from torch import Tensor
from torch.nn import functional as F

from repro.train.fcn import FCNLearner
from repro.train.given import Given
from repro.train.images import gather
from repro.train.loop import Context


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.mark.parametrize(("arm", "plain"), [("ud-dni", "dni-4"), ("ud-cdni", "cdni-4"), ("bprop", "bprop-3")])
def test_with_p_one_it_is_the_plain_rule(arm: str, plain: str, small: Callable[..., Given]) -> None:
    class ExactPlain(FCNLearner):
        dtype = torch.float64

    same: dict[str, Any] = {
        "steps": 20,
        "width": 16,
        "batch": 32,
        "dni_sg_hidden": (24,),
        "learning_rate": 1e-3,
    }
    same["sg_precision"] = "float64"
    given = small("dni/table2", plain, SEEDS)
    for run in given.runs:
        run.setting["layers"] = 4  # type: ignore[index]
    changed = {k: v for k, v in same.items() if k in given.runs[0].params}
    for run in given.runs:
        run.params.update(changed)  # type: ignore[attr-defined]
    theirs = ExactPlain(given, Context())
    ours = make(small, arm, kind=Exact, p_update=1.0, learning_rate=1e-3)
    for t in range(5):
        ours.step(t)
        theirs.step(t)
    for a, b in zip(ours.params(), theirs.params(), strict=True):
        assert (a.flat - b.flat).norm() <= 1e-9 * b.flat.norm()
    for name, value in theirs.net.kept().items():
        assert torch.allclose(ours.net.kept()[name], value, rtol=1e-9)


def naive(learner: Any, r: int, x: Tensor, y: Tensor, on: list[bool], labels: bool) -> dict[str, Tensor]:
    """DNI of those layers of run r that act, in plain autograd: W{i}, M{i} → gradient of a layer, of its model."""
    p = {k: v[r].clone().requires_grad_() for k, v in learner.net.params.p.items()}
    sg = {k: v.view(-1, 3, *v.shape[1:])[r].clone().requires_grad_() for k, v in learner.sg.params.p.items()}
    told, made, seen, hats = F.one_hot(y, 10).double(), [], [], []
    h = x
    with torch.enable_grad():
        for i in (1, 2, 3, 4):
            seen.append(h.detach().requires_grad_())
            a = seen[-1] @ p[f"W{i}"]
            h = (
                F.batch_norm(a, None, None, p[f"gamma{i}"], p[f"beta{i}"], True).relu()
                if i < 4
                else a + p["b4"]
            )
            made.append(h)
            if i < 4:
                hat = h.detach() @ sg["W1"][i - 1] + sg["b1"][i - 1]
                hats.append(hat + told @ sg["Y"][i - 1] if labels else hat)
        for i in (4, 3, 2, 1):
            if on[i - 1]:
                use = made[3].softmax(1) - told if i == 4 else hats[i - 1]
                made[i - 1].backward(use.detach())
                if i > 1:
                    (hats[i - 2] - seen[i - 1].grad).square().sum(1).mean().backward()  # type: ignore[operator]
    found = {f"W{i}": p[f"W{i}"].grad / len(x) for i in (1, 2, 3, 4) if on[i - 1]}  # type: ignore[operator]
    if sg["W1"].grad is not None:
        found |= {f"M{i}": sg["W1"].grad[i - 1] for i in (1, 2, 3) if on[i]}
    return found


def test_with_given_draws_it_is_what_plain_autograd_says(small: Callable[..., Given]) -> None:
    """cDNI with linear models; the optimiser moves these parts, by Adam's first step of these gradients' signs."""
    learner = make(small, "ud-cdni", kind=Exact, p_update=0.5, learning_rate=1e-3)
    learner.sg.params.flat.copy_(
        torch.randn(
            learner.sg.params.flat.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64
        )
    )
    start = [v.flat.clone() for v in learner.params()]
    x, y = gather(learner.x, learner.y, learner.batches.at(0))
    copies = [v.flat.clone() for v in learner.params()]
    learner.step(0)
    on = learner.acts.now.tolist()
    assert len({*map(tuple, on)}) == 2, "the runs act differently"
    after = [v.flat.clone() for v in learner.params()]
    for v, old in zip(learner.params(), copies, strict=True):
        v.flat.copy_(old)
    exact = [naive(learner, r, x[r], y[r], on[r], True) for r in range(2)]
    for r, found in enumerate(exact):
        for name, g in found.items():
            of = learner.net.params if name[0] == "W" else learner.sg.params
            ours = of.g[name][r] if name[0] == "W" else of.g["W1"].view(2, 3, *g.shape)[r, int(name[1]) - 1]
            assert torch.allclose(ours, g, rtol=1e-8, atol=1e-13), (name, r)
        moved = (after[0][r] != start[0][r]), (after[1][r] != start[1][r])
        for j, blocks in enumerate((learner.net.params.blocks, learner.sg.params.blocks)):
            for n, (a, b) in enumerate(blocks):
                acted = on[r][n] if j == 0 else on[r][n + 1]
                assert bool(moved[j][a:b].any()) is acted, (r, j, n)


@pytest.mark.parametrize("arm", ARMS)
def test_what_does_not_act_stands_still(arm: str, small: Callable[..., Given]) -> None:
    """Ten steps, read block by block: layers, SG models (the layer above), input models (the layer below).

    Not the first ones, in which models that start at zero have nothing to say.
    """
    learner = make(small, arm, p_update=0.5)
    for t in range(10):
        learner.step(t)
    seen = set()
    for t in range(10, 20):
        start = [p.flat.clone() for p in learner.params()]
        learner.step(t)
        on = learner.acts.now
        reach = on if arm != "bprop" else on.flip(1).cummin(1).values.flip(1)
        wanted: list[Tensor] = [reach]
        if arm.startswith("ud"):
            wanted.append(on[:, 1:])
        if arm.startswith("fud"):
            wanted += [on[:, k : k + 1] for k in (1, 2, 3)] + [on[:, k : k + 1] for k in (0, 1, 2)]
        for params, old, acted in zip(learner.params(), start, wanted, strict=True):
            for n, (a, b) in enumerate(params.blocks):
                still = (params.flat[:, a:b] == old[:, a:b]).all(1)
                assert torch.equal(still, ~acted[:, n]), (t, n)
                seen |= {*acted[:, n].tolist()}
    assert seen == {True, False}
