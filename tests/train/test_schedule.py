"""When the rate falls and when a run is evaluated."""

from __future__ import annotations

import pytest

from repro.errors import BadValueError
from repro.train.schedule import RateDrops, doubling, evenly


def test_evenly_ends_at_the_end() -> None:
    assert evenly(100, 4) == [25, 50, 75, 100]
    assert evenly(3, 10) == [1, 2, 3]


@pytest.mark.parametrize(("steps", "times"), [(0, 3), (5, 0), (-1, 1)])
def test_no_evaluation_at_all_is_refused(steps: int, times: int) -> None:
    with pytest.raises(BadValueError, match=f"{times} evaluations in {steps} steps"):
        evenly(steps, times)


def test_early_looks_double_and_stay_below() -> None:
    assert {n: doubling(n) for n in (0, 1, 2, 3, 8, 9)} == {
        0: [], 1: [], 2: [1], 3: [1, 2], 8: [1, 2, 4], 9: [1, 2, 4, 8],
    }  # fmt: skip


def test_factors_multiply_from_their_steps_on() -> None:
    drops = RateDrops(((0.6, 0.1), (0.8, 0.5)), 100)
    rates = {t: drops.rate(2.0, t) for t in (0, 59, 60, 79, 80, 99)}
    assert rates == pytest.approx({0: 2, 59: 2, 60: 0.2, 79: 0.2, 80: 0.1, 99: 0.1})


def test_a_drop_between_two_steps_is_rounded_or_waited_for() -> None:
    """0.1 · 24 = 2.4: rounded, step 2 is the first with the lower rate; else step 3."""
    assert [RateDrops(((0.1, 0.1),), 24).rate(1.0, t) for t in (1, 2, 3)] == [1, 0.1, 0.1]
    assert [RateDrops(((0.1, 0.1),), 24, whole=False).rate(1.0, t) for t in (1, 2, 3)] == [1, 1, 0.1]


def test_the_host_is_asked_at_every_drop_also_from_the_step_before() -> None:
    drops = RateDrops(((0.5, 0.1), (0.8, 0.1)), 10)
    assert [drops.next(t) for t in (0, 4, 5, 7)] == [5, 5, 8, 8] and drops.next(8) > 10


@pytest.mark.parametrize("at", [60, 1.0, 0, -0.1])
def test_a_drop_that_would_never_come_is_refused(at: float) -> None:
    """A step in the place of a fraction: accepted, it would never drop."""
    with pytest.raises(
        BadValueError, match=f"a drop at {at}; expected a fraction of the steps, between 0 and 1"
    ):
        RateDrops(((0.5, 0.1), (at, 0.1)), 100)
