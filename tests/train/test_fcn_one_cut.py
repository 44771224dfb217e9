"""The DNI learner with one cut, as Figures 11 and 12 have it: its place, its start, and looks at its model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from repro.errors import BadValueError
from repro.rules.every_layer import EveryLayer
from repro.train import fcn
from repro.train.given import Given
from repro.train.loop import Context

SEEDS = (0, 3)


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def test_one_model_stands_where_the_setting_says(small: Callable[..., Given]) -> None:
    """Its layers learn from it, those above from the true gradient; without a model those below stay as they are."""
    moved = {}
    for arm in ("dni-3", "none-3", "bprop"):
        learner = fcn.FCNLearner(small("dni/fig11", arm, SEEDS), Context())
        before = learner.net.params.flat.clone()
        for t in range(3):
            learner.step(t)
        change = (learner.net.params.flat - before).abs()
        moved[arm] = [change[:, a:b].max().item() > 0 for a, b in learner.net.params.blocks]
        if arm == "dni-3":
            assert isinstance(learner.rule, EveryLayer) and learner.rule.layers == (3,)
            assert learner.sg is not None and learner.sg.models == 1
    assert moved == {"dni-3": [True] * 6, "none-3": [False] * 3 + [True] * 3, "bprop": [True] * 6}


def test_the_classifiers_initial_weights_may_be_smaller(small: Callable[..., Given]) -> None:
    """By the factor asked for; all others are those of the same seed."""
    one, other = (
        fcn.FCNLearner(small("dni/fig11", a, SEEDS), Context()).net.params.p for a in ("dni-5", "dni-5-small")
    )
    assert torch.allclose(0.01 * one["W6"], other["W6"]) and one["W6"].any()
    assert all(torch.equal(one[k], other[k]) for k in one if k != "W6")


def test_looks_at_the_models_leave_training_as_it_is(small: Callable[..., Given]) -> None:
    """Bitwise: weights, statistics and moments after steps between which errors were measured, or were not."""
    looked, blind = (fcn.FCNLearner(small("dni/fig11", "dni-3", SEEDS), Context()) for _ in range(2))
    for t in range(6):
        assert looked.step(t) is blind.step(t) is False
        assert looked.evaluate(t + 1)
    for name, value in looked.kept().items():
        other = blind.kept()[name]
        if isinstance(value, Tensor):
            assert isinstance(other, Tensor) and torch.equal(value, other), name
    for mine, theirs in zip(looked.params(), blind.params(), strict=True):
        assert torch.equal(mine.flat, theirs.flat)


@pytest.mark.parametrize("arm", ["dni-3", "cdni-5", "dni-5-small", "none-5"])
def test_one_cut_together_is_one_by_one_looks_included(arm: str, small: Callable[..., Given]) -> None:
    class Exact(fcn.FCNLearner):
        dtype = torch.float64

    def made(seeds: tuple[int, ...]) -> fcn.FCNLearner:
        given = small("dni/fig11", arm, seeds)
        for run in given.runs:
            run.params.update({"sg_precision": "float64"} if "sg_precision" in run.params else {})  # type: ignore
        return Exact(given, Context())

    learners = [made(SEEDS), *(made((s,)) for s in SEEDS)]
    for learner in learners:
        for t in range(6):
            learner.step(t)
    together, *alone = learners
    found = together.evaluate(together.evaluate_at[0])
    for r, one in enumerate(alone):
        for ours, its in zip(together.params(), one.params(), strict=True):
            assert (ours.flat[r] - its.flat[0]).norm() <= 1e-9 * its.flat[0].norm()
        rows = {row[1:4]: row[4] for row in one.evaluate(one.evaluate_at[0])}
        assert {row[1:4]: row[4] for row in found if row[0] == r} == pytest.approx(rows, rel=1e-3)


def test_errors_are_measured_often_at_first_and_then_with_the_test_error(small: Callable[..., Given]) -> None:
    given = small("dni/fig11", "dni-3", SEEDS, steps=40, evaluations=4, sg_images=80)
    learner = fcn.FCNLearner(given, Context())
    assert learner.evaluate_at == [1, 2, 4, 8, 10, 20, 30, 40] and learner.looks == 3
    learner.step(0)
    errors = {"sg_distance", "sg_error", "sg_cosine", "sg_sign"}
    at = {r[2] for r in learner.evaluate(1)}
    assert at == {0, 1}, "before training there is a look, too"
    untrained = {r[1]: r[4] for r in learner.evaluate(1) if r[:1] == (0,) and r[2] == 0}
    assert untrained == {
        "sg_distance": untrained["sg_distance"],
        "sg_error": 1,
        "sg_cosine": 0,
        "sg_sign": 50,
    }
    assert {(r[1], r[3]) for r in learner.evaluate(4)} == {(k, "3") for k in errors}
    both = {(r[1], r[3]) for r in learner.evaluate(10)}
    assert both == {(k, "3") for k in errors} | {(k, "") for k in ("test_error", "batch_loss", "sg_loss")}
    plain = fcn.FCNLearner(small("dni/fig11", "bprop", SEEDS, steps=40, evaluations=4), Context())
    assert plain.evaluate_at == [10, 20, 30, 40]


@pytest.mark.parametrize("after", [0, 6, -1])
def test_a_cut_where_there_is_no_hidden_layer_is_refused(after: int, small: Callable[..., Given]) -> None:
    given = small("dni/fig11", "none-5", SEEDS)
    for run in given.runs:
        run.setting["after"] = after  # type: ignore[index]
    with pytest.raises(
        BadValueError, match=f"after is {after}; expected 1 to 5, the number of hidden layers"
    ):
        fcn.FCNLearner(given, Context())
