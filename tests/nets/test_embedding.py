"""Vectors of symbols: room, a second pull, initial values, gradients."""

from __future__ import annotations

import pytest
import torch

from repro.nets.embedding import Embedding
from repro.nets.net import Net
from repro.train.batches import stream

RUNS, BATCH, PLACES, SYMBOLS, SIZE = 2, 7, 6, 11, 3


@torch.no_grad()
def test_a_second_pull_is_refused_and_room_is_used() -> None:
    layer = Embedding(SYMBOLS, SIZE, 0.5)
    net = Net([layer], RUNS, dtype=torch.float64)
    net.init([stream(s, "init") for s in range(RUNS)])
    x = torch.randint(SYMBOLS - 2, (RUNS, BATCH, PLACES), generator=torch.Generator().manual_seed(1))
    room = torch.zeros(RUNS, BATCH, PLACES * SIZE, dtype=torch.float64)
    assert layer.forward(x, room) is room and torch.equal(room, layer.predict(x))
    net.params.flat_grad.fill_(9.0)  # nothing is left of what was there
    layer.pull(room)
    wanted = torch.zeros(RUNS, SYMBOLS, SIZE, dtype=torch.float64)
    for r in range(RUNS):
        wanted[r].index_add_(0, x[r].flatten(), room[r].view(-1, SIZE))
    assert torch.allclose(net.params.g["E1"], wanted, rtol=0, atol=1e-14)
    with pytest.raises(RuntimeError, match="call forward again"):
        layer.pull(room)


@torch.no_grad()
def test_initial_vectors_are_each_runs_own() -> None:
    made_of = [Net([Embedding(5000, 4, 0.3)], 1) for _ in range(3)]
    for net, seed in zip(made_of, (0, 0, 1), strict=True):
        net.init([stream(seed, "init")])
    one, again, other = (net.params.flat for net in made_of)
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert abs(float(one.std()) - 0.3) < 0.01
