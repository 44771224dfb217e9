"""Judging: what a view shows, when a verdict stays open, and that a vacuous claim is found out."""

import math
from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.claim import Outcome
from repro.record.judge import judge, said, summary
from repro.record.nulls import vacuous
from repro.record.view import MissingData, View

ROWS = [
    ("a", 1, "error", 10, "", 5.0),
    ("a", 0, "error", 10, "", 4.0),
    ("a", 0, "error", 20, "", 2.0),
    ("a", 1, "error", 20, "", 3.0),
    ("b", 0, "time", 0, "k=5", 1.5),
    ("b", 1, "time", 0, "k=5", 2.5),
    ("b", 0, "time", 0, "k=9", 4.0),
]
GOOD = [(f"arm-{n}", s, "height", 60, "", n / 10 + s / 1000) for n in (4, 3, 2, 1) for s in (0, 1)]
FACTS = {"profile": "quick", "data": None, "missing": [], "custom": []}
STAND_IN = {"stand_in": True, "note": "stand-in: digits", "asked": "mnist", "name": "digits"}


def test_a_view_by_arm_metric_step_and_index():
    view = View(ROWS)
    assert view.arms() == ["a", "b"]
    assert view.final("a", "error") == [2.0, 3.0] and view.mean("a", "error") == 2.5
    assert view.curve("a", "error") == {10: [5.0, 4.0], 20: [2.0, 3.0]}
    assert view.by_index("b", "time") == {"k=5": [1.5, 2.5], "k=9": [4.0]}
    assert view.has("b", "time") and not view.has("b", "error")
    with pytest.raises(MissingData, match="error of arm b"):
        view.final("b", "error")


def test_final_values_pair_by_seed_whatever_the_order_of_rows():
    time = [("a", 1, "time", 5, "", 7.0), ("a", 0, "time", 30, "k", 8.0), ("a", 0, "time", 5, "", 9.0)]
    view = View(ROWS + time)
    assert view.by_seed("a", "error") == {0: 2.0, 1: 3.0}
    assert view.by_seed("a", "time") == {0: 8.0, 1: 7.0} and view.final("a", "time") == [8.0, 7.0]
    assert list(view.by_seed("a", "time")) == [0, 1]
    with pytest.raises(MissingData, match="error of arm b"):
        view.by_seed("b", "error")


def test_no_final_value_is_picked_out_of_several():
    for read in (View(ROWS).final, View(ROWS).mean, View(ROWS).by_seed):
        with pytest.raises(ValueError, match="time of arm b has several values at a seed's last step"):
            read("b", "time")
    assert View(ROWS).final("a", "error") == [2.0, 3.0]
    earlier = [("c", 0, "time", 1, "k=5", 1.0), ("c", 0, "time", 1, "k=9", 2.0), ("c", 0, "time", 2, "", 3.0)]
    assert View(earlier).final("c", "time") == [3.0]


def only(facts, rows=GOOD, **claim):
    exhibit = type(EXHIBIT)(**{**vars(EXHIBIT), "claims": (replace(EXHIBIT.claims[0], **claim),)})
    (judgement,) = judge(exhibit, {**FACTS, **facts}, rows)
    return judgement


def test_a_claim_that_holds_and_one_that_does_not():
    assert only({}).verdict == "reproduced"
    upside_down = [(f"arm-{5 - int(r[0][-1])}", *r[1:]) for r in GOOD]
    assert only({}, upside_down).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("profiles", "reason"),
    [(("cpu",), "not assessable at quick: needs cpu; too short"), ((), "not assessable at quick: too short")],
)
def test_where_a_claim_is_not_judged_it_says_why(profiles, reason):
    (claim,) = EXHIBIT.claims
    shy = replace(EXHIBIT, claims=(replace(claim, profiles=profiles, elsewhere="too short"),))
    (judgement,) = judge(shy, FACTS, GOOD)
    assert judgement.verdict == "open" and judgement.reason == reason
    assert vacuous(shy, GOOD) == {}


@pytest.mark.parametrize(
    ("facts", "rows", "reason"),
    [
        ({"profile": "smoke"}, GOOD, "not assessable at smoke: needs quick or cpu or paper"),
        ({"data": STAND_IN}, GOOD, "stand-in: digits"),
        ({"spec": {"arms": {"arm-4": {"seeds": [0, 1, 2]}}}}, GOOD, "arm arm-4 with seed 2, not run yet"),
        ({"custom": ["steps", "seeds"]}, GOOD, "parameters were changed: steps, seeds"),
        ({}, [(*GOOD[0][:5], math.nan), *GOOD[1:]], "not finite: height of arm arm-4"),
        ({}, GOOD[2:], "not in this record: an arm with factor = 4"),
    ],
)
def test_a_verdict_stays_open_for_a_reason(facts, rows, reason):
    judgement = only(facts, rows)
    assert judgement.verdict == "open" and reason in judgement.reason


def test_a_test_that_fails_leaves_its_claim_open():
    judgement = only({}, test=lambda view: Outcome(1 / 0 > 0, ""))
    assert judgement.verdict == "open" and judgement.ours == "–"
    assert judgement.reason == "its test failed: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"profile": "smoke"}, "not assessable at smoke: needs quick or cpu or paper"),
        ({"custom": ["steps"]}, "parameters were changed: steps"),
    ],
)
def test_where_nothing_can_be_decided_that_is_why_and_not_what_a_short_record_lacks(facts, reason):
    """The last value of a list that is empty, of a step that a short run does not have."""
    judgement = only(facts, test=lambda view: Outcome(max([]) > 0, ""))
    assert (judgement.verdict, judgement.ours, judgement.reason) == ("open", "–", reason)


def test_every_arm_means_every_arm_that_the_profile_runs():
    arms = ("arm-4", "arm-9", "arm-2")
    assert View(GOOD).those_run(arms, "height") == ["arm-4", "arm-2"]
    assert View(GOOD, (), {("arm-4", 0), ("arm-4", 1)}).those_run(arms, "height") == ["arm-4"]
    assert View(GOOD).those_run(("arm-9",), "height", 0) == []
    with pytest.raises(MissingData, match="height of arm arm-9"):
        View(GOOD, (), {("arm-4", 0), ("arm-9", 0)}).those_run(arms, "height")
    with pytest.raises(MissingData, match="height of at least 3 of arm-4, arm-9, arm-2"):
        View(GOOD).those_run(arms, "height", 3)


def test_a_record_knows_which_arms_it_was_to_have():
    def every(view):
        arms = view.those_run([f"arm-{n}" for n in range(1, 5)], "height")
        return Outcome(all(view.mean(a, "height") > 0.15 for a in arms), str(len(arms)))

    spec = {"arms": {r[0]: {"seeds": [0, 1]} for r in GOOD}}
    without = [r for r in GOOD if r[0] != "arm-1"]  # the one at which the claim fails
    assert only({"spec": spec}, test=every).verdict == "not reproduced"
    assert only({"spec": spec}, without, test=every).reason == "not in this record: height of arm arm-1"
    one_seed = [r for r in GOOD if r[:2] != ("arm-1", 1)]
    lost = only({"spec": spec}, one_seed, test=every).reason
    assert lost == "not in this record: height of arm arm-1 with seed 1, not run yet"
    assert only({}, without, test=every).verdict == "reproduced", "what was planned is not known"


def test_values_that_are_not_finite_open_only_the_claims_that_read_them():
    early = [(*r[:3], 30, "", math.inf) for r in GOOD]
    other = [("arm-9", 0, "height", 60, "", math.nan), ("arm-4", 0, "speed", 60, "", math.nan)]
    assert only({}, GOOD + early + other).verdict == "reproduced"

    def curve(view):
        return Outcome(min(v for values in view.curve("arm-4", "height").values() for v in values) > 0, "")

    assert only({}, GOOD + other, test=curve).verdict == "reproduced"
    judgement = only({}, GOOD + early, test=curve)
    assert judgement.verdict == "open"
    assert judgement.reason == "values that are not finite: height of arm arm-4"


def test_what_one_claim_reads_opens_no_other():
    """They read the same view, one after the other."""
    claim, rows = EXHIBIT.claims[0], [*GOOD, ("arm-9", 0, "height", 60, "", math.nan)]
    odd = replace(claim, id="odd", test=lambda view: Outcome(view.mean("arm-9", "height") > 0, ""))
    judged = judge(replace(EXHIBIT, claims=(odd, claim, odd)), FACTS, rows)
    assert [j.verdict for j in judged] == ["open", "reproduced", "open"]


def test_a_test_that_fails_on_values_that_are_not_finite_names_them():
    rows = [("arm-4", s, "height", 60, "", value) for s, value in ((0, math.inf), (1, -math.inf))]
    judgement = only({}, rows, test=lambda view: Outcome(view.mean("arm-4", "height") > 0, ""))
    assert judgement.reason == "values that are not finite: height of arm arm-4"


def test_a_claim_that_needs_no_particular_data_is_judged_on_a_stand_in():
    assert only({"data": STAND_IN}, stand_in_ok=True).verdict == "reproduced"


def test_a_summary_counts():
    assert summary([only({}), only({}, GOOD[2:])]) == "1 of 2 reproduced, 1 open"
    assert summary([]) == "0 of 0 reproduced"


def test_findings_are_counted_where_there_is_nothing_else():
    ours = [only({}), only({}), only({}, GOOD[2:])]
    ours = [replace(j, claim=replace(j.claim, finding=True)) for j in ours]
    assert summary(ours) == "3 findings of ours: 2 hold, 1 open"
    assert summary([only({}), *ours]) == "1 of 1 reproduced"
    failed = replace(ours[0], verdict="not reproduced")
    assert [said(j) for j in (ours[0], failed, only({}))] == ["holds", "does not hold", "reproduced"]


@pytest.mark.parametrize(
    ("outcome", "verdict", "reason"),
    [
        (Outcome(True, "", size=False), "direction only", "in this order"),
        (
            Outcome(True, "", size=None),
            "direction only",
            "in this order; the seeds that there are do not decide the size",
        ),
        (Outcome(False, "", size=True), "not reproduced", "in this order"),
        (Outcome(None, ""), "open", "the seeds that there are do not decide it"),
        (Outcome(True, "", gate="the baseline has not learned"), "open", "the baseline has not learned"),
    ],
)
def test_a_verdict_has_a_gate_a_direction_and_a_size(outcome, verdict, reason):
    judgement = only({}, test=lambda view: outcome)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


@pytest.mark.parametrize(("holds", "here"), [(True, "holds here"), (False, "does not hold here"), (None, "")])
def test_on_other_data_a_claim_is_open_with_an_indication(holds, here):
    judgement = only({"data": STAND_IN}, test=lambda view: Outcome(holds, "1"))
    assert (judgement.verdict, judgement.here) == ("open", here)
