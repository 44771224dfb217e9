"""Windows of continuous text: every lane reads on, nobody reads a wrong neighbour."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamhelp import law, law_of_graphs

from repro.data.streams import Windows, stream
from repro.errors import BadValueError

TOKENS = torch.randint(1000, (101,), generator=torch.Generator().manual_seed(0))


def make(seeds, batch=4, window=3, **more):
    return Windows(TOKENS, batch, window, seeds, **more)


def test_windows_keep_the_law_of_streams():
    law(make, 80)  # more than twice round the ring
    law_of_graphs(make, 80)


@given(
    n=st.integers(1, 40),
    batch=st.integers(1, 40),
    window=st.integers(1, 50),
    ahead=st.integers(0, 3),
    shifted=st.booleans(),
    t=st.integers(0, 10**12),
)
@settings(max_examples=150, deadline=None)
def test_every_token_is_the_one_at_its_place(n, batch, window, ahead, shifted, t):
    batch = min(n, batch)
    text = list(range(100, 100 + n))
    windows = Windows(torch.tensor(text), batch, window, (6, 1), ahead=ahead, shifted=shifted)
    windows.host(t)
    got = windows.take()
    assert got.shape == (2, batch, window + ahead) and got.dtype == torch.int64
    for r, seed in enumerate((6, 1)):
        shift = int(torch.randint(n, (1,), generator=stream(seed, "windows"))) if shifted else 0
        for b in range(batch):
            begin = b * n // batch + shift + t * window
            assert got[r, b].tolist() == [text[(begin + i) % n] for i in range(window + ahead)]


def test_a_window_begins_with_what_the_last_one_showed_ahead():
    windows = make((0, 1), ahead=2)
    for t in range(70):
        assert windows.at(t)[..., 3:].equal(windows.at(t + 1)[..., :2])


@pytest.mark.parametrize(("batch", "window"), [(1, 1), (4, 3), (101, 1), (7, 5), (3, 200)])
def test_an_epoch_reads_the_whole_text(batch, window):
    windows = Windows(torch.arange(101), batch, window, (3,), ahead=0)
    read = Counter(torch.cat([windows.at(t).flatten() for t in range(windows.per_epoch)]).tolist())
    assert len(read) == 101
    before = Counter(
        torch.cat([torch.zeros(0), *[windows.at(t).flatten() for t in range(windows.per_epoch - 1)]]).tolist()
    )
    assert len(before) < 101  # no step too many


def test_runs_and_epochs_of_text_are_cut_differently_by_their_seeds():
    assert len({make((s,)).fingerprint(0) for s in range(8)}) == 8
    assert len({make((s,), shifted=False).fingerprint(0) for s in range(8)}) == 1


@pytest.mark.parametrize("bad", [{"batch": 0}, {"batch": 102}, {"window": 0}, {"ahead": -1}])
def test_sizes_without_sense_are_refused(bad):
    with pytest.raises(BadValueError, match="expected"):
        make((0,), **bad)
