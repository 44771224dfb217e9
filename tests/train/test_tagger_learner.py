"""The tagger's learner: steps of meProp with Adam, and the laws of every learner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import by_dev
import pytest
import together
import torch
from torch import Tensor

from repro.data import load_trees
from repro.data import tagging as data
from repro.errors import BadValueError, UnknownNameError
from repro.nets.losses import softmax_error
from repro.nets.tagger import Tagger
from repro.record.run import Run
from repro.train import tagging
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.tagging import TaggerLearner, accuracy

PARAMS: dict[str, Any] = {
    "hidden": 24, "hidden_layers": 1, "batch": 5, "learning_rate": 1e-2, "adam_eps": 1e-6, "epochs": 1.0,
    "max_steps": 12, "evaluations": 3, "word_vector": 6, "feature_vector": 3, "embedding_std": 0.1, "least": 2,
    "directions": 2, "sentences": 40, "evaluated": 50,
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_graphs() -> Iterator[None]:
    with torch.no_grad():
        yield


def given(rule: str, seeds: Sequence[int] = (0, 3), percent: float = 12.5, **changes: Any) -> Given:
    setting = {"rule": rule} | ({} if rule == "dense" else {"percent": percent})
    return Given([Run(rule, s, setting, PARAMS | changes, "invented_trees") for s in seeds])


def learner(
    rule: str, seeds: Sequence[int] = (0, 3), dtype: torch.dtype = torch.float32, **changes: Any
) -> Any:
    kind = type("Typed", (TaggerLearner,), {"dtype": dtype})
    return kind(given(rule, seeds, **changes), Context(download=False))


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("rule", ["dense", "top", "small"])
def test_steps_are_those_of_the_rule_with_adam(rule: str, directions: int) -> None:
    """Against the same net on one sentence at a time, each padded to the longest, and PyTorch's Adam."""
    made = learner(rule, (3,), torch.float64, directions=directions)
    bank = load_trees("invented_trees")
    table = data.symbols(bank.train, 2)
    read = data.words(bank.train, table, 40)
    assert torch.equal(read.symbols, made.train.symbols)
    starts = read.lengths.cumsum(0) - read.lengths
    width, k = (3 if rule == "small" else 24), (3 if rule == "top" else 0)
    net = Tagger(
        table.sizes, (6, 3), 7, width, table.tags, 1, 1, int(read.lengths.max()), directions, k,
        dtype=torch.float64,
    )  # fmt: skip
    net.init([stream(3, "init")])
    leaves = [torch.nn.Parameter(p.flat, requires_grad=False) for p in net.params.values()]
    adam = torch.optim.Adam(leaves, lr=1e-2, eps=1e-6)
    for t in range(3):
        sums = [torch.zeros_like(leaf) for leaf in leaves]
        for s in made.batches.at(t)[0].tolist():
            n = int(read.lengths[s])
            own = slice(int(starts[s]), int(starts[s]) + n)
            logits = net.forward(read.symbols[own].view(1, n, 1, 8), torch.tensor([[n]]))
            net.pull(softmax_error(logits, read.tags[own].unsqueeze(0))[1] / 5)
            for total, p in zip(sums, net.params.values(), strict=True):
                total.add_(p.flat_grad)
        for leaf, total in zip(leaves, sums, strict=True):
            leaf.grad = total
        adam.step()
        made.step(t)
        for name, p in net.params.items():
            assert torch.allclose(made.net.params[name].flat, p.flat, rtol=1e-6, atol=1e-9), (t, name)
    fresh = learner(rule, (3,), torch.float64, directions=directions)
    assert all((p.flat - fresh.net.params[name].flat).abs().max() > 1e-2 for name, p in net.params.items())


class Trainee:
    """A learner as `together` asks for it."""

    def __init__(self, rule: str, seeds: Sequence[int], dtype: torch.dtype):
        self.it = learner(rule, seeds, dtype)

    def _by_run(self, of: str) -> dict[str, Tensor]:
        return {f"{k}/{k}": getattr(p, of) for k, p in self.it.net.params.items()}

    def step(self, t: int) -> dict[str, Any]:
        self.it.step(t)
        return {"grads": {k: v.clone() for k, v in self._by_run("flat_grad").items()}}

    def parameters(self) -> dict[str, Tensor]:
        return self._by_run("flat")

    def take(self, other: Any, run: int | None = None) -> None:
        mine, theirs = self.it.optimizer, other.it.optimizer
        for n, (a, b) in enumerate(zip(self.it.params(), other.it.params(), strict=True)):
            for x, y in ((a.flat, b.flat), (mine.m[n], theirs.m[n]), (mine.v[n], theirs.v[n])):
                x.copy_(y[run : run + 1] if run is not None else y)
            mine.counts[n].copy_(theirs.counts[n])
        if self.it.lot:
            self.it.lot.count.copy_(other.it.lot.count)


@pytest.mark.parametrize("rule", ["dense", "top", "random", "small"])
def test_together_is_one_by_one(rule: str) -> None:
    together.check(lambda seeds, dtype: Trainee(rule, seeds, dtype), (0, 3, 5), steps=10)


@pytest.mark.parametrize("rule", ["top", "random", "small"])
def test_resumed_is_undisturbed_bitwise(rule: str) -> None:
    by_dev.resumed_is_undisturbed(lambda: learner(rule), 10)


def test_the_dev_part_alone_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    made, (dev, test) = learner("top"), by_dev.scores()
    monkeypatch.setattr(
        tagging,
        "accuracy",
        lambda net, part, runs: torch.tensor(next(dev if part is made.parts["dev"] else test)),
    )
    assert made.batches.per_epoch == made.words.per_epoch == 8
    by_dev.dev_alone_chooses(made)


def test_entries_by_lot_are_others_than_the_largest_and_others_at_each_step() -> None:
    top, lot = learner("top"), learner("random")
    seen = []
    for t in range(2):
        for made in (top, lot):
            made.step(t)
        seen.append(lot.net.core.at[:5].clone())
    assert not torch.equal(*seen) and top.net.core.k == lot.net.core.k == 3
    assert not torch.equal(top.net.params["W"].flat, lot.net.params["W"].flat)
    assert learner("random", percent=100).lot is None, "all entries need no draw"


def test_accuracy_counts_words_one_by_one() -> None:
    made = learner("small")
    for t in range(4):
        made.step(t)
    bank = load_trees("invented_trees")
    part = data.words(bank.valid, made.table, 50)
    starts = part.lengths.cumsum(0) - part.lengths
    right = torch.zeros(2)
    for s, n in zip(starts.tolist(), part.lengths.tolist(), strict=True):
        alone = part.symbols[s : s + n].view(1, n, 1, 8).expand(2, n, 5, 8)
        best = made.net.forward(alone, torch.full((2, 5), n)).argmax(-1).view(2, n, 5)[..., 0]
        right += (best == part.tags[s : s + n]).sum(1)
    found = accuracy(made.net, made.parts["dev"], 2)
    assert torch.allclose(found, right.double() * 100 / len(part.tags)) and 0 < found.min() < 100
    assert found.tolist() == made.score("dev") != made.score("test")


def test_it_learns_what_a_toy_grammar_says() -> None:
    """Nouns and verbs share forms there, so the words alone do not give their tags."""
    asked = given(
        "top", (0,), percent=10, hidden=50, epochs=3.0, max_steps=0, sentences=300, evaluated=100, batch=10,
        evaluations=1,
    )  # fmt: skip
    result = tagging.run(asked, Context(download=False))
    scores = [v for _, m, *_, v in result.rows if m == "test_accuracy"]
    assert scores[0] > 95 and result.meta["info"]["k"] == 5 and result.meta["info"]["width"] == 50
    assert [r[2] for r in result.rows if r[1] == "dev_accuracy"] == [30, 60, 90]


def test_every_setting_and_parameter_is_read() -> None:
    for rule in ("dense", "top", "random", "small"):
        learner(rule).given.refuse_unread()


def test_parts_are_the_treebanks_and_the_table_is_the_training_parts() -> None:
    """At `least` 20 the table of each part would be another; dev chooses, and test is told."""
    made, bank = learner("small", least=20), load_trees("invented_trees")
    table = data.symbols(bank.train, 20)
    assert (
        made.table == table
        and len({data.symbols(p, 20).sizes for p in (bank.train, bank.valid, bank.test)}) == 3
    )
    for name, part in (("dev", bank.valid), ("test", bank.test)):
        own = data.pages(data.words(part, table, 50), 5)
        assert len(made.parts[name]) == len(own) == 10
        for mine, page in zip(made.parts[name], own, strict=True):
            assert torch.equal(mine.symbols, page.symbols) and torch.equal(mine.tags, page.tags)
    assert torch.equal(made.train.symbols, data.words(bank.train, table, 40).symbols)


def test_sentences_of_a_batch_are_of_about_equal_length() -> None:
    """Of 400 in batches of five, there is a place without a word for 100 words; by lot there would be 69."""
    made = learner("small", (0,), sentences=400)
    at = [made.train.lengths[made.batches.at(t)[0]] for t in range(made.batches.per_epoch)]
    words = sum(int(own.sum()) for own in at)
    assert words == int(made.train.lengths.sum())
    assert sum(int(own.max()) * len(own) for own in at) < 1.1 * words


def test_what_has_no_sense_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="learning rule of a tagger 'unified'"):
        learner("unified")
    with pytest.raises(BadValueError, match="hidden_layers is 2; a tagger has 1"):
        learner("top", hidden_layers=2)
    none = Given([Run("top/0", 0, {"rule": "top", "percent": 4}, PARAMS)])
    with pytest.raises(BadValueError, match="has no treebank"):
        TaggerLearner(none, Context(download=False))
