"""The artificial data sets are those of the paper; the exact arithmetic of sg/fig6."""

from __future__ import annotations

import pytest
import torch

from repro.train.artificial import draw
from repro.train.critical_point import (
    grid,
    loss,
    output_gradients,
    sg_optimum,
    sg_update,
    travel,
    true_update,
)

XS = (-2.0, -1.0, 1.0, 2.0)


def test_linear_labels_are_sides_of_a_hyperplane_through_the_origin() -> None:
    x, y = draw("linear", 2, 100, seed=3)
    assert x.shape == (100, 2)
    angle = torch.atan2(x[:, 1], x[:, 0])
    order = angle.argsort()
    changes = (y[order, 1].diff() != 0).sum() + (y[order[0], 1] != y[order[-1], 1])
    assert changes == 2, "around the origin the label changes exactly twice"
    far, _ = draw("linear", 100, 1000, seed=3)
    assert far.shape == (1000, 100)
    assert abs(far.mean()) < 0.02
    assert abs(far.std() - 1) < 0.02


def test_noisy_is_linear_with_a_tenth_of_the_labels_swapped() -> None:
    (x, y), (same, noisy) = draw("linear", 2, 100, 1), draw("noisy", 2, 100, 1)
    assert torch.equal(x, same)
    assert (y != noisy).any(1).sum() == 10


def test_random_labels_are_fair_and_each_seed_is_another_data_set() -> None:
    _, y = draw("random", 100, 1000, 0)
    assert 440 < y[:, 1].sum() < 560
    assert not torch.equal(draw("random", 2, 100, 0)[0], draw("random", 2, 100, 1)[0])


@pytest.mark.parametrize(("a", "b", "expected"), [(1, 0, 6), (3, 0, 18), (0, 3, 12), (-1, 2, 8), (0, 0, 0)])
def test_loss_by_hand(a: float, b: float, expected: float) -> None:
    assert loss(a, b, XS) == expected


def test_gradients_by_hand() -> None:
    assert output_gradients(1, 0, XS) == [-1, -1, 1, 1]
    assert true_update(1, 0, XS) == (6, 0)
    assert true_update(1, 1.5, XS) == (4, 2)
    assert sg_optimum(1, 0.5, XS) == 0
    assert sg_optimum(1, 1.5, XS) == 0.5
    assert sg_update(0.5, XS) == (0, 2)


def test_travel_stands_still_in_the_cone_and_moves_outside() -> None:
    assert travel("sg", 2, 1, XS, 100, 0.01) == 0
    assert travel("bprop", 2, 1, XS, 100, 0.01) > 1
    assert travel("sg", 0.5, 2, XS, 100, 0.01) > 0.5


def test_grid_is_exactly_symmetric() -> None:
    values = grid(3.0, 25)
    assert values[12] == 0
    assert values == [-v for v in reversed(values)]
    assert values[-1] == 3
