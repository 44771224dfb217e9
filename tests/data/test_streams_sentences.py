"""Sentences in batches: the right words in the right places, nothing beside them."""

from __future__ import annotations

import pytest
import torch
from streamhelp import law, law_of_graphs

from repro.data.streams import Epochs, Sentences
from repro.errors import BadValueError

LENGTHS = torch.tensor([3, 1, 7, 2, 5, 1, 4, 2, 9, 3, 6])
WORDS = torch.arange(1, int(LENGTHS.sum()) + 1)
TAGS = WORDS % 5


def make(seeds, batch=3, fixed=True):
    return Sentences(LENGTHS, {"forms": WORDS, "tags": TAGS}, batch, seeds, fixed=fixed)


def test_sentences_keep_the_law_of_streams():
    law(make, 25)
    law_of_graphs(make, 25)


@pytest.mark.parametrize("fixed", [True, False])
def test_every_word_is_where_a_plain_loop_puts_it(fixed):
    stream, order = make((0, 4), fixed=fixed), Epochs(len(LENGTHS), 3, (0, 4))
    flat, cut = WORDS.tolist(), [0, *LENGTHS.cumsum(0).tolist()]
    widths = set()
    for t in range(12):
        due = stream.host(t)
        assert due == (t // 3 * 3 + 3 if fixed else t + 1)
        got = stream.take()
        assert got.sentence.equal(order.at(t))
        widths.add(width := got.mask.shape[2])
        assert width == (9 if fixed else int(LENGTHS[got.sentence].max()))
        for r in range(2):
            for b in range(3):
                s = int(got.sentence[r, b])
                words = flat[cut[s] : cut[s + 1]]
                pad = [0] * (width - len(words))
                assert got.columns["forms"][r, b].tolist() == words + pad
                assert got.columns["tags"][r, b].tolist() == [w % 5 for w in words] + pad
                assert got.mask[r, b].tolist() == [True] * len(words) + [False] * len(pad)
    assert (len(widths) == 1) == fixed


def test_widths_that_vary_resume_look_and_are_alone_all_the_same():
    stream = make((3, 8), fixed=False)
    for t in (7, 2, 11, 2):
        stream.host(t)
        got, looked = stream.take(), make((3, 8), fixed=False).at(t)
        assert got.mask.equal(looked.mask) and got.columns["forms"].equal(looked.columns["forms"])
        for r, seed in enumerate((3, 8)):
            alone = make((seed,), fixed=False).at(t)
            width = alone.mask.shape[2]
            assert got.columns["forms"][r : r + 1, :, :width].equal(alone.columns["forms"])
            assert not got.mask[r, :, width:].any()


def test_columns_keep_their_type_and_may_hold_what_is_below_zero():
    stream = Sentences(torch.tensor([1, 2]), {"labels": torch.tensor([-1, 3, -1])}, 2, (0,))
    stream.host(0)
    got = stream.take()
    rows = dict(zip(got.sentence[0].tolist(), got.columns["labels"][0].tolist(), strict=True))
    assert rows == {0: [-1, 0], 1: [3, -1]} and got.columns["labels"].dtype == torch.int64


def test_lengths_and_columns_that_do_not_fit_are_refused():
    with pytest.raises(BadValueError, match=r"43 words, columns of \{'tags': 42\}"):
        Sentences(LENGTHS, {"tags": TAGS[:-1]}, 2, (0,))
    with pytest.raises(BadValueError, match="none empty"):
        Sentences(torch.tensor([2, 0]), {"tags": TAGS[:2]}, 1, (0,))
    with pytest.raises(BadValueError, match="batch is 12; expected 1 to 11"):
        make((0,), batch=12)
