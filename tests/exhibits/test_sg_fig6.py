"""The exact arithmetic of sg/fig6."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from repro.errors import BadValueError, UnknownNameError
from repro.exhibits import get
from repro.exhibits.sg.fig6.figure import _walk
from repro.exhibits.sg.fig6.work import (
    grid,
    loss,
    output_gradients,
    sg_optimum,
    sg_update,
    travel,
    true_update,
    work,
)
from repro.record.run import runs
from repro.train.given import Given
from repro.train.loop import Context

XS = (-2.0, -1.0, 1.0, 2.0)
RUNS = {r.arm: r for r in runs(get("sg/fig6"), get("sg/fig6").profile("smoke"))}


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


def test_travel_outside_the_cone_by_hand() -> None:
    """All four signs are 1, so c goes 0, 0.04, 0.0784 towards 1 and b falls by 0.005 · 4 c; a stays."""
    assert travel("sg", 0.5, 2, XS, 3, 0.005) == pytest.approx(0.02 * (0 + 0.04 + 0.0784), rel=1e-9)
    assert travel("sg", 0.5, 2, XS, 400, 0.005) == pytest.approx(1.81, abs=0.01)


@pytest.mark.parametrize(("series", "rule"), [("Bprop", "bprop"), ("SG", "sg")])
def test_the_picture_walks_as_far_as_the_record_says(series: str, rule: str) -> None:
    params = RUNS[rule].params
    steps, rate = params["steps"], params["rate"]
    for a, b in params["starts"]:
        walked = list(_walk(series, a, b, list(XS), steps, rate))
        assert len(walked) == steps + 1 and walked[0] == (a, b)
        for n in (1, 5, steps):
            far = math.dist(walked[n], (a, b))
            assert far == pytest.approx(travel(rule, a, b, XS, n, rate), rel=1e-9, abs=1e-12)


def test_grid_is_exactly_symmetric() -> None:
    values = grid(3.0, 25)
    assert values[12] == 0
    assert values == [-v for v in reversed(values)]
    assert values[-1] == 3
    assert grid(3.0, 3) == [-3, 0, 3]


@pytest.mark.parametrize("per_side", [24, 2, 1, -1])
def test_a_grid_that_would_be_another_or_none_is_refused(per_side: int) -> None:
    with pytest.raises(BadValueError, match=f"grid is {per_side}; expected an odd number"):
        grid(3.0, per_side)


def test_each_run_has_the_rows_of_its_formula_or_rule() -> None:
    arms = [RUNS[arm] for arm in ("objective", "printed", "bprop", "sg")]
    found = {row[:4]: row[4] for row in work(Given(arms), Context()).rows}
    assert found[0, "loss", 0, "3;0"] == found[1, "loss", 0, "0;3"] == 18
    assert found[0, "loss", 0, "0;3"] == found[1, "loss", 0, "3;0"] == 12
    assert found[2, "update", 0, "1;0"] == 6 and found[3, "update", 0, "1;0"] == 0
    assert [found[2, "output_gradient", 0, x] for x in ("-2", "-1", "1", "2")] == [-1, -1, 1, 1]
    assert all(found[3, "output_gradient", 0, x] == 0 for x in ("-2", "-1", "1", "2"))
    travels = {(r, at): v for (r, metric, _, at), v in found.items() if metric == "travel"}
    assert {r for r, _ in travels} == {2, 3} and travels[2, "2;1"] > 1 > travels[3, "2;1"] == 0


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sg'"):
        work(Given([replace(RUNS["sg"], setting={"rule": "sgg"})]), Context())
