"""The cells of a table as claims read them, and what of a record's parameters is not the paper's."""

from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.record.cells import Cells, apart, level
from repro.record.judge import conditions
from repro.record.run import runs, spec_of
from repro.record.view import MissingData, View
from repro.spec import Arm, Override

ARMS = tuple(Arm(f"{rule}-{n}", "x", "y", {"rule": rule, "layers": n}) for rule in ("a", "b") for n in (3, 4))
ROWS = [
    (f"{rule}-{n}", seed, "error", step, "", base + n + seed + step / 10)
    for rule, base in (("a", 0), ("b", 10))
    for n in (3, 4)
    for seed in (0, 1)
    for step in (0, 50, 100)
]


def cells(rows=ROWS):
    return Cells(View(rows, ARMS), "error", "layers", {"a": {3: 13.0, 4: 15.0}})


def test_cells_are_found_by_rule_and_row():
    t = cells()
    assert t.arm("b", 4) == "b-4" and t.rows("a", (3, 4, 5)) == [3, 4]
    assert t.means("a", (3, 4)) == [13.5, 14.5] and t.told("a", "b", rows=(3,)) == "a 13.50; b 23.50"
    assert (t.gap("b", "a", 3).mean, t.gap("a", "a", 4, 3).mean) == (10.0, 1.0)
    with pytest.raises(MissingData, match="at least 3 of"):
        t.rows("a", (3, 4, 5), least=3)


def test_near_the_papers_numbers_by_points_or_share():
    assert cells().near("a", (3, 4), 0.5) and not cells().near("a", (3, 4), 0.4)
    assert cells().near("a", (3, 4), 0.0, share=0.04) and not cells().near("a", (3, 4), 0.0, share=0.03)


def test_a_stretch_of_training_by_seed():
    late = cells().stretch("a", 3, 0.4, 1.0)
    assert late == {0: 3 + (5 + 10) / 2, 1: 4 + (5 + 10) / 2}
    assert apart(cells().stretch("b", 3, 0.4, 1.0), late).mean == 10.0 and level([late]) == [11.0]
    assert apart({1: 5.0, 2: 7.0, 4: 9.0}, {0: 1.0, 1: 2.0, 2: 3.0}).mean == 3.5, (
        "of the seeds that both have"
    )
    assert cells().stretch("a", 3, 0.4, 0.6) == {0: 3 + 5, 1: 4 + 5}, "and not what comes later"


def test_conditions_are_the_parameters_that_are_not_the_papers():
    smoke, quick = (spec_of(runs(EXHIBIT, EXHIBIT.profile(p))) for p in ("smoke", "quick"))
    assert conditions(EXHIBIT, smoke) == "at steps 20 (the paper's: 60)"
    assert conditions(EXHIBIT, quick) == "" == conditions(EXHIBIT, None)


def test_an_arms_own_value_of_the_paper_is_no_condition_and_a_range_is_said():
    own = replace(EXHIBIT.arms[0], params={"steps": Override(50, "Table 1")})
    exhibit = replace(EXHIBIT, arms=(own, *EXHIBIT.arms[1:]))
    quick = exhibit.profile("quick")
    assert conditions(exhibit, spec_of(runs(exhibit, quick))) == ""
    varied = replace(
        quick, arm_overrides={"arm-3": {"steps": Override(5000, "x")}, "arm-2": {"steps": Override(9, "x")}}
    )
    assert (
        conditions(exhibit, spec_of(runs(exhibit, varied)))
        == "at steps 9 to 5,000 in some arms (the paper's: 60)"
    )
    asked = "at steps 9 to 5,000 in some arms (the paper's: 50 to 60)"
    first = {**varied.arm_overrides, own.id: {"steps": Override(9, "x")}}
    assert conditions(exhibit, spec_of(runs(exhibit, replace(quick, arm_overrides=first)))) == asked
    guessed = replace(quick, overrides={"pause": Override(0.5, "x")})
    assert conditions(exhibit, spec_of(runs(exhibit, guessed))) == "at pause 0.5 (in full: none)"


def test_a_0_that_is_no_amount_is_said_in_words():
    quick = EXHIBIT.profile("quick")
    varied = {"arm-3": {"pause": Override(0.5, "x")}, "arm-2": {"pause": Override(0.25, "x")}}
    some = replace(quick, arm_overrides=varied)
    assert (
        conditions(EXHIBIT, spec_of(runs(EXHIBIT, some)))
        == "at pause 0.25 to 0.5 in some arms (in full: none)"
    )
    own = {"pause": Override(1.0, "Table 1")}
    turned = replace(EXHIBIT, arms=tuple(replace(a, params=own) for a in EXHIBIT.arms))
    off = replace(quick, arm_overrides={"arm-3": {"pause": Override(0.0, "x")}, **{"arm-2": varied["arm-2"]}})
    assert (
        conditions(turned, spec_of(runs(turned, off))) == "at pause 0.25 or none in some arms (in full: 1.0)"
    )
