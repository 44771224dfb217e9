"""Scatters: a dot a run, bins, rank correlations with an interval."""

from __future__ import annotations

import math
import random

import pytest
from scipy.stats import spearmanr

from repro.record.dots import at, between, binned, dots, gaps, moments, rank, told
from repro.record.view import View

ROWS = [
    ("a", seed, metric, step, "", value)
    for seed, p, values in ((0, 0.1, (9.0, 3.0)), (1, 0.6, (5.0, 2.0)), (2, 0.65, (4.0, 1.0)))
    for metric, step, value in (("error", 10, values[0]), ("error", 20, values[1]), ("p", 20, p))
]


def test_a_dot_is_a_runs_value_against_its_own_number() -> None:
    view = View(ROWS)
    assert moments(view, "a", "error") == [10, 20]
    assert dots(view, "a", "p", "error") == {0: (0.1, 3.0), 1: (0.6, 2.0), 2: (0.65, 1.0)}
    early = dots(view, "a", "p", "error", 10)
    assert early[0] == (0.1, 9.0)
    assert between(early, 0.6) == [5.0, 4.0] and between(early, 0.1, 0.6) == [9.0]
    assert binned(early, ((0, 0.1), (0.1, 0.2), (0.5, 0.7))) == [None, 9.0, 4.5]
    assert gaps(early, {1: (0.6, 1.0), 2: (0.65, 2.0)}, 0.0) == [4.0, 2.0]
    assert gaps(early, {1: (0.6, 1.0), 2: (0.65, 2.0)}, 0.62) == [2.0]


def test_the_rank_correlation_is_spearmans_with_ties() -> None:
    rng = random.Random(0)
    x = [rng.random() for _ in range(30)]
    y = [round(3 * v + rng.random(), 1) for v in x]
    d = rank({i: pair for i, pair in enumerate(zip(x, y, strict=True))})
    assert math.tanh(d.mean) == pytest.approx(spearmanr(x, y)[0], abs=1e-12)
    assert d.above() is True and told(d).startswith("+")


def test_the_error_of_a_rank_correlation_is_fiellers() -> None:
    """1 to 5 and 2, 1, 4, 3, 5: ρ = 1 − 6 · 4 / (5 · 24) = 0.8; z = ½ ln 9; its error √(1.06 / (n − 3)) = √0.53."""
    d = rank(dict(enumerate(zip((1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 5.0), strict=True))))
    assert (d.mean, d.error) == (pytest.approx(1.0986123), pytest.approx(0.7280110)) and (d.df, d.n) == (2, 5)


def test_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng, wrong = random.Random(1), 0
    for _ in range(400):
        d = rank({i: (rng.random(), rng.random()) for i in range(20)})
        low, high = d.interval()
        wrong += not low < 0 < high
    assert 5 <= wrong <= 36  # 20 expected


def test_three_dots_decide_nothing() -> None:
    assert rank({i: (float(i), float(i)) for i in range(3)}).above() is None


def test_between_two_dots_y_is_on_a_straight_line_over_the_logarithm_of_x() -> None:
    own = {3: (1.0, 2.0), 1: (0.01, 8.0), 2: (0.1, 4.0)}
    assert [at(own, x) for x in (0.01, 0.1, 1.0)] == [8.0, 4.0, 2.0]
    assert at(own, math.sqrt(0.001)) == pytest.approx(6.0)
    assert at(own, 10**-0.25) == pytest.approx(2.5)
    assert at(own, 0.009) is None and at(own, 1.1) is None and at({}, 0.5) is None
