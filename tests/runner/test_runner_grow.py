"""A record that takes the runs of the committed one along: what is said of them, and when they are left there."""

import json
from dataclasses import replace

import pytest
from test_runner_grows import ARMS, GROWING
from tiny_exhibit import TWO_SETS

from repro.record.audit import problems
from repro.record.parts import machine_by_run, machines, notes, told_by_arm
from repro.record.record import Record
from repro.runner.grow import conflict, grown, lacked, takeable
from repro.runner.registered import NOT_PLANNED, registered
from repro.runner.run import Options, run_exhibit

RUNS = {a: [f"{a}/{s}" for s in (0, 1, 2)] for a in ARMS}


def alone(exhibit, profile, arm, places):
    """The record of who has trained this arm and no other."""
    return run_exhibit(exhibit, profile, Options(arms=(arm,), runs_dir=str(places / arm)))


@pytest.fixture
def two(places):
    """What is committed, and what somebody adds."""
    return [alone(GROWING, "cpu", a, places) for a in ("arm-4", "arm-3")]


def with_facts(record, **facts):
    return Record({**record.facts, **facts}, record.rows)


def test_one_that_takes_the_other_along_is_the_record_of_both(two, places):
    there, mine = two
    both = grown(GROWING, mine, there, takeable(GROWING, mine, there))
    at_once = run_exhibit(GROWING, "cpu", Options(arms=("arm-4", "arm-3"), runs_dir=str(places / "both")))
    judged = with_facts(both, verdicts=at_once.facts["verdicts"])
    assert judged.rows == at_once.rows and judged.sha256() == at_once.sha256()
    assert both.facts["environment"] == at_once.facts["environment"]
    assert both.facts["code"]["earlier"][0]["runs"] == RUNS["arm-4"]


def test_that_results_were_adopted_is_still_said(two):
    there, mine = two
    adopted = {"adopted": ["a" * 64], "sha256": ["b" * 64]}
    there = with_facts(there, code={**there.facts["code"], **adopted})
    (earlier,) = grown(GROWING, mine, there, takeable(GROWING, mine, there)).facts["code"]["earlier"]
    assert {k: earlier[k] for k in adopted} == adopted


def test_each_machine_keeps_its_runs(two):
    there, mine = two
    there = with_facts(there, environment=[{**there.facts["environment"][0], "device": "another"}])
    both = grown(GROWING, mine, there, takeable(GROWING, mine, there)).facts
    assert [(m["device"] == "another", m["runs"]) for m in both["environment"]] == [
        (True, RUNS["arm-4"]),
        (False, RUNS["arm-3"]),
    ]


@pytest.mark.parametrize("changed", ["arm-4>arm-3", "arm-4>arm-1", "every"])
def test_a_claim_that_was_not_so_when_the_runs_were_planned_stays_marked(two, changed):
    there, mine = two
    today = registered(GROWING)
    there = with_facts(there, claims={**today, changed: "f" * 64})
    both = grown(GROWING, mine, there, takeable(GROWING, mine, there)).facts["claims"]
    assert both == {**today, changed: "f" * 64}


def test_a_claim_that_was_not_there_when_the_runs_were_planned_is_marked(two):
    there, mine = two
    there = with_facts(there, claims={})
    both = grown(GROWING, mine, there, takeable(GROWING, mine, there)).facts["claims"]
    assert set(both.values()) == {NOT_PLANNED} and both.keys() == registered(GROWING).keys()


def test_a_claim_that_reads_none_of_the_runs_taken_along_gets_no_mark_from_them(two, places):
    today, there = registered(GROWING), two[1]
    mine = run_exhibit(GROWING, "cpu", Options(arms=("arm-4", "arm-1"), runs_dir=str(places / "others")))
    there = with_facts(there, claims={i: "f" * 64 for i in today})
    both = grown(GROWING, mine, there, takeable(GROWING, mine, there)).facts["claims"]
    assert both == {**today, "arm-4>arm-3": "f" * 64, "every": "f" * 64}


def test_what_differs_is_left_where_it_is(two):
    there, mine = two
    assert takeable(GROWING, mine, there) == RUNS["arm-4"]
    assert takeable(
        GROWING, mine, with_facts(there, missing=[*there.facts["missing"], {"run": "arm-4/1"}])
    ) == [
        "arm-4/0",
        "arm-4/2",
    ]
    spec = {**there.facts["spec"], "params": {**there.facts["spec"]["params"], "rate": 0.5}}
    assert takeable(GROWING, mine, with_facts(there, spec=spec)) == []
    assert takeable(GROWING, there, there) == []
    older = replace(GROWING, arms=GROWING.arms[1:], claims=())
    assert takeable(older, mine, there) == [], "neither is of today's plan: refused, not put together"


@pytest.mark.parametrize("arms", [("arm-2", "arm-3"), ("arm-3", "arm-2")])
def test_of_several_data_sets_too_it_is_the_record_of_both_whichever_was_first(places, arms):
    there, mine = (alone(TWO_SETS, "quick", a, places) for a in arms)
    mine = with_facts(
        mine, **json.loads(json.dumps(mine.facts, sort_keys=True))
    )  # as it is read from its file
    both = grown(TWO_SETS, mine, there, takeable(TWO_SETS, mine, there))
    at_once = run_exhibit(TWO_SETS, "quick", Options(arms=arms, runs_dir=str(places / "both")))
    assert [d["asked"] for d in both.facts["data"]["sets"]] == ["digits", "mnist"]
    assert with_facts(both, verdicts=at_once.facts["verdicts"]).sha256() == at_once.sha256()


def test_data_and_notes_of_what_is_left_behind_stay_there(places):
    """Of a plan with fewer arms."""
    there = run_exhibit(TWO_SETS, "quick", Options(arms=("arm-4", "arm-2"), runs_dir=str(places / "old")))
    there = with_facts(there, notes={"arms": {"arm-4": {"k": 4}, "arm-2": {"k": 2}}})
    fewer = replace(TWO_SETS, arms=TWO_SETS.arms[:2], claims=())
    mine = with_facts(alone(fewer, "quick", "arm-3", places), notes={"k": 3})
    both = grown(fewer, mine, there, takeable(fewer, mine, there))
    assert problems(fewer, both) == [] and both.facts["data"]["asked"] == "digits"
    assert both.facts["notes"] == {"arms": {"arm-4": {"k": 4}, "arm-3": {"k": 3}}}


def test_runs_of_other_data_are_left_where_they_are(places):
    there, mine = (alone(TWO_SETS, "quick", a, places) for a in ("arm-4", "arm-3"))
    data = there.facts["data"]
    for changed, why in (
        ({"note": "the same in other words"}, ""),
        (
            {"files": {"digits": "0" * 64}},
            f"its digits is {data['note']}, theirs {data['note']} (other checksums)",
        ),
        ({"name": "mnist", "note": "MNIST"}, f"its digits is {data['note']}, theirs MNIST"),
    ):
        other = with_facts(there, data={**data, **changed})
        assert conflict(mine, other) == why
        assert takeable(TWO_SETS, mine, other) == ([] if why else ["arm-4/0", "arm-4/1"])
        assert lacked(mine, other) == ["arm-4/0", "arm-4/1"]


def test_of_a_record_that_does_not_tell_the_time_of_each_run_a_share_is_taken(two, places):
    there, mine = two
    there = with_facts(there, timing={"wall_s": 30.0, "peak_memory_mb": 10**6}, carried={"schema": 1})
    both = grown(GROWING, mine, there, RUNS["arm-4"][:2]).facts
    assert both["timing"]["wall_s"] == pytest.approx(20.0 + mine.facts["timing"]["wall_s"], abs=0.1)
    assert both["timing"]["peak_memory_mb"] == 10**6 and both["carried"] == {"schema": 1}
    assert both["timing"]["runs"].keys() == {*RUNS["arm-3"]}
    third = alone(GROWING, "cpu", "arm-2", places)
    again = grown(GROWING, third, with_facts(mine, **both), [*RUNS["arm-4"][:2], *RUNS["arm-3"]]).facts
    assert again["timing"]["wall_s"] == pytest.approx(
        both["timing"]["wall_s"] + third.facts["timing"]["wall_s"], abs=0.2
    )


def test_machines_and_notes_come_apart_as_they_were_put_together():
    made = {"a/0": {"device": "x"}, "a/1": {"device": "y"}, "b/0": {"device": "x"}}
    assert machine_by_run(machines(made), made) == made
    one = {name: {"device": "x"} for name in made}
    assert machine_by_run(machines(one), one) == one and "runs" not in machines(one)[0]
    told = {"a": {"k": 3, "n": 10}, "b": {"k": 5, "n": 10}}
    assert told_by_arm(notes(told), told) == told
    assert notes({"a": {}, "b": {}}) == {}
