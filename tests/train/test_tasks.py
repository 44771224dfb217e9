"""Who trains a task, with which optimiser, with dropout or without; dropout by the seed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from repro.errors import BadValueError, UnknownNameError
from repro.exhibits import get
from repro.nets.dropout import Dropout
from repro.record.run import Run
from repro.train import best, tasks
from repro.train.adagrad import AdaGrad
from repro.train.checkpoint import copied
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.meprop_dropout import DroppedLearner
from repro.train.meprop_mlp import MepropLearner
from repro.train.optim import Adam
from repro.train.optimizers import optimizer_of
from repro.train.parsing import ParserLearner
from repro.train.parsing_dropout import DroppedParser
from repro.train.tagging import TaggerLearner
from repro.train.tagging_dropout import DroppedTagger

PARSER = {
    "hidden": 25,
    "batch": 30,
    "max_steps": 12,
    "embedding": 6,
    "labels": 4,
    "sentences": 40,
    "evaluated": 15,
}

TAGGER = {
    "hidden": 30,
    "batch": 5,
    "max_steps": 12,
    "word_vector": 6,
    "feature_vector": 3,
    "sentences": 40,
    "evaluated": 15,
}


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture
def of(small: Callable[..., Given]) -> Callable[..., Given]:
    """of(exhibit, arm, …): runs small enough, a parser's on invented trees."""

    def make(exhibit: str, arm: str, seeds: tuple[int, ...] = (0, 3), **changes: Any) -> Given:
        own = {"parsing": PARSER, "pos": TAGGER}.get(arm.partition("-")[0], {})
        given = small(exhibit, arm, seeds, **{**own, **changes})
        trees = "invented_trees" if own else given.runs[0].dataset
        return Given([Run(r.arm, r.seed, r.setting, r.params, trees) for r in given.runs])

    return make


@pytest.mark.parametrize(
    ("exhibit", "arm", "kind"),
    [
        ("meprop/table1", "mnist-top-adagrad", MepropLearner),
        ("meprop/table1", "parsing-random-adam", ParserLearner),
        ("meprop/table4", "mnist-random", DroppedLearner),
        ("meprop/table4", "parsing-top", DroppedParser),
        ("meprop/table4", "mnist-dense-plain", MepropLearner),
        ("meprop/table4", "parsing-dense-plain", ParserLearner),
        ("meprop/table1", "pos-top-adagrad", TaggerLearner),
        ("meprop/table4", "pos-random", DroppedTagger),
        ("meprop/table4", "pos-dense-plain", TaggerLearner),
    ],
)
def test_each_arm_has_its_learner(
    exhibit: str, arm: str, kind: type, of: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []

    def caught(learner: Any, ctx: Context) -> Any:
        found.append(learner)
        learner.given.refuse_unread()
        raise StopIteration

    monkeypatch.setattr(best, "fit", caught)
    with pytest.raises(StopIteration):
        tasks.run(of(exhibit, arm), Context(download=False))
    assert type(found[0]) is kind
    assert isinstance(found[0].optimizer, AdaGrad if arm.endswith("adagrad") else Adam)


def test_rates_and_epsilon_are_the_optimisers(of: Callable[..., Given]) -> None:
    for arm, rate in (("mnist-dense-adagrad", 0.1), ("mnist-dense-adam", 1e-3)):
        it = MepropLearner(of("meprop/table1", arm), Context())
        assert it.optimizer.rates == [rate, rate]
        assert it.optimizer.eps == (1e-6 if arm.endswith("adagrad") else 1e-8)
    assert of("meprop/table1", "parsing-top-adagrad").param("learning_rate") == 0.01


def test_a_step_of_adagrad_is_its_formula(of: Callable[..., Given]) -> None:
    it = ParserLearner(of("meprop/table1", "parsing-top-adagrad"), Context(download=False))
    before = it.net.params.flat.clone()
    it.step(0)
    g = it.net.params.flat_grad
    assert (
        torch.allclose(it.net.params.flat, before - 0.01 * g / (1e-6 + g * g).sqrt(), atol=1e-7) and g.any()
    )


def test_the_parsers_arms_of_a_seed_lose_the_same_units_anew_at_each_step(of: Callable[..., Given]) -> None:
    made = [
        DroppedParser(of("meprop/table4", f"parsing-{r}"), Context(download=False))
        for r in ("dense", "random")
    ]
    masks = []
    for t in range(2):
        for it in made:
            it.step(t)
        own = [[s.drop.kept() for s in it.net.segments if isinstance(s, Dropout)] for it in made]
        assert len(own[0]) == 2 and all(torch.equal(a, b) for a, b in zip(*own, strict=True))
        masks.append(own[0][0])
    assert abs(masks[0].double().mean() - 0.5) < 0.03 and not torch.equal(*masks)
    assert not torch.equal(masks[0][0], masks[0][1]), "each run its own"


def test_the_taggers_arms_of_a_seed_lose_the_same_units_anew_at_each_step(of: Callable[..., Given]) -> None:
    """Whatever the width of a batch, since places are counted word by word."""
    made = [
        DroppedTagger(of("meprop/table4", f"pos-{r}"), Context(download=False)) for r in ("dense", "random")
    ]
    masks, alone = [], DroppedTagger(of("meprop/table4", "pos-dense", (3,)), Context(download=False))
    for t in range(3):
        for it in (*made, alone):
            it.step(t)
        one, two, its = (it.net.mask for it in (*made, alone))
        assert one is not None and two is not None and its is not None
        assert torch.equal(one, two) and {*one.unique().tolist()} == {0.0, 2.0}
        width = min(its.shape[1], one.shape[1])
        assert torch.equal(one[2:, :width], its[:, :width]), "its own, whoever else trains"
        assert abs((one > 0).double().mean() - 0.5) < 0.03
        masks.append(one[:, :5])
        assert not torch.equal(one[0], one[2]) and not torch.equal(one[0], one[1])
    assert not torch.equal(masks[0], masks[1])


def test_a_taggers_dropout_goes_on_where_it_was(of: Callable[..., Given]) -> None:
    whole, fresh = (DroppedTagger(of("meprop/table4", "pos-top"), Context(download=False)) for _ in range(2))
    for t in range(3):
        whole.step(t)
    fresh.load(copied(whole.state()))
    for t in range(3, 9):
        whole.step(t)
        fresh.step(t)
    assert fresh.prints() == whole.prints() and whole.score("dev") == whole.score("dev")


@pytest.mark.parametrize(
    ("task", "with_dropout", "without"),
    [("parsing", DroppedParser, ParserLearner), ("pos", DroppedTagger, TaggerLearner)],
)
def test_at_rate_zero_a_net_is_one_without_dropout(
    task: str, with_dropout: type, without: type, of: Callable[..., Given]
) -> None:
    with_it = with_dropout(of("meprop/table4", f"{task}-dense", dropout=0.0), Context(download=False))
    plain = without(of("meprop/table4", f"{task}-dense-plain"), Context(download=False))
    for t in range(3):
        with_it.step(t)
        plain.step(t)
    assert with_it.prints() == plain.prints()


def test_what_has_no_sense_is_refused_by_name(of: Callable[..., Given]) -> None:
    for kind, task in ((DroppedParser, "parsing"), (DroppedTagger, "pos")):
        with pytest.raises(BadValueError, match="dropout is 1; expected"):
            kind(of("meprop/table4", f"{task}-dense", dropout=1.0), Context(download=False))
    asked = {"task": "mnist", "rule": "dense", "extra": "noise"}
    with pytest.raises(UnknownNameError, match="addition to a net 'noise'"):
        tasks.run(Given([Run("a", 0, asked, {})]), Context())
    with pytest.raises(UnknownNameError, match="optimiser 'sgd'"):
        optimizer_of(Given([Run("a", 0, {"optimizer": "sgd"}, {"learning_rate": 1.0})]), [])


def test_tables_share_the_runs_that_are_the_same() -> None:
    """Table 4's nets without dropout are Table 1's with Adam; Table 1's meProp on MNIST with Adam is Table 3's."""
    from repro.record.run import runs

    one, three, four = (
        {r.name: r.identity() for r in runs(get(f"meprop/table{n}"), get(f"meprop/table{n}").profile("cpu"))}
        for n in (1, 3, 4)
    )
    for task, seeds in (("mnist", 5), ("parsing", 3), ("pos", 3)):
        for s in range(seeds):
            assert one[f"{task}-dense-adam/{s}"] == four[f"{task}-dense-plain/{s}"]
    assert [one[f"mnist-top-adam/{s}"] == three[f"mnist-top/{s}"] for s in range(3)] == [True] * 3
    assert [one[f"pos-top-adam/{s}"] == three[f"pos-top/{s}"] for s in range(3)] == [True] * 3
