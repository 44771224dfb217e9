"""Means over a stretch of training, as claims on DNI's curves read them, are weighted by time."""

from __future__ import annotations

import pytest

from repro.exhibits.dni.fidelity import average, early, first, late
from repro.exhibits.dni.stretch import over_time
from repro.record.view import MissingData, View


def test_a_stretch_is_weighted_by_time() -> None:
    """On straight lines from look to look, before the first its own: looks that crowd at the start weigh little."""
    looks = {1: 9.0, 2: 8.0, 4: 7.0, 50: 2.0, 100: 1.0}
    view = View([("a", 0, "m", t, "", v) for t, v in looks.items()])
    assert over_time(view, "a", "m", 0, 1)[0] == pytest.approx(
        (9 + 8.5 + 2 * 7.5 + 46 * 4.5 + 50 * 1.5) / 100
    )
    assert over_time(view, "a", "m", 0, 0.27)[0] == pytest.approx((9 + 8.5 + 2 * 7.5 + 23 * 5.75) / 27)
    assert over_time(view, "a", "m", 0, 0.005)[0] == 9, "before the first look"
    assert over_time(view, "a", "m", 0.6, 0.8)[0] == pytest.approx(1.6), "between looks"
    with pytest.raises(MissingData, match="looks between 50% and 50% of training"):
        over_time(view, "a", "m", 0.5, 0.5)


def test_stretches_of_training_are_weighed_by_time() -> None:
    looks = {0: 100.0, 2: 1.0, 10: 3.0, 20: 8.0, 50: 5.0, 80: 20.0, 100: 10.0}
    assert (first(looks), late(looks)) == (100, 15)
    assert early(looks) == pytest.approx((2 * 50.5 + 8 * 2 + 10 * 5.5) / 20)
    assert average(looks) == pytest.approx((10 * 5.5 + 30 * 6.5 + 30 * 12.5 + 20 * 15) / 90)


def test_looks_that_stand_close_do_not_weigh_more_and_an_edge_may_lie_between_two() -> None:
    line = {t: 2.0 - t / 100 for t in (0, 1, 2, 3, 4, 8, 60, 100)}
    assert (early(line), late(line), average(line)) == pytest.approx((1.9, 1.1, 1.45))
    assert average(line | {97: 1.03, 98: 1.02, 99: 1.01}) == pytest.approx(1.45)
