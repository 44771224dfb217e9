"""A treebank as a tagger reads it: of each word its own symbol, seven of how it is spelt, and its tag.

Source: arXiv:1706.06197v5, section 4, has one word and seven features, which it does not name. These are the usual
ones (Ratnaparkhi 1996, whom Collins 2002 follows): how a word begins and ends, and what kinds of signs it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import torch
from torch import Tensor

from repro.data.sets import Trees

AFFIXES = (1, 2, 3)
FEATURES = 2 * len(AFFIXES) + 1
TAGS = "xpos"
NOTHING, UNKNOWN = 0, 1
"""Symbols of both tables: where there is no word, and (UNKNOWN + j for feature j) what is too rare."""
_Value = TypeVar("_Value", str, tuple[int, str])


def shape(form: str) -> str:
    """The kinds of a word's signs, each run of equals once: "McDonald's" → "AaAa'a", "1,000" → "0,0"."""
    return "".join(kind for kind, _ in groupby(map(_kind, form)))


def _kind(sign: str) -> str:
    if sign.isalpha():
        return "A" if sign.isupper() else "a"
    return "0" if sign.isdigit() else sign


def features(form: str) -> tuple[str, ...]:
    """The seven: its first one, two and three letters, its last ones, its shape."""
    low = form.lower()
    return (*(low[:n] for n in AFFIXES), *(low[-n:] for n in AFFIXES), shape(form))


@dataclass(frozen=True)
class Symbols:
    """What has a symbol of its own: forms in small letters, and (which feature, value); numbered from those of all.

    `tags`: how many there are.
    """

    words: dict[str, int]
    features: dict[tuple[int, str], int]
    tags: int

    @property
    def sizes(self) -> tuple[int, int]:
        """Symbols in all, of words and of features."""
        return UNKNOWN + 1 + len(self.words), UNKNOWN + FEATURES + len(self.features)

    def of(self, form: str) -> list[int]:
        """The word's symbol, then those of its features, which have a table of their own."""
        own = [self.features.get(f, UNKNOWN + f[0]) for f in enumerate(features(form))]
        return [self.words.get(form.lower(), UNKNOWN), *own]


def symbols(train: Trees, least: int) -> Symbols:
    """Those that the sentences to train on have at least `least` times; the most frequent first."""
    forms = Counter(f for s in train.sentences for f in s.forms)
    words, spelt = Counter[str](), Counter[tuple[int, str]]()
    for form, n in forms.items():
        words[form.lower()] += n
        for feature in enumerate(features(form)):
            spelt[feature] += n
    own = {w: i for i, w in enumerate(_often(words, least), UNKNOWN + 1)}
    more = {f: i for i, f in enumerate(_often(spelt, least), UNKNOWN + FEATURES)}
    return Symbols(own, more, int(train.columns[TAGS].max()) + 1)


def _often(count: Counter[_Value], least: int) -> Iterator[_Value]:
    """What is there `least` times; equally frequent ones by their letters."""
    return (v for v in sorted(count, key=lambda v: (-count[v], v)) if count[v] >= least)


@dataclass(frozen=True)
class Words:
    """The words of some sentences on end: `symbols` [W, 8], `tags` [W] (-1: never seen), `lengths` [S]."""

    symbols: Tensor
    tags: Tensor
    lengths: Tensor


def words(part: Trees, table: Symbols, most: int = 0) -> Words:
    """Those of the first `most` sentences (0: of all)."""
    lengths = part.lengths[: most or None]
    known: dict[str, list[int]] = {}
    forms = [f for s in part.sentences[: len(lengths)] for f in s.forms]
    rows = [known[f] if f in known else known.setdefault(f, table.of(f)) for f in forms]
    made = torch.tensor(rows, device=lengths.device)
    return Words(made, part.columns[TAGS][: len(rows)], lengths)


@dataclass(frozen=True)
class Page:
    """Some sentences side by side: `symbols` [L, B, 8], `tags` [L, B], `lengths` [B], 0 where there is none."""

    symbols: Tensor
    tags: Tensor
    lengths: Tensor


def pages(part: Words, lanes: int) -> Sequence[Page]:
    """All of them in pages of `lanes`, the longest first; tags are -1 where there is no word."""
    starts = part.lengths.cumsum(0) - part.lengths
    made = []
    for at in torch.split(part.lengths.argsort(descending=True, stable=True), lanes):
        lengths = torch.nn.functional.pad(part.lengths[at], (0, lanes - len(at)))
        first = torch.nn.functional.pad(starts[at], (0, lanes - len(at)))
        offsets = torch.arange(int(lengths.max()), device=at.device).unsqueeze(1)
        there = offsets < lengths
        places = (first + offsets) * there
        own = part.symbols[places] * there.unsqueeze(-1)
        made.append(Page(own, torch.where(there, part.tags[places], -1), lengths))
    return made
