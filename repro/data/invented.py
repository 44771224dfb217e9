"""Invented sentences with tags and trees, for machines that have no treebank and no text: NOT a data set.

A toy grammar of English (plain sentences, a few conjunctions and prepositions, agreement in number, words that are
noun and verb) is drawn from with a fixed seed. Results on them say that the path works, and nothing else.
Only `random.Random.random` is used, whose numbers Python promises to keep.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from repro.data import conllu
from repro.data.fetch.bundled import INVENTED_TREES
from repro.data.sets import Sentence
from repro.errors import DataError

SENTENCES = {"train": 2000, "valid": 250, "test": 250}

_NOUNS = "tree river light watch paper ship dog walk stone house cloud play letter road child storm mill bell".split()
_NAMES = "Ada Emmy Kurt Grace Alan Sofia Leonhard Hypatia".split()
_ADJECTIVES = "old small light quiet green early open cold new dry".split()
_VERBS = "watch paper find light carry follow play draw ship leave".split()
_GOES = "walk sleep fall wait play rise shine return".split()
_ADVERBS = "slowly again often today early well".split()
_PREPOSITIONS = "of in near with under behind from".split()


@dataclass
class _Phrase:
    """Words with their tags, and each word's head and relation; the root's head is -1 until it is hung somewhere."""

    words: list[tuple[str, str, str]]
    heads: list[int]
    labels: list[str]

    @property
    def root(self) -> int:
        return self.heads.index(-1)


def _word(form: str, upos: str, xpos: str) -> _Phrase:
    return _Phrase([(form, upos, xpos)], [-1], ["root"])


def _join(head: int, *parts: tuple[_Phrase, str]) -> _Phrase:
    """The parts one after the other, their roots hung on the root of part `head` by their labels."""
    starts = [sum(len(p.words) for p, _ in parts[:i]) for i in range(len(parts))]
    root = starts[head] + parts[head][0].root
    whole = _Phrase([w for p, _ in parts for w in p.words], [], [])
    for start, (part, label) in zip(starts, parts, strict=True):
        for h, kept in zip(part.heads, part.labels, strict=True):
            whole.heads.append(h + start if h >= 0 else root)
            whole.labels.append(kept if h >= 0 else label)
    whole.heads[root], whole.labels[root] = -1, "root"
    return whole


class _Grammar:
    """The rules; every choice is one `random()`."""

    def __init__(self, seed: int):
        self.random = random.Random(seed).random

    def pick(self, words: Sequence[str]) -> str:
        """A word, the first ones more often."""
        return words[int(len(words) * self.random() ** 2)]

    def noun(self, plural: bool, depth: int) -> _Phrase:
        """A noun phrase: a name, or an article, adjectives, a noun and perhaps a prepositional phrase."""
        if not plural and self.random() < 0.2:
            return _word(self.pick(_NAMES), "PROPN", "NNP")
        article = ("the", "some") if plural else ("the", "a", "every")
        parts = [(_word(self.pick(article), "DET", "DT"), "det")]
        while self.random() < 0.35:
            parts.append((_word(self.pick(_ADJECTIVES), "ADJ", "JJ"), "amod"))
        stem = self.pick(_NOUNS)
        plural_of = {"child": "children", "watch": "watches"}.get(stem, stem + "s")
        parts.append((_word(plural_of if plural else stem, "NOUN", "NNS" if plural else "NN"), "root"))
        head = len(parts) - 1
        if depth and self.random() < 0.3:
            parts.append((self.prepositional(depth - 1), "nmod"))
        return _join(head, *parts)

    def prepositional(self, depth: int) -> _Phrase:
        """A preposition and a noun phrase, whose root is the noun."""
        word = _word(self.pick(_PREPOSITIONS), "ADP", "IN")
        return _join(1, (word, "case"), (self.noun(self.random() < 0.3, depth), "root"))

    def clause(self, depth: int) -> _Phrase:
        """A subject and a verb that agrees with it, perhaps an object, an adverb, a prepositional phrase."""
        plural, takes = self.random() < 0.35, self.random() < 0.6
        stem = self.pick(_VERBS if takes else _GOES)
        ends = "es" if stem.endswith("ch") else "s"
        stem, ends = ("carr", "ies") if stem == "carry" and not plural else (stem, ends)
        verb = _word(stem if plural else stem + ends, "VERB", "VBP" if plural else "VBZ")
        parts = [(self.noun(plural, depth), "nsubj"), (verb, "root")]
        if takes:
            parts.append((self.noun(self.random() < 0.35, depth), "obj"))
        if self.random() < 0.25:
            parts.append((_word(self.pick(_ADVERBS), "ADV", "RB"), "advmod"))
        if self.random() < 0.3:
            parts.append((self.prepositional(depth - 1), "obl"))
        return _join(1, *parts)

    def sentence(self) -> Sentence:
        """One clause or two, and a full stop."""
        whole = self.clause(2)
        if self.random() < 0.25:
            link = _word(self.pick(("and", "but")), "CCONJ", "CC")
            whole = _join(0, (whole, "root"), (_join(1, (link, "cc"), (self.clause(1), "root")), "conj"))
        whole = _join(0, (whole, "root"), (_word(".", "PUNCT", "."), "punct"))
        forms, upos, xpos = zip(*whole.words, strict=True)
        return Sentence(forms, upos, xpos, tuple(h + 1 for h in whole.heads), tuple(whole.labels))


@cache
def parts() -> tuple[tuple[Sentence, ...], tuple[Sentence, ...], tuple[Sentence, ...]]:
    """The sentences to train on, to validate on and to test on; the same everywhere. They may repeat."""
    grammar = _Grammar(0)
    train, valid, test = (tuple(grammar.sentence() for _ in range(n)) for n in SENTENCES.values())
    return train, valid, test


def check() -> None:
    """`DataError` unless the grammar still says what it said when its sums were taken."""
    for sentences, want in zip(parts(), INVENTED_TREES.files, strict=True):
        got = hashlib.sha256(conllu.text(sentences)).hexdigest()
        if got != want.sha256:
            raise DataError(f"{want.name}: the grammar now makes SHA-256 {got}, expected {want.sha256}")


def text(sentences: Sequence[Sentence]) -> bytes:
    """Sentences as a text file: one a line, blanks between the words."""
    return "".join(f" {' '.join(s.forms)} \n" for s in sentences).encode()
