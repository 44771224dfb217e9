"""What a parser reads: configurations in lockstep, their 48 symbols, examples; each beside a slow version."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from test_arcs import drawn
from torch import Tensor

from repro.data import Sentence, load_trees
from repro.data.arcs import LEFT, RIGHT, SHIFT, oracle
from repro.data.configurations import Configurations
from repro.data.parsing import Examples, Sentences, Symbols, action, examples, move, symbols
from repro.data.trees import tensors
from repro.errors import BadValueError

DOG = Sentence(
    ("The", "old", "dog", "barked", "loudly"),
    upos=("DET", "ADJ", "NOUN", "VERB", "ADV"),
    xpos=("DT", "JJ", "NN", "VBD", "RB"),
    heads=(3, 3, 4, 0, 4),
    labels=("det", "amod", "nsubj:pass", "root", "advmod"),
)
CROSSED = Sentence(("a", "b", "c", "d"), ("X",) * 4, ("X",) * 4, (3, 4, 0, 3), ("dep",) * 4)


class Slow:
    """One configuration with lists, and the six children by searching the arcs."""

    def __init__(self, n: int):
        self.stack, self.buffer, self.arcs = [1], list(range(2, n + 2)), dict[int, int]()

    def make(self, kind: int) -> None:
        if kind == SHIFT:
            self.stack.append(self.buffer.pop(0))
        else:
            child = self.stack.pop(-2 if kind == LEFT else -1)
            self.arcs[child] = self.stack[-1]

    def child(self, of: int, left: bool, nth: int = 0) -> int:
        found = sorted((d for d, h in self.arcs.items() if h == of and (d < of) == left), reverse=not left)
        return found[nth] if len(found) > nth and of else 0

    def nodes(self) -> list[int]:
        s = [*self.stack[:-4:-1], 0, 0, 0][:3]
        b = [*self.buffer, 0, 0, 0][:3]
        ends = [self.child(x, left, nth) for nth in (0, 1) for left in (True, False) for x in s[:2]]
        inner = [self.child(self.child(x, left), left) for left in (True, False) for x in s[:2]]
        return [*s, *b, *ends, *inner]


def test_lockstep_is_one_by_one_with_lists() -> None:
    rng = random.Random(1)
    trees = sorted((drawn(rng.randint(1, 15), rng) for _ in range(40)), key=len, reverse=True)
    ways = [oracle(heads) for heads in trees]
    labels = [[0, *(rng.randint(1, 5) for _ in heads)] for heads in trees]
    now, slow = Configurations(torch.tensor([len(t) for t in trees]), runs=2), [Slow(len(t)) for t in trees]
    while a := now.active:
        t = now.taken
        assert now.nodes(a).tolist() == [[s.nodes() for s in slow[:a]]] * 2
        legal = [_legal(s) for s in slow[:a]]
        assert now.legal(a).tolist() == [legal] * 2
        kinds, children = zip(*(way[t] for way in ways[:a]), strict=True)
        own = [labels[i][d] for i, d in enumerate(children)]
        now.move(torch.tensor([kinds] * 2), torch.tensor([own] * 2))
        for s, kind in zip(slow, kinds, strict=False):
            s.make(kind)
    for i, heads in enumerate(trees):
        for r in range(2):
            assert now.head[r, i, 2 : 2 + len(heads)].tolist() == [h + 1 for h in heads]
            assert now.label[r, i, 2 : 2 + len(heads)].tolist() == labels[i][1:]
    assert now.taken == 2 * len(trees[0])


def _legal(s: Slow) -> list[bool]:
    words = len(s.stack) - 1
    return [bool(s.buffer), words > 1, words > 1 or (words == 1 and not s.buffer)]


def test_the_longest_comes_first() -> None:
    with pytest.raises(AssertionError, match="longest"):
        Configurations(torch.tensor([2, 3]))


@pytest.fixture
def dog() -> Any:
    """The sentence twice, so that its words are known, and one of a word alone that is not."""
    once = Sentence(("Woof",), ("INTJ",), ("UH",), (0,), ("root",))
    train, valid, _, _ = tensors(([DOG, DOG, once], [once, DOG], [once]))
    return train, valid, symbols(train, least=2, labels=3)


def test_symbols_are_counted_in_the_training_part(dog: Any) -> None:
    _, _, table = dog
    assert table == Symbols(words=5, tags=6, labels=("root", "advmod", "any other"))
    assert [table.label(r) for r in ("root", "advmod:x", "nsubj", "never seen")] == [1, 2, 3, 3]
    assert (table.size, table.actions) == (3 + 5 + 3 + 6 + 4, 7)


def test_the_48_symbols_of_a_configuration_by_hand(dog: Any) -> None:
    """After The and old hang on dog: ROOT dog | barked loudly. Words, tags and labels begin at 0, 8 and 17."""
    train, _, table = dog
    read = Sentences(train, table)
    assert read.order.tolist() == [0, 1, 2]
    now = Configurations(read.lengths)
    for kind, label in ((SHIFT, 0), (SHIFT, 0), (SHIFT, 0), (LEFT, 2), (LEFT, 3)):
        a = now.active
        now.move(torch.full((1, a), kind), torch.full((1, a), label))
        if a == 3:  # Woof has but two moves
            assert now.taken <= 2
    form = {w: 2 + i for i, w in enumerate(sorted(DOG.forms), 1)}  # equally frequent: by their letters
    tag = {t: 8 + 3 + i for i, t in enumerate(("DT", "JJ", "NN", "RB", "VBD"))}
    nothing, root = 0, 1
    at = [
        "dog",
        root,
        nothing,
        "barked",
        "loudly",
        nothing,
        "The",
        nothing,
        nothing,
        nothing,
        "old",
        *[nothing] * 7,
    ]
    tags = dict(zip(DOG.forms, DOG.xpos, strict=True))
    words = [form[w] if isinstance(w, str) else w for w in at]
    said = [tag[tags[w]] if isinstance(w, str) else 8 + w for w in at]
    labels = [17 + 3, 17, 17, 17, 17 + 2, *[17] * 7]
    assert read.features(now, 1)[0, 0].tolist() == words + said + labels


def test_every_symbol_lies_in_its_places_span(dog: Any) -> None:
    train, valid, table = dog
    spans = torch.tensor(table.spans)
    assert spans.shape == (48, 2) and spans.unique(dim=0).tolist() == [[0, 8], [8, 17], [17, 21]]
    made = examples(train, table).features
    read = Sentences(valid, table)
    seen = torch.cat([made, read.features(Configurations(read.lengths), 2)[0]])
    assert ((seen >= spans[:, 0]) & (seen < spans[:, 1])).all()
    # each place's span begins with the symbol for nothing; the root hangs last, so its label 18 is never seen
    assert (
        made[:, :18].min() == 0
        and made[:, 18:36].min() == 8
        and made[:, 36:].unique().tolist() == [17, 19, 20]
    )


def test_unknown_words_and_tags_have_symbols_of_their_own(dog: Any) -> None:
    _, valid, table = dog
    read = Sentences(valid, table)
    assert read.order.tolist() == [1, 0] and read.heads[1, 2:].tolist() == [1, 0, 0, 0, 0]
    assert read.words[1].tolist() == [0, 1, 2, 0, 0, 0, 0]  # Woof, once: unknown
    train, other, _, _ = tensors(([DOG, DOG], [Sentence(("Woof",), ("X",), ("UH",), (0,), ("root",))], [DOG]))
    table = symbols(train, 2, 3)
    assert Sentences(other, table).tags[0].tolist() == [8, 9, 10] and read.mask.sum(1).tolist() == [5, 1]


def test_examples_are_the_oracles_moves_sentence_by_sentence(dog: Any) -> None:
    train, _, table = dog
    whole, _, _, _ = tensors(([DOG, CROSSED, DOG], [DOG], [DOG]))
    made = examples(whole, symbols(whole, 1, 3))
    assert made.skipped == 1 and len(made.actions) == 20
    assert torch.equal(made.features[:10], made.features[10:])
    once: Examples = examples(train, table)
    # labels: root 1, advmod 2, any other 3; to the left from 1, to the right from 4
    assert once.actions.tolist() == [0, 0, 0, 3, 3, 0, 3, 0, 5, 4] * 2 + [0, 4]
    assert once.features[20, :6].tolist() == [1, 0, 0, 2, 0, 0]
    assert examples(train, table, most=1).actions.tolist() == once.actions[:10].tolist()


def test_moves_and_their_numbers() -> None:
    table = Symbols(1, 1, ("a", "b", "any other"))
    kinds, labels = move(torch.arange(table.actions), table)
    assert kinds.tolist() == [SHIFT, *[LEFT] * 3, *[RIGHT] * 3] and labels.tolist() == [0, 1, 2, 3, 1, 2, 3]
    assert action(kinds, labels, table).tolist() == list(range(7))


def test_no_label_is_refused(dog: Any) -> None:
    with pytest.raises(BadValueError, match="labels is 0; expected 1 or more"):
        symbols(dog[0], 1, 0)


def test_the_invented_treebank_is_projective() -> None:
    data = load_trees("invented_trees")
    made = examples(data.train, symbols(data.train, 2, 12))
    assert made.skipped == 0 and len(made.actions) == 2 * int(data.train.lengths.sum())
    assert isinstance(made.features, Tensor) and int(made.features.max()) < symbols(data.train, 2, 12).size
