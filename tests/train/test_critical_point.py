"""The exact arithmetic of sg/fig6."""

from __future__ import annotations

import pytest

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
