"""A view finds arms by their setting, pairs by seed, and gives out no arm of which runs are missing."""

import math

import pytest
from record_fakes import without
from tiny_exhibit import EXHIBIT

from repro.record.view import MissingData, View
from repro.spec import Arm

ARMS = (
    Arm("bprop-2", "", "", {"rule": "bprop", "layers": 2}),
    Arm("bprop-4", "", "", {"rule": "bprop", "layers": 4}),
    Arm("dni-2", "", "", {"rule": "dni", "layers": 2}),
    Arm("dni-4", "", "", {"rule": "dni", "layers": 4, "cond": True}),
)
ROWS = [
    (arm.id, seed, "error", step, "", 10.0 * i + seed + (0.5 if step == 50 else 0.0))
    for i, arm in enumerate(ARMS)
    for seed in (2, 0, 1)
    for step in (50, 100)
]
HEAT = [
    ("dni-2", seed, "norm", step, f"{row};{column}", float(100 * seed + step + 10 * row + column))
    for seed in (0, 1)
    for step in (50, 100)
    for row in (0, 1)
    for column in (0, 1, 2)
]
ALL = {(arm.id, seed) for arm in ARMS for seed in (0, 1, 2)}
VIEW = View(ROWS + HEAT, ARMS, ALL)
HEATED = View(ROWS + HEAT, ARMS)
"""Where nobody says which runs were to be: the norm is that of two seeds."""


def test_arms_are_found_by_their_setting():
    assert VIEW.where(rule="dni") == ["dni-2", "dni-4"]
    assert VIEW.where(layers=4) == ["bprop-4", "dni-4"] and VIEW.where() == [a.id for a in ARMS]
    assert VIEW.where(cond=None) == ["bprop-2", "bprop-4", "dni-2"], "None: the setting is left out"
    assert VIEW.where(rule="cdni") == []
    assert VIEW.arm(rule="dni", layers=2) == "dni-2"


@pytest.mark.parametrize("seed", [None, 1])
def test_a_view_without_is_the_view_of_the_rows_left(seed):
    """What tests of lost arms and runs read instead of a view made anew each time."""
    left = [r for r in ROWS + HEAT if r[0] != "dni-2" or seed not in (None, r[1])]
    assert without(VIEW, "dni-2", seed).__dict__ == View(left, ARMS, ALL).__dict__
    assert len(left) < len(ROWS + HEAT) and has_all(VIEW)


def has_all(view):
    return sum(map(len, view._by.values())) == len(ROWS + HEAT)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"rule": "cdni"}, "an arm with rule = cdni"),
        ({"rule": "dni"}, "one arm with rule = dni, but dni-2, dni-4"),
    ],
)
def test_one_arm_is_one_arm(setting, words):
    with pytest.raises(MissingData, match=words):
        VIEW.arm(**setting)


def test_where_means_what_the_record_was_to_have():
    """Not what it happens to hold: else a claim about all arms would be about those that have run."""
    some = [r for r in ROWS if r[0] != "dni-4"]
    assert View(some, ARMS, ALL).where(rule="dni") == ["dni-2", "dni-4"]
    assert View(some, ARMS).where(rule="dni") == ["dni-2"], "where that is not known"
    planned = {(a, s) for a, s in ALL if a != "dni-4"}
    assert View(some, ARMS, planned).where(rule="dni") == ["dni-2"]


def test_rows_are_selected_by_step_seed_and_index():
    assert len(HEATED.select("dni-2", "norm")) == 24
    assert [r[5] for r in HEATED.select("dni-2", "norm", step=50, seed=1, index="1;2")] == [162.0]
    assert {r[3] for r in HEATED.select("dni-2", "norm", step=100)} == {100}
    with pytest.raises(MissingData, match="norm of arm dni-2 at step 75, seed 1"):
        HEATED.select("dni-2", "norm", step=75, seed=1)


def test_the_last_value_of_each_seed_in_order_of_seeds():
    assert VIEW.by_seed("bprop-4", "error") == {0: 10.0, 1: 11.0, 2: 12.0}
    assert list(VIEW.by_seed("bprop-4", "error")) == [0, 1, 2]
    assert HEATED.by_seed("dni-2", "norm", index="0;1") == {0: 101.0, 1: 201.0}
    with pytest.raises(ValueError, match="several values at a seed's last step: name an index"):
        HEATED.by_seed("dni-2", "norm")
    with pytest.raises(MissingData, match="norm of arm dni-2 at index 9;9"):
        HEATED.by_seed("dni-2", "norm", index="9;9")


def test_differences_are_of_the_same_seed():
    assert VIEW.paired("dni-2", "bprop-2", "error") == [20.0, 20.0, 20.0]
    more = [*ROWS, ("bprop-2", 9, "error", 100, "", 1e6)]
    assert View(more, ARMS).paired("dni-2", "bprop-2", "error") == [20.0] * 3, "what one has alone is no pair"
    fewer = View([r for r in more if r[:2] != ("dni-2", 0)], ARMS)
    assert fewer.paired("dni-2", "bprop-2", "error") == [20.0] * 2, "nor are two first ones"
    apart = [(*r[:1], r[1] + 10, *r[2:]) if r[0] == "dni-2" else r for r in ROWS]
    with pytest.raises(MissingData, match="error of arms dni-2 and bprop-2 with the same seed"):
        View(apart, ARMS).paired("dni-2", "bprop-2", "error")


def test_a_matrix_averages_what_is_not_fixed():
    assert HEATED.matrix("dni-2", "norm", step=50, seed=1)["1", "2"] == 162.0
    assert HEATED.matrix("dni-2", "norm", step=50)["1", "2"] == (62 + 162) / 2
    assert HEATED.matrix("dni-2", "norm").keys() == {(str(r), str(c)) for r in (0, 1) for c in (0, 1, 2)}


def test_curves_may_be_those_of_one_index():
    assert HEATED.curve("dni-2", "norm", index="0;0") == {50: [50.0, 150.0], 100: [100.0, 200.0]}
    assert HEATED.by_index("dni-2", "norm", step=100, seed=0)["0;2"] == [102.0]


@pytest.mark.parametrize(
    "read",
    [
        lambda v: v.select("dni-4", "error"),
        lambda v: v.by_seed("dni-4", "error"),
        lambda v: v.final("dni-4", "error"),
        lambda v: v.mean("dni-4", "error"),
        lambda v: v.curve("dni-4", "error"),
        lambda v: v.by_index("dni-4", "error"),
        lambda v: v.matrix("dni-4", "error"),
        lambda v: v.paired("dni-4", "bprop-4", "error"),
        lambda v: v.paired("bprop-4", "dni-4", "error"),
        lambda v: v.those_run(["bprop-4", "dni-4"], "error"),
    ],
)
def test_an_arm_of_which_a_run_is_missing_is_not_given_out(read):
    lost = [r for r in ROWS if r[:2] not in {("dni-4", 1), ("dni-4", 2)}]
    view = View(lost, ARMS, ALL)
    with pytest.raises(MissingData, match="error of arm dni-4 with seed 1, 2, not run yet"):
        read(view)
    assert view.mean("bprop-4", "error") == 11.0
    read(View(ROWS, ARMS, ALL))


@pytest.mark.parametrize(
    "read", [lambda v: v.select("dni-4", "error"), lambda v: v.paired("bprop-4", "dni-4", "error")]
)
def test_values_that_are_not_finite_are_noted_when_they_are_given_out(read):
    rows = [(*r[:5], math.nan) if r[0] == "dni-4" else r for r in ROWS]
    view = View(rows, ARMS, ALL)
    view.mean("bprop-4", "error")
    assert not view.not_finite
    read(view)
    assert list(view.not_finite) == [("dni-4", "error")]


def test_a_records_view_knows_the_exhibits_arms(record):
    view = record.view(EXHIBIT)
    assert view.arm(factor=3) == "arm-3" and view.where(factor=9) == []


def test_an_arm_whose_runs_lack_the_metric_is_not_given_out():
    """A diverged run that has other rows must not drop out of a mean in silence."""
    lost = [r for r in ROWS if r[:2] != ("dni-2", 1)] + [("dni-2", 1, "loss", 100, "", 1.0)]
    with pytest.raises(MissingData, match="error of arm dni-2 with seed 1"):
        View(lost, ARMS, ALL).final("dni-2", "error")
