"""A treebank as a dependency parser reads it: ids of one table of symbols, and examples of what to do when.

A configuration is described by 48 symbols, as Chen & Manning (2014) chose them: the words and the tags of 18 places,
and the labels of those 12 of them that are children (see `Configurations.nodes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

from repro.data.arcs import LEFT, SHIFT, Move, oracle
from repro.data.configurations import CHILDREN, FIRST, NODES, NOTHING, ROOT, Configurations
from repro.data.sets import Trees
from repro.errors import BadValueError

FEATURES = 2 * NODES + CHILDREN
TAGS = "xpos"
_OWN = 3
"""Words and tags begin with three symbols of their own: nothing (0), the root (1), unknown (2)."""


@dataclass(frozen=True)
class Symbols:
    """One table for words, tags and labels: how many of each, and where each kind begins.

    A word is a form that the training sentences have at least `least` times, all others are unknown. Labels are the
    relations' universal parts, "nmod" of "nmod:desc": the most frequent ones, and a last one for all others.
    """

    words: int
    tags: int
    labels: tuple[str, ...]

    @property
    def size(self) -> int:
        """Symbols in all; the label 0 is that of no child."""
        return 2 * _OWN + self.words + self.tags + len(self.labels) + 1

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Of each of the 48 places of a configuration the symbols a … b − 1 that can stand there."""
        ends = (_OWN + self.words, 2 * _OWN + self.words + self.tags, self.size)
        kinds = pairwise((0, *ends))
        return [span for span, n in zip(kinds, (NODES, NODES, CHILDREN), strict=True) for _ in range(n)]

    @property
    def actions(self) -> int:
        """A shift, and an arc to the left and one to the right for each label."""
        return 1 + 2 * len(self.labels)

    def label(self, relation: str) -> int:
        """From 1 on."""
        return self._number.get(relation.partition(":")[0], len(self.labels))

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.labels, 1)}


def symbols(train: Trees, least: int, labels: int) -> Symbols:
    """Those of the sentences to train on; `BadValueError` for less than one label."""
    if labels < 1:
        raise BadValueError(f"labels is {labels}; expected 1 or more")
    seen = train.columns["forms"].bincount()[1:]
    relations = Counter(r.partition(":")[0] for s in train.sentences for r in s.labels)
    order = sorted(relations, key=lambda r: (-relations[r], r))
    return Symbols(
        int((seen >= least).sum()), int(train.columns[TAGS].max()) + 1, (*order[: labels - 1], "any other")
    )


class Sentences:
    """Some sentences as a parser reads them, the longest first: `words` and `tags` [S, W] are ids of the table.

    `heads` [S, W]: the right heads, by place. `order` [S]: which of the part's sentences each is.
    """

    def __init__(self, part: Trees, table: Symbols, most: int = 0):
        chosen = part.lengths[: most or None]
        self.order = torch.argsort(chosen, descending=True, stable=True)
        self.lengths = chosen[self.order]
        self.table, self.part = table, part
        width, count = int(self.lengths.max()) + FIRST, int(chosen.sum())
        own = (chosen.cumsum(0) - chosen)[self.order]
        offsets = torch.arange(width - FIRST, device=chosen.device)
        self.mask = offsets < self.lengths.unsqueeze(1)  # [S, longest]
        places = (own.unsqueeze(1) + offsets) * self.mask
        forms, tags, heads = (part.columns[c][:count] for c in ("forms", TAGS, "heads"))
        forms = torch.where(forms > table.words, 0, forms) + 2  # the form 0 is unknown, which is symbol 2
        tags = torch.where(tags < 0, 2, tags + _OWN) + _OWN + table.words
        self.words = self._padded(forms, places, 0)
        self.tags = self._padded(tags, places, _OWN + table.words)
        self.heads = self._padded(heads + 1, places, 0)
        self._labels = 2 * _OWN + table.words + table.tags

    def _padded(self, column: Tensor, places: Tensor, first: int) -> Tensor:
        made = torch.full((len(places), places.shape[1] + FIRST), first + NOTHING, device=column.device)
        made[:, ROOT] = first + ROOT
        made[:, FIRST:] = torch.where(self.mask, column[places], made[:, FIRST:])
        return made

    def features(self, now: Configurations, a: int) -> Tensor:
        """The 48 symbols [R, a, 48] of the first `a` configurations."""
        nodes = now.nodes(a)
        said = (of[:a].expand(len(nodes), -1, -1).gather(-1, nodes) for of in (self.words, self.tags))
        return torch.cat([*said, now.labels_of(nodes) + self._labels], -1)


@dataclass(frozen=True)
class Examples:
    """What to do in the configurations on the way to right trees: `features` [N, 48] int32, `actions` [N] int64.

    Sentence by sentence, in the order of the part, two for each word. `skipped`: sentences that are not projective.
    """

    features: Tensor
    actions: Tensor
    skipped: int


def examples(part: Trees, table: Symbols, most: int = 0) -> Examples:
    """Of the first `most` sentences (0: of all); those that are not projective have no such moves."""
    ways: dict[int, list[Move]] = {}
    asked = part.sentences[: most or None]
    for i, sentence in enumerate(asked):
        with suppress(BadValueError):
            ways[i] = oracle(sentence.heads)
    whole = _chosen(part, [*ways])
    read = Sentences(whole, table)
    order = read.order.tolist()
    every = list(ways.values())
    own = [every[i] for i in order]
    labels = [[0, *map(table.label, whole.sentences[i].labels)] for i in order]
    starts = 2 * (whole.lengths.cumsum(0) - whole.lengths)[read.order]
    device = whole.lengths.device
    features = torch.zeros(2 * int(whole.lengths.sum()), FEATURES, dtype=torch.int32, device=device)
    actions = torch.zeros(len(features), dtype=torch.int64, device=device)
    now = Configurations(read.lengths)
    while a := now.active:
        t = now.taken
        kind = torch.tensor([way[t][0] for way in own[:a]], device=device)
        label = torch.tensor([of[way[t][1]] for of, way in zip(labels, own[:a], strict=False)], device=device)
        features[starts[:a] + t] = read.features(now, a)[0].to(torch.int32)
        actions[starts[:a] + t] = action(kind, label, table)
        now.move(kind.unsqueeze(0), label.unsqueeze(0))
    return Examples(features, actions, len(asked) - len(ways))


def action(kind: Tensor, label: Tensor, table: Symbols) -> Tensor:
    """The number of a move: 0 is the shift, then arcs to the left by label, then those to the right."""
    return (kind != SHIFT) * (label + len(table.labels) * (kind != LEFT))


def move(action: Tensor, table: Symbols) -> tuple[Tensor, Tensor]:
    """(kind, label) of a number: the inverse of `action`."""
    kind = (action + len(table.labels) - 1).div(len(table.labels), rounding_mode="floor")
    return kind, action - (kind - 1).clamp(min=0) * len(table.labels)


def _chosen(part: Trees, kept: Sequence[int]) -> Trees:
    """Some sentences of a part, in its order."""
    starts = part.lengths.cumsum(0) - part.lengths
    at = torch.tensor(kept, device=part.lengths.device)
    lengths = part.lengths[at]
    first = lengths.cumsum(0) - lengths
    words = torch.repeat_interleave(starts[at] - first, lengths) + torch.arange(
        int(lengths.sum()), device=at.device
    )
    columns = {name: column[words] for name, column in part.columns.items()}
    return Trees(tuple(part.sentences[i] for i in kept), lengths, columns)
