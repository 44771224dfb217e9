"""Layers that act at random: with p = 1 the plain rules, else each by itself; together, alone, resumed the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from repro.errors import BadValueError
from repro.nets.params import Params
from repro.rules.at_random import spread
from repro.train.at_random import AtRandomLearner
from repro.train.fcn import FCNLearner
from repro.train.given import Given
from repro.train.images import gather
from repro.train.loop import Context
from repro.train.optim import MaskedAdam, Optimizer

ARMS = ("ud-dni", "ud-cdni", "fud-dni", "fud-cdni", "bprop")
SEEDS = (0, 3)


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


class Exact(AtRandomLearner):
    dtype = torch.float64


def make(
    small: Callable[..., Given],
    arm: str,
    seeds: tuple[int, ...] = SEEDS,
    kind: Any = AtRandomLearner,
    **more: Any,
) -> Any:
    changes = {"steps": 20, "width": 16, "batch": 32, "input_hidden": (24,), "dni_sg_hidden": (24,)}
    if arm == "fud-cdni":
        changes["cdni_sg_hidden"] = (24,)
    given = small("dni/fig7", arm, seeds)
    known = given.runs[0].params.keys()
    return kind(
        small("dni/fig7", arm, seeds, **{k: v for k, v in (changes | more).items() if k in known}), Context()
    )


def tensors(learner: Any) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    for name, kept in learner.kept().items():
        made |= (
            {f"{name}/{k}": v for k, v in kept.kept().items()}
            if isinstance(kept, Optimizer)
            else {name: kept}
        )
    return made


# The rule -------------------------------------------------------------------------------------------------------


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


# The laws -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arm", ARMS)
def test_every_setting_and_parameter_is_read(arm: str, small: Callable[..., Given]) -> None:
    make(small, arm).given.refuse_unread()


@pytest.mark.parametrize("arm", ARMS)
def test_together_is_one_by_one(arm: str, small: Callable[..., Given]) -> None:
    together = make(small, arm, kind=Exact)
    alone = [make(small, arm, (s,), kind=Exact) for s in SEEDS]
    for t in range(20):
        for learner in (together, *alone):
            learner.step(t)
    for r, one in enumerate(alone):
        for ours, its in zip(together.params(), one.params(), strict=True):
            assert (ours.flat[r] - its.flat[0]).norm() <= 1e-9 * its.flat[0].norm()


@pytest.mark.parametrize("arm", ARMS)
def test_resumed_is_undisturbed_bitwise(arm: str, small: Callable[..., Given]) -> None:
    whole, killed, fresh = (make(small, arm) for _ in range(3))
    for t in range(3):
        whole.step(t)
        killed.step(t)
    file = io.BytesIO()
    torch.save(killed.state(), file)
    file.seek(0)
    fresh.load(torch.load(file, weights_only=True))
    for t in range(3, 9):
        assert whole.step(t) == fresh.step(t)
    for name, value in tensors(whole).items():
        assert torch.equal(value, tensors(fresh)[name]), name
    assert fresh.evaluate(9) == whole.evaluate(9) and fresh.prints() == whole.prints() != killed.prints()


@pytest.mark.parametrize("arm", ARMS)
def test_all_that_a_step_moves_is_kept(arm: str, small: Callable[..., Given]) -> None:
    learner = make(small, arm, p_update=0.7)
    before = {k: v.clone() for k, v in tensors(learner).items()}
    for t in range(6):
        learner.step(t)
    still = [k for k, v in tensors(learner).items() if torch.equal(v, before[k])]
    assert still == []
    known = {v.untyped_storage().data_ptr() for v in tensors(learner).values()}
    params: list[Params] = learner.params()
    assert all(p.flat.untyped_storage().data_ptr() in known for p in params)


def test_panels_are_paired_run_by_run(small: Callable[..., Given]) -> None:
    """Equal seeds: the same p, first weights, first batch and draws in all five."""
    made = [make(small, arm) for arm in ARMS]
    assert len({str(learner.beginnings()) for learner in made}) == 1
    for learner in made:
        learner.step(0)
    assert len({str(learner.acts.now.tolist()) for learner in made}) == 1
    told = {str([(r, p) for r, name, *_, p in learner.final(20)]) for learner in made}
    assert told == {str([(r, spread(s)) for r, s in enumerate(SEEDS)])}


def test_moments_and_p(small: Callable[..., Given]) -> None:
    learner = make(small, "bprop", steps=1000, read_at=(0.01, 0.024, 0.05, 0.5, 1.0), p_update=0.25)
    assert learner.evaluate_at == [10, 24, 50, 500, 1000]
    assert [row[4] for row in learner.final(1000)] == [0.25, 0.25]
    assert {row[1] for row in learner.evaluate(10)} == {"test_error"}
    assert isinstance(learner.optimizer, MaskedAdam)


def test_no_probability_is_above_one(small: Callable[..., Given]) -> None:
    with pytest.raises(BadValueError, match=r"p_update is 1.5; expected a probability"):
        make(small, "bprop", p_update=1.5)
