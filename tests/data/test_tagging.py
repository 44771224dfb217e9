"""What a tagger reads: a word and seven features of its spelling; and sentences side by side."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from repro.data import Sentence, load_trees
from repro.data.tagging import FEATURES, Symbols, features, pages, shape, symbols, words
from repro.data.trees import tensors

DOG = Sentence(
    ("The", "old", "dog", "barked"), ("X",) * 4, ("DT", "JJ", "NN", "VBD"), (2, 0, 2, 3), ("dep",) * 4
)
CAT = Sentence(("the", "Cat"), ("X",) * 2, ("DT", "NNP"), (2, 0), ("dep",) * 2)


@pytest.fixture
def bank() -> Any:
    train, valid, _, _ = tensors(
        ([DOG, CAT], [CAT, Sentence(("Woof",), ("X",), ("UH",), (0,), ("root",)), DOG], [CAT])
    )
    return train, valid


def test_a_shape_tells_kinds_of_signs_and_each_run_once() -> None:
    told = {
        "McDonald's": "AaAa'a",
        "1,000": "0,0",
        "word": "a",
        "USA": "A",
        "...": ".",
        "Élan-2": "Aa-0",
        "x": "a",
    }
    assert {form: shape(form) for form in told} == told


def test_the_seven_features_of_a_word() -> None:
    assert features("Barked") == ("b", "ba", "bar", "d", "ed", "ked", "Aa") and len(features("x")) == FEATURES
    assert features("Ox") == ("o", "ox", "ox", "x", "ox", "ox", "Aa")


def test_symbols_are_those_that_are_seen_often_enough(bank: Any) -> None:
    table = symbols(bank[0], 2)
    assert table.words == {"the": 2} and table.tags == 5
    ends = {(3, "e"), (3, "d"), (4, "he"), (5, "the")}  # of The, the; old, barked
    assert set(table.features) == ends | {(0, "t"), (1, "th"), (2, "the"), (6, "a"), (6, "Aa")}
    assert sorted(table.features.values()) == list(range(8, 8 + len(table.features)))
    assert table.sizes == (3, 8 + len(table.features)) and table.features[6, "a"] == 8, (
        "the most frequent first"
    )


def test_of_a_word_by_hand() -> None:
    table = Symbols({"dog": 2}, {(0, "d"): 8, (6, "a"): 9, (3, "d"): 10}, 4)
    assert table.of("dog") == [2, 8, 2, 3, 4, 5, 6, 9]  # what is not known is 1, of feature j: 1 + j
    assert table.of("Dog")[0] == 2 and table.of("Dog")[7] == 7 and table.of("dod")[4] == 10
    assert table.sizes == (3, 11)


def test_words_lie_one_after_the_other(bank: Any) -> None:
    train, valid = bank
    table = symbols(train, 1)
    whole, first = words(train, table), words(train, table, most=1)
    assert whole.symbols.tolist() == [table.of(f) for s in (DOG, CAT) for f in s.forms]
    assert first.symbols.tolist() == whole.symbols[:4].tolist() and first.lengths.tolist() == [4]
    assert first.tags.tolist() == whole.tags[:4].tolist() and whole.tags.max() + 1 == table.tags
    seen = words(valid, table)
    assert seen.tags[2] == -1 and seen.symbols[2, 0] == 1, "a tag and a word that training had not"


def test_pages_hold_every_sentence_once_the_longest_first(bank: Any) -> None:
    part = words(bank[1], symbols(bank[0], 1))
    one, two = pages(part, 2)
    assert [p.lengths.tolist() for p in (one, two)] == [[4, 2], [1, 0]]
    assert (
        one.symbols[:, 0].tolist() == part.symbols[3:].tolist()
        and one.tags[:, 0].tolist() == part.tags[3:].tolist()
    )
    assert one.symbols[:2, 1].tolist() == part.symbols[:2].tolist() and not one.symbols[2:, 1].any()
    assert (
        one.tags[2:, 1].tolist() == [-1, -1]
        and two.symbols.shape == (1, 2, 8)
        and two.tags.tolist() == [[-1, -1]]
    )


def test_the_invented_treebank_can_be_read() -> None:
    data = load_trees("invented_trees")
    table = symbols(data.train, 2)
    made = words(data.train, table)
    assert made.symbols.shape == (int(data.train.lengths.sum()), 1 + FEATURES) and made.symbols.min() >= 1
    assert made.symbols[:, 0].max() < table.sizes[0] and made.symbols[:, 1:].max() < table.sizes[1]
    assert int(torch.cat([p.lengths for p in pages(made, 32)]).sum()) == len(made.tags)
