"""Layers that act at random: trained together, alone, resumed the same; panels are paired run by run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
import torch
from coins import ARMS, SEEDS, Exact, make, tensors

from repro.errors import BadValueError, UnknownNameError
from repro.nets.params import Params
from repro.rules.at_random import spread
from repro.train.at_random import AtRandomLearner
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.optim import MaskedAdam


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


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


@pytest.mark.parametrize(
    ("setting", "words"), [("rule", "learning rule 'stale'"), ("forward", "forward 'stale'")]
)
def test_settings_it_does_not_know_are_named(setting: str, words: str, small: Callable[..., Given]) -> None:
    given = small("dni/fig7", "ud-dni", SEEDS)
    for run in given.runs:
        run.setting[setting] = "stale"  # type: ignore[index]
    with pytest.raises(UnknownNameError, match=words):
        AtRandomLearner(given, Context())
