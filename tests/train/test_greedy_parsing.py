"""Greedy parsing in lockstep and its score: right moves give right trees, and any moves give trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from repro.data import Sentence
from repro.data.arcs import oracle
from repro.data.parsing import Sentences, action, symbols
from repro.data.trees import tensors
from repro.train.parsing import attachment, parsed


def sentence(heads: Sequence[int]) -> Sentence:
    n = len(heads)
    labels = tuple("root" if h == 0 else "dep" for h in heads)
    return Sentence(tuple(f"w{i}" for i in range(n)), ("X",) * n, ("X",) * n, tuple(heads), labels)


TREES = [sentence(h) for h in ((2, 0, 2), (0,), (3, 3, 4, 0, 4), (0, 1, 2), (2, 3, 0))]


def told(part: Sentences) -> Callable[[Tensor], Tensor]:
    """A `predict` that knows the right moves of the sentences, whatever the symbols are."""
    ways = [oracle(part.part.sentences[i].heads) for i in part.order.tolist()]
    labels = [[0, *map(part.table.label, part.part.sentences[i].labels)] for i in part.order.tolist()]
    seen = iter(range(100))

    def predict(x: Tensor) -> Tensor:
        t, a = next(seen), x.shape[1]
        kind = torch.tensor([way[t][0] for way in ways[:a]])
        label = torch.tensor([of[way[t][1]] for of, way in zip(labels, ways[:a], strict=False)])
        scores = torch.nn.functional.one_hot(action(kind, label, part.table), part.table.actions).double()
        return scores.expand(len(x), -1, -1)

    return predict


def read() -> Sentences:
    train, _, _, _ = tensors((TREES, TREES, TREES))
    return Sentences(train, symbols(train, 1, 2))


def test_right_moves_give_the_right_trees_and_labels() -> None:
    part = read()
    heads, labels = parsed(told(part), part, 3)
    assert heads.shape == (3, 5, 7)
    for i, n in enumerate(part.order.tolist()):
        s = TREES[n]
        assert heads[1, i, 2 : 2 + len(s)].tolist() == [h + 1 for h in s.heads]
        assert labels[2, i, 2 : 2 + len(s)].tolist() == [part.table.label(x) for x in s.labels]
    assert attachment(told(part), part, 3).tolist() == [100.0] * 3


def test_every_word_counts_and_runs_are_told_apart() -> None:
    """One run is right; the other always shifts first, then hangs each word on the one before it."""
    part = read()
    right = told(part)

    def predict(x: Tensor) -> Tensor:
        scores = right(x).clone()
        scores[1] = torch.tensor([5.0, 0, 0, 4, 4])  # shift, two to the left, two to the right
        return scores

    hit = sum(h == i for s in TREES for i, h in enumerate(s.heads))
    words = sum(map(len, TREES))
    assert attachment(predict, part, 2).tolist() == pytest.approx([100.0, 100 * hit / words])
    assert 0 < hit < words


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_said_it_ends_in_trees(seed: int) -> None:
    part = read()
    rng = torch.Generator().manual_seed(seed)
    heads, _ = parsed(lambda x: torch.randn(len(x), x.shape[1], 5, generator=rng), part, 2)
    for run in heads.tolist():
        for row, n in zip(run, part.lengths.tolist(), strict=True):
            own = [h - 1 for h in row[2 : 2 + n]]
            assert own.count(0) == 1 and len(oracle(own)) == 2 * n  # a projective tree
            assert row[:2] == [0, 0] and not any(row[2 + n :])


def test_sentences_that_are_not_projective_are_parsed_and_counted() -> None:
    crossed = sentence((3, 4, 0, 3))
    train, dev, _, _ = tensors((TREES, [crossed], [crossed]))
    part = Sentences(dev, symbols(train, 1, 2))
    always_shift = attachment(lambda x: torch.tensor([5.0, 0, 0, 4, 4]).expand(1, x.shape[1], 5), part, 1)
    assert always_shift.tolist() == [25.0]  # 0 1 2 3: the last of four
