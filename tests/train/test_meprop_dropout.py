"""What the learner of Tables 5 and 6 adds: depth as a setting, dropout by the seed alone, unified rules, a start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from repro.errors import BadValueError, UnknownNameError
from repro.nets.dropped import dropped_mlp
from repro.rules.meprop import Draws, TopK, Unified, UnifiedRandom
from repro.train import meprop_dropout
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.meprop_dropout import DroppedLearner

SEEDS, HIDDEN = (0, 3), 40


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def make(small: Callable[..., Given], exhibit: str, arm: str, **changes: Any) -> DroppedLearner:
    given = small(f"meprop/{exhibit}", arm, SEEDS, hidden=HIDDEN, **changes)
    return DroppedLearner(given, Context())


@pytest.mark.parametrize(
    ("exhibit", "arm", "k", "kind"),
    [
        ("table5", "dense-4", HIDDEN, type(None)),
        ("table5", "top-3", 2, TopK),
        ("table6", "unified-2", 2, Unified),
        ("table6", "unified-5", 4, Unified),
        ("table6", "unified_random-2", 2, UnifiedRandom),
        ("table6", "top-2", 2, TopK),
    ],
)
@pytest.mark.parametrize("at_output", [True, False])
def test_depth_k_and_what_is_kept_are_the_arms(
    exhibit: str, arm: str, k: int, kind: type, at_output: bool, small: Callable[..., Given]
) -> None:
    asked = {} if arm.startswith("dense") else {"sparsify_output": at_output}
    it = make(small, exhibit, arm, **asked)
    depth = int(arm[-1])
    assert it.sizes == (784, *[HIDDEN] * depth, 10) and it.k == k
    assert [type(keep) for keep in it.keep] == [kind] * depth + [kind if at_output else type(None)]
    assert {keep.k for keep in it.keep if keep is not None} <= {k}


def test_arms_of_a_seed_lose_the_same_units_and_each_run_its_own(small: Callable[..., Given]) -> None:
    arms = (("table5", "dense-2"), ("table5", "random-2"))
    one, two = (make(small, exhibit, arm) for exhibit, arm in arms)
    for t in range(3):
        one.step(t)
        two.step(t)
        for a, b in zip(one.net.segments[:2], two.net.segments[:2], strict=True):
            assert torch.equal(a.drop.kept(), b.drop.kept())  # type: ignore[attr-defined]
            assert not torch.equal(a.drop.kept()[0], a.drop.kept()[1])  # type: ignore[attr-defined]
    assert two.draws is not None and not torch.equal(two.draws.scores[0], two.dropping.scores[0])  # type: ignore


def test_units_are_drawn_by_seed_step_and_place_of_the_stream_dropout(small: Callable[..., Given]) -> None:
    it, own = make(small, "table6", "unified-5"), Draws(SEEDS, 10, [HIDDEN] * 5, purpose="dropout")
    for t in range(3):
        it.step(t)
        own.draw()
        for segment, score in zip(it.net.segments[:5], own.scores, strict=True):
            assert torch.equal(segment.drop.score, score)  # type: ignore[attr-defined]
    assert it.net.segments[5].drop is None  # type: ignore[attr-defined]
    assert int(it.kept()["dropout"]) == 3  # type: ignore[arg-type]


def test_no_dropout_draws_nothing(small: Callable[..., Given]) -> None:
    it = make(small, "table6", "unified-2", dropout=0.0)
    assert it.dropping is None and "dropout" not in it.kept()
    assert not any(segment.drop for segment in it.net.segments)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("exhibit", "init"), [("table5", "normal"), ("table6", "uniform")])
def test_the_start_is_that_of_the_table(exhibit: str, init: str, small: Callable[..., Given]) -> None:
    it = make(small, exhibit, "dense-2")
    net = dropped_mlp(it.sizes, 2, init=init)
    net.init([stream(s, "init") for s in SEEDS])
    assert torch.equal(net.params.flat, it.net.params.flat)


def test_dev_scores_are_without_dropout_and_do_not_move_the_draws(small: Callable[..., Given]) -> None:
    it = make(small, "table6", "unified-2")
    it.step(0)
    before = int(it.kept()["dropout"])  # type: ignore[arg-type]
    assert it.evaluate(1) == it.evaluate(1) and int(it.kept()["dropout"]) == before  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5])
def test_a_rate_without_sense_is_refused(rate: float, small: Callable[..., Given]) -> None:
    with pytest.raises(BadValueError, match=r"dropout is .*; expected 0 or more, and less than 1"):
        make(small, "table6", "dense-2", dropout=rate)


def test_a_rule_it_does_not_know_is_named(
    small: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DroppedLearner, "rules", ("dense", "top"))
    with pytest.raises(UnknownNameError, match="unified"):
        make(small, "table6", "unified-2")


def test_a_run_says_what_it_came_to(small: Callable[..., Given]) -> None:
    result = meprop_dropout.run(small("meprop/table6", "unified-5", (0,)), Context())
    assert result.meta["info"] == {"inputs": 784, "train": 1237, "dev": 200, "k": 2, "width": 20}
    assert {r[1] for r in result.rows} == {"dev_accuracy", "test_accuracy", "best_epoch", "end_accuracy"}
