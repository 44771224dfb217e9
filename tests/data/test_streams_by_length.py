"""Batches of about equally long sentences: all once an epoch, little padded, short ones of all runs together."""

from __future__ import annotations

import torch
from streamhelp import law, law_of_graphs

from repro.data.streams import Sentences
from repro.data.streams.by_length import ByLength

DRAW = torch.Generator().manual_seed(0)
LENGTHS = torch.randint(1, 30, (103,), generator=DRAW)
WORDS = torch.arange(int(LENGTHS.sum()))


def test_it_keeps_the_law_of_streams() -> None:
    def sentences(seeds: tuple[int, ...]) -> Sentences:
        columns = {"forms": WORDS, "both": torch.stack([WORDS, -WORDS], 1)}
        return Sentences(LENGTHS, columns, 10, seeds, fixed=True, by_length=True)

    law(lambda seeds: ByLength(LENGTHS, 10, seeds), 25)
    law(sentences, 12)
    law_of_graphs(sentences, 25)


def test_an_epoch_has_every_sentence_once_but_for_what_chance_leaves_out() -> None:
    stream, left = ByLength(LENGTHS, 10, (3,)), set()
    for epoch in range(8):
        seen = [i for k in range(10) for i in stream.at(10 * epoch + k)[0].tolist()]
        assert len(seen) == len({*seen}) == 100
        left |= {*range(103)} - {*seen}
    assert len(left) > 10, "not always the longest"


def test_a_batch_holds_neighbours_in_length_and_runs_have_theirs_together() -> None:
    stream = ByLength(LENGTHS, 10, (3, 5))
    spread, apart, first = 0, 0, []
    for t in range(20):
        own = LENGTHS[stream.at(t)]  # [R, B]
        spread = max(spread, int((own.amax(1) - own.amin(1)).max()))
        apart = max(apart, int(own.amax(1).max() - own.amax(1).min()))
        first.append(int(own.amax()))
    assert spread <= 6 and apart <= 3
    assert first[:10] != sorted(first[:10]) and first[:10] != first[10:], "in an order that changes"


def test_equally_long_ones_are_mixed_by_the_seed() -> None:
    equal = torch.full((60,), 7)
    a, b = (torch.cat([ByLength(equal, 10, (s,)).at(t)[0] for t in range(6)]) for s in (1, 2))
    assert sorted(a.tolist()) == sorted(b.tolist()) == list(range(60)) and not torch.equal(a, b)


def test_columns_may_have_more_than_one_number_a_word() -> None:
    both = torch.stack([WORDS, -WORDS], 1)
    stream = Sentences(LENGTHS, {"forms": WORDS, "both": both}, 4, (0, 1))
    stream.host(0)
    got = stream.take()
    assert torch.equal(got.columns["both"], torch.stack([got.columns["forms"], -got.columns["forms"]], -1))
