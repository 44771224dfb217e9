"""Entries by lot: different ones, every set as likely as any other, each run's from its seed, step and place."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import torch
from torch import Tensor

from repro.rules.lot import Lot

T, B = 6, 40


def drawn(seeds: tuple[int, ...] = (0,), n: int = 5, k: int = 2, steps: int = 1, cores: int = T) -> Tensor:
    """What the last of `steps` draws gives, [cores, 2 · seeds, B, 4, k]."""
    at = torch.zeros(T, 2 * len(seeds), B, 4, k, dtype=torch.int64)
    lot = Lot(seeds, 2, at, n)
    for _ in range(steps):
        lot.draw(at[:cores])
    assert int(lot.count) == steps
    return at[:cores]


def test_they_are_different_entries_and_all_of_them_come_up() -> None:
    for n, k in ((5, 2), (7, 7), (500, 5)):
        rows = drawn(n=n, k=k).flatten(0, -2).sort(-1).values
        assert rows.min() >= 0 and rows.max() < n and (rows.diff(dim=-1) > 0).all()
    assert len({*drawn(n=500, k=5).flatten().tolist()}) == 500


def test_every_set_is_as_likely_as_any_other() -> None:
    rows = torch.cat([drawn(seeds=(s,)).flatten(0, -2) for s in range(10)]).sort(-1).values.tolist()
    count, mean = Counter(map(tuple, rows)), len(rows) / 10
    assert set(count) == {*combinations(range(5), 2)} and len(rows) == 10 * T * 2 * B * 4
    off = sum((n - mean) ** 2 / mean for n in count.values())
    assert off < 30, "chi-square with 9 degrees of freedom: above 27.9 once in a thousand"
    first = Counter(torch.tensor(rows).flatten().tolist())
    assert max(first.values()) < 1.05 * min(first.values())


def test_a_runs_draws_are_its_own_whatever_trains_beside_it_and_however_wide_its_batch() -> None:
    both, alone = drawn((3, 8)), drawn((8,))
    assert torch.equal(both[:, 2:], alone) and not torch.equal(both[:, :2], alone)
    assert torch.equal(drawn((8,), cores=2), alone[:2])
    assert not torch.equal(alone[:, :1], alone[:, 1:]), "the two directions draw by themselves"


def test_each_step_place_and_gate_has_a_draw_of_its_own() -> None:
    one, two = drawn(n=500, k=5), drawn(n=500, k=5, steps=2)
    assert not torch.equal(one, two)
    rows = {tuple(row) for row in torch.cat([one, two]).flatten(0, -2).tolist()}
    assert len(rows) == 2 * T * 2 * B * 4
