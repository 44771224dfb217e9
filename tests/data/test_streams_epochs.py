"""Epochs: every example once an epoch, in the order that records were made with."""

from __future__ import annotations

import hashlib

import pytest
import torch
from streamhelp import law, law_of_graphs, splitmix64

from repro.data.streams import Epochs, stream
from repro.data.streams.draws import hashed
from repro.errors import BadValueError


def make(seeds, n=23, batch=4):
    return Epochs(n, batch, seeds)


def test_epochs_keep_the_law_of_streams():
    law(make, 30)
    law_of_graphs(make, 30)


def naive(n, batch, seed, t):
    """Step t of one run, as the first edition of the package drew it."""
    epoch, k = divmod(t, n // batch)
    digest = hashlib.sha256(f"{seed}/batches/{epoch}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") % (1 << 63))
    return torch.randperm(n, generator=generator)[k * batch : (k + 1) * batch]


@pytest.mark.parametrize(("n", "batch"), [(23, 4), (8, 8), (5, 1), (100, 33)])
def test_the_order_is_that_of_all_records(n, batch):
    epochs = Epochs(n, batch, (0, 7))
    for t in range(3 * epochs.per_epoch):
        epochs.host(t)
        got = epochs.take()
        assert got.dtype == torch.int64 and got.equal(torch.stack([naive(n, batch, s, t) for s in (0, 7)])), t


def test_the_bits_are_the_same_everywhere():
    assert Epochs(60, 7, (0, 1)).fingerprint(0) == "be4487c0b58b1746"
    assert torch.randint(1000, (4,), generator=stream(0, "init")).tolist() == [267, 279, 961, 369]


def test_an_epoch_has_every_example_once():
    epochs = Epochs(12, 3, (5,))
    first = torch.cat([epochs.at(t)[0] for t in range(4)]).tolist()
    second = torch.cat([epochs.at(t)[0] for t in range(4, 8)]).tolist()
    assert sorted(first) == sorted(second) == list(range(12)) and first != second


def test_what_was_seen_does_not_change_when_the_epoch_does():
    epochs = Epochs(6, 3, (0,))
    epochs.host(0)
    now, shown = epochs.take(), epochs.at(1)
    kept = now.clone(), shown.clone()
    epochs.host(2)
    assert now.equal(kept[0]) and shown.equal(kept[1])


@pytest.mark.parametrize("batch", [0, -1, 24])
def test_a_batch_without_sense_is_refused(batch):
    with pytest.raises(BadValueError, match=f"batch is {batch}; expected 1 to 23"):
        make((0,), batch=batch)


def test_purposes_and_seeds_are_independent():
    draws = {
        tuple(torch.randint(10**9, (3,), generator=stream(s, p)).tolist())
        for s in range(20)
        for p in ("init", "batches/0", "batches/1")
    }
    assert len(draws) == 60


def test_hashed_is_splitmix64():
    numbers = torch.cat([torch.arange(-50, 50), torch.tensor([2**63 - 1, -(2**63), 1 << 40])])
    assert [int(h) % (1 << 64) for h in hashed(numbers)] == [splitmix64(int(n) % (1 << 64)) for n in numbers]
