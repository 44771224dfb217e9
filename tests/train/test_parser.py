"""The parser's learner: steps of meProp with Adam, and the laws of every learner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import by_dev
import pytest
import together
import torch
from torch import Tensor

from repro.data import load_trees
from repro.data.arcs import SHIFT
from repro.data.parsing import FEATURES, Sentences, examples, symbols
from repro.errors import BadValueError, UnknownNameError
from repro.nets.losses import softmax_error
from repro.nets.parser import parser
from repro.record.run import Run
from repro.rules.backward import Rule, backward
from repro.rules.meprop import TopK
from repro.train import parsing
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.parsing import ParserLearner

PARAMS: dict[str, Any] = {
    "hidden": 25, "hidden_layers": 2, "batch": 30, "learning_rate": 1e-2, "adam_eps": 1e-6, "epochs": 1.0,
    "max_steps": 12, "evaluations": 40, "sparsify_output": True, "embedding": 6, "embedding_std": 0.1,
    "least": 2, "labels": 4, "activation": "tanh", "sentences": 40, "evaluated": 15,
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def given(rule: str, seeds: Sequence[int] = (0, 3), percent: float = 16, **changes: Any) -> Given:
    setting = {"rule": rule} | ({} if rule == "dense" else {"percent": percent})
    params = {
        k: v for k, v in (PARAMS | changes).items() if rule in ("top", "random") or k != "sparsify_output"
    }
    return Given([Run(rule, s, setting, params, "invented_trees") for s in seeds])


def learner(
    rule: str, seeds: Sequence[int] = (0, 3), dtype: torch.dtype = torch.float32, **changes: Any
) -> Any:
    kind = type("Typed", (ParserLearner,), {"dtype": dtype})
    return kind(given(rule, seeds, **changes), Context(download=False))


@pytest.mark.parametrize(("at_output", "act"), [(True, "tanh"), (False, "tanh"), (True, "relu")])
@pytest.mark.parametrize("rule", ["dense", "top", "small"])
def test_steps_are_those_of_the_rule_with_adam(rule: str, at_output: bool, act: str) -> None:
    made = learner(rule, sparsify_output=at_output, activation=act)
    data = load_trees("invented_trees")
    width, k = (4 if rule == "small" else 25), 4  # 16 % of 25
    keep = [TopK(k), TopK(k), TopK(k) if at_output else None] if rule == "top" else None
    net = parser(made.table.size, 6, 0.1, (48 * 6, width, width, 9), 2, keep=keep, act=act)
    net.init([stream(s, "init") for s in (0, 3)])
    assert torch.equal(net.params.flat, made.net.params.flat) and made.table == symbols(data.train, 2, 4)
    leaf = torch.nn.Parameter(net.params.flat, requires_grad=False)
    leaf.grad = net.params.flat_grad
    adam = torch.optim.Adam([leaf], lr=1e-2, eps=1e-6)
    order = Batches(2 * int(data.train.lengths[:40].sum()), 30, (0, 3), "cpu")
    for t in range(4):
        at = order.at(t)
        y = made.examples.actions[at]
        tape = net.forward(made.examples.features[at])
        backward(net.segments, tape, y, softmax_error(tape[-1], y)[1] / 30, Rule())
        adam.step()
        made.step(t)
        assert torch.allclose(made.net.params.flat, net.params.flat, rtol=1e-5, atol=1e-7)
    assert (net.params.flat - learner(rule).net.params.flat).abs().max() > 1e-2


class Trainee:
    """A learner as `together` asks for it."""

    def __init__(self, rule: str, seeds: Sequence[int], dtype: torch.dtype):
        self.it = learner(rule, seeds, dtype)

    def _views(self, flat: Tensor, prefix: str = "") -> dict[str, Tensor]:
        return {f"{prefix}net/{k}": v for k, v in self.it.net.params.views(flat).items()}

    def step(self, t: int) -> dict[str, Any]:
        self.it.step(t)
        return {"grads": {k: v.clone() for k, v in self._views(self.it.net.params.flat_grad).items()}}

    def parameters(self) -> dict[str, Tensor]:
        return self._views(self.it.net.params.flat)

    def take(self, other: Any, run: int | None = None) -> None:
        mine, theirs = self.it.optimizer, other.it.optimizer
        for a, b in (
            (self.it.net.params.flat, other.it.net.params.flat),
            (mine.m[0], theirs.m[0]),
            (mine.v[0], theirs.v[0]),
        ):
            a.copy_(b[run : run + 1] if run is not None else b)
        mine.counts[0].copy_(theirs.counts[0])


@pytest.mark.parametrize("rule", ["dense", "top", "random", "small"])
def test_together_is_one_by_one(rule: str) -> None:
    together.check(lambda seeds, dtype: Trainee(rule, seeds, dtype), (0, 3, 5))


@pytest.mark.parametrize("rule", ["top", "random", "small"])
def test_resumed_is_undisturbed_bitwise(rule: str) -> None:
    by_dev.resumed_is_undisturbed(lambda: learner(rule), 8)


def test_the_dev_part_alone_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    made, (dev, test) = learner("top"), by_dev.scores()
    monkeypatch.setattr(
        parsing,
        "attachment",
        lambda predict, part, runs: torch.tensor(next(dev if part is made.dev else test)),
    )
    by_dev.dev_alone_chooses(made)


def test_it_learns_what_a_toy_grammar_says() -> None:
    """In three epochs: far above what a net knows before."""
    asked = given(
        "top",
        (0,),
        percent=20,
        hidden=100,
        epochs=3.0,
        max_steps=0,
        evaluations=1,
        sentences=400,
        learning_rate=3e-3,
    )
    result = parsing.run(asked, Context(download=False))
    scores = [v for _, m, *_, v in result.rows if m == "test_accuracy"]
    assert scores[0] > 80 and result.meta["info"]["not_projective"] == 0
    assert result.meta["info"]["actions"] == 9 and result.meta["info"]["width"] == 100


def test_a_setting_comes_before_the_parameter() -> None:
    asked = given("top", (0,))
    one = Run(
        "top", 0, {**asked.runs[0].setting, "activation": "relu"}, asked.runs[0].params, "invented_trees"
    )
    made = ParserLearner(Given([one]), Context(download=False))
    assert [type(s).__name__ for s in made.net.segments] == ["DenseOfSymbols", "Dense", "Dense"]
    assert [s.act for s in made.net.segments] == ["relu", "relu", "none"]
    assert [s.act for s in learner("top").net.segments] == ["tanh", "tanh", "none"]


@pytest.mark.parametrize(("epochs", "at_most", "steps"), [(0.2, 12, 5), (1.0, 12, 12), (0.2, 0, 5)])
def test_epochs_count_beside_a_limit_on_steps(epochs: float, at_most: int, steps: int) -> None:
    made = learner("dense", epochs=epochs, max_steps=at_most)
    assert made.batches.per_epoch == 26
    assert made.steps == made.evaluate_at[-1] == steps
    with pytest.raises(BadValueError, match="in -1 steps"):
        learner("dense", max_steps=-1)


def test_every_setting_and_parameter_is_read() -> None:
    for rule in ("dense", "top", "random", "small"):
        learner(rule).given.refuse_unread()


def test_examples_are_those_of_the_sentences_asked_for() -> None:
    """Two of each word, and at the start of every sentence a shift, with which alone it can begin."""
    made, lengths = learner("small").examples, load_trees("invented_trees").train.lengths[:40]
    assert made.features.shape == (2 * int(lengths.sum()), FEATURES) and made.skipped == 0
    starts = 2 * (lengths.cumsum(0) - lengths)
    assert (made.actions[starts] == SHIFT).all() and not (made.actions[starts + 2] == SHIFT).all()


def test_parts_are_the_treebanks_and_the_table_is_the_training_parts() -> None:
    """At `least` 20 the table of each part would be another; dev chooses, and test is told."""
    made, bank = learner("small", least=20), load_trees("invented_trees")
    table = symbols(bank.train, 20, 4)
    assert (
        made.table == table
        and len({symbols(p, 20, 4).size for p in (bank.train, bank.valid, bank.test)}) == 3
    )
    for mine, part in ((made.dev, bank.valid), (made.test, bank.test)):
        own = Sentences(part, table, 15)
        assert len(mine.lengths) == 15
        for name in ("heads", "words", "tags", "lengths"):
            assert torch.equal(getattr(mine, name), getattr(own, name)), name
    assert not torch.equal(made.dev.lengths, made.test.lengths)
    assert torch.equal(made.examples.features, examples(bank.train, table, 40).features)


def test_what_has_no_sense_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="learning rule of a parser 'unified'"):
        learner("unified")
    none = Given([Run("top/0", 0, {"rule": "top", "percent": 4}, PARAMS)])
    with pytest.raises(BadValueError, match="has no treebank"):
        ParserLearner(none, Context(download=False))
