"""Adam of what moves alone is the masked Adam."""

from __future__ import annotations

import pytest
import torch

from repro.nets.params import Params
from repro.train.optim import MaskedAdam
from repro.train.selective import SelectiveAdam

RUNS = 3


def two() -> list[Params]:
    made = [Params({"W": (4, 3), "b": (3,)}, RUNS), Params({"W": (5,)}, RUNS, models=2)]
    made[0].blocks = [(0, 12), (12, 15)]
    for j, p in enumerate(made):
        p.flat.copy_(torch.randn(p.flat.shape, generator=torch.Generator().manual_seed(j)))
    return made


def trained(
    kind: type[MaskedAdam], p: float, clip: float | None = None, own: tuple[float, ...] = (1, 1, 1)
) -> list[torch.Tensor]:
    params, rng = two(), torch.Generator().manual_seed(9)
    optimizer = kind(params, [1e-2 * each for each in own], 1e-8, clip)
    for t in range(12):
        for each in params:
            each.flat_grad.copy_(torch.randn(each.flat.shape, generator=rng))
        optimizer.set_rates([(1e-2 if t < 6 else 1e-3) * each for each in own])
        optimizer.step([torch.rand(RUNS, 2, generator=rng) < p for _ in params])
    return [*(each.flat for each in params), *optimizer.kept().values()]


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("clip", [None, 0.5])
def test_it_is_the_masked_one(p: float, clip: float | None) -> None:
    for ours, exact in zip(trained(SelectiveAdam, p, clip), trained(MaskedAdam, p, clip), strict=True):
        assert torch.allclose(ours, exact, rtol=1e-5, atol=1e-7)


def test_each_run_moves_by_its_own_rate() -> None:
    own = (1, 0.1, 1)
    for ours, exact in zip(
        trained(SelectiveAdam, 0.6, own=own), trained(MaskedAdam, 0.6, own=own), strict=True
    ):
        assert torch.allclose(ours, exact, rtol=1e-5, atol=1e-7)


def test_what_does_not_move_stands_bit_for_bit() -> None:
    params = two()
    start, moves = [p.flat.clone() for p in params], [torch.zeros(RUNS, 2, dtype=torch.bool) for _ in params]
    moves[1][2, 1] = True
    for p in params:
        p.flat_grad.fill_(1)
    SelectiveAdam(params, [1e-2] * RUNS, 1e-8).step(moves)
    changed = [(p.flat != s).nonzero().tolist() for p, s in zip(params, start, strict=True)]
    assert changed == [[], [[2, c] for c in range(5, 10)]]
