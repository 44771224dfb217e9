"""A record grows run by run: some arms or seeds now, others later, as the time allows."""

import time
from dataclasses import replace

import pytest
from filelock import FileLock
from running import jobs, kept, steps, trained
from tiny_exhibit import EXHIBIT

from repro.claim import Claim, Outcome
from repro.errors import BadValueError, OutOfTimeError, RecordError
from repro.record.audit import problems, refuse_for_results
from repro.record.record import Record
from repro.runner import cache
from repro.runner.carry import attempt
from repro.runner.run import Options, run_exhibit, to_do

ARMS = ("arm-4", "arm-3", "arm-2", "arm-1")


def better(fast, slow):
    def test(view):
        fast_, slow_ = view.mean(fast, "height"), view.mean(slow, "height")
        return Outcome(fast_ > slow_, f"{fast_:.2f} against {slow_:.2f}")

    return Claim(f"{fast}>{slow}", "It is faster.", "Table 0", "0.4", "any", test, ("quick", "cpu", "paper"))


def every(view):
    run = view.those_run(ARMS, "height")
    return Outcome(len(run) == 4, "")


GROWING = replace(
    EXHIBIT,
    claims=(
        better("arm-4", "arm-3"),
        better("arm-4", "arm-1"),
        Claim("every", "All of them.", "Table 0", "4", "any", every),
    ),
)


def verdicts(record):
    return {claim: v["verdict"] for claim, v in record.facts["verdicts"].items()}


def test_of_a_metric_at_the_end_a_record_has_the_last_value(places):
    whole = run_exhibit(EXHIBIT, "cpu", Options(arms=("arm-4",)))
    ends = replace(EXHIBIT, metrics=tuple(replace(m, at_end=True) for m in EXHIBIT.metrics))
    short = run_exhibit(ends, "cpu", Options(arms=("arm-4",)))
    assert {r[3] for r in whole.rows} == {30, 60} and len(short.rows) == 3
    assert [r for r in whole.rows if r[3] == 60] == list(short.rows)


def test_claims_are_judged_exactly_where_their_runs_are_complete(places):
    first = run_exhibit(GROWING, "cpu", Options(arms=("arm-4", "arm-3")))
    assert trained(places) == {f"{a}/{s}" for a in ARMS[:2] for s in (0, 1, 2)}
    assert verdicts(first) == {"arm-4>arm-3": "reproduced", "arm-4>arm-1": "open", "every": "open"}
    assert {m["run"] for m in first.facts["missing"]} == {f"{a}/{s}" for a in ARMS[2:] for s in (0, 1, 2)}
    assert {m["why"] for m in first.facts["missing"]} == {"not run yet"}
    assert first.facts["custom"] == [], "it is the profile's record, unfinished"
    second = run_exhibit(GROWING, "cpu", Options(arms=("arm-1",), seeds=(0, 1)))
    assert verdicts(second)["arm-4>arm-1"] == "open"
    reasons = {j.claim.id: j.reason for j in second.judgements(GROWING)}
    assert reasons["arm-4>arm-1"] == "not in this record: height of arm arm-1 with seed 2, not run yet"
    third = run_exhibit(GROWING, "cpu", Options(seeds=(2,)))
    assert verdicts(third) == {"arm-4>arm-3": "reproduced", "arm-4>arm-1": "reproduced", "every": "open"}
    last = run_exhibit(GROWING, "cpu")
    assert set(verdicts(last).values()) == {"reproduced"} and not last.facts["missing"]
    assert len(steps(places / "steps.log")) == 12 * 60, "no step was taken twice"
    undisturbed = run_exhibit(GROWING, "cpu", Options(runs_dir=str(places / "whole")))
    assert last.sha256() == undisturbed.sha256()


def test_a_failed_run_opens_only_the_claims_that_need_it(places):
    lost = run_exhibit(GROWING, "quick", Options(changes={"fail": "arm-1/1"}))
    seen = {j.claim.id: j.reason for j in lost.judgements(replace(GROWING))}
    assert "parameters were changed" in seen["arm-4>arm-3"], "a changed parameter opens all of them"
    assert "arm arm-1 with seed 1, not run yet" in seen["arm-4>arm-1"]


@pytest.mark.parametrize("profile", ["paper", "cpu", "quick"])
def test_a_record_is_committed_while_it_lacks_runs_where_records_grow(places, profile):
    record = run_exhibit(GROWING, profile, Options(arms=("arm-4",)))
    clean = Record({**record.facts, "code": {**record.facts["code"], "dirty": False}}, record.rows)
    assert problems(GROWING, clean) == []
    if profile != "quick":
        refuse_for_results(GROWING, clean)
    else:
        with pytest.raises(RecordError, match=r"lacks 6 runs \(arm-3/0, arm-3/1, arm-2/0\)"):
            refuse_for_results(GROWING, clean)


def test_seeds_of_ones_own_make_a_record_of_their_own(places):
    own = run_exhibit(EXHIBIT, "quick", Options(seeds=(0, 7)))
    assert own.facts["custom"] == ["seeds"] and not own.facts["missing"]
    assert {r[1] for r in own.rows} == {0, 7}
    assert verdicts(own) == {"faster": "open"}
    (places / "steps.log").unlink()
    run_exhibit(EXHIBIT, "quick")
    assert trained(places) == {f"{a}/1" for a in ARMS}, "a seed that both have is trained once"


def test_what_was_changed_is_another_record(places):
    run_exhibit(EXHIBIT, "quick")
    record = run_exhibit(EXHIBIT, "quick", Options(changes={"rate": 0.02}))
    assert record.facts["custom"] == ["rate"] and len(kept(places)) == 16


def test_the_budget_ends_cleanly_and_the_next_call_goes_on(places):
    two = replace(EXHIBIT, arms=EXHIBIT.arms[:2], claims=())
    slow = {"steps": 1000, "pause": 0.001}
    run_exhibit(two, "smoke", Options(changes=slow, arms=("arm-4",)))
    began = time.monotonic()
    first = run_exhibit(two, "smoke", Options(changes=slow, budget_s=0.6))
    assert time.monotonic() - began < 20
    (lost,) = first.facts["missing"]
    assert lost["run"] == "arm-3/0" and {r[0] for r in first.rows} == {"arm-4"}
    assert "meprop/tiny arm-3/0: the time is up after" in lost["why"] and "of 1000 steps" in lost["why"]
    assert "arm-3/0" in trained(places)
    second = run_exhibit(two, "smoke", Options(changes=slow))
    assert not second.facts["missing"]
    assert len(steps(places / "steps.log")) == 2 * 1000, "no step was taken twice"
    undisturbed = run_exhibit(two, "smoke", Options(changes={**slow}, runs_dir=str(places / "whole")))
    assert second.sha256() == undisturbed.sha256()


def test_no_run_in_time_is_an_error_of_its_own(places):
    slow = Options(changes={"steps": 200, "pause": 0.01}, budget_s=0.2)
    with pytest.raises(
        OutOfTimeError, match=r"nothing of meprop/tiny at smoke is finished: .*the time is up"
    ):
        run_exhibit(EXHIBIT, "smoke", slow)
    assert OutOfTimeError.exit_code == 1


def test_nothing_is_tried_again_when_the_time_is_up(places):
    slow = Options(changes={"steps": 200, "pause": 0.01}, budget_s=0.2, retries=5)
    began = time.monotonic()
    with pytest.raises(OutOfTimeError):
        run_exhibit(EXHIBIT, "smoke", slow)
    assert time.monotonic() - began < 10


def test_the_budget_is_that_of_all_exhibits_together(places):
    options = Options(budget_s=0.01)
    time.sleep(0.02)
    for _ in range(2):
        with pytest.raises(OutOfTimeError, match="before it began"):
            run_exhibit(EXHIBIT, "smoke", options)
    assert not (places / "steps.log").exists()


def test_what_is_kept_is_given_though_the_time_is_up(places):
    whole = run_exhibit(EXHIBIT, "smoke")
    late = Options(budget_s=0.01)
    time.sleep(0.02)
    assert run_exhibit(EXHIBIT, "smoke", late).sha256() == whole.sha256()


def test_the_budget_ends_the_waiting_for_another_runner(places):
    (job, *_) = jobs(places)
    (key,) = [r["key"] for r in attempt(job)["results"].values()]
    (result,) = kept(places)
    result.unlink()
    with FileLock(cache.folder_of(places / "runs", key) / "lock"):
        outcome = attempt(replace(job, deadline=time.time() + 0.2))
    assert outcome["late"] and "while another runner was at it" in outcome["failure"]


@pytest.mark.parametrize("budget", [0, -1])
def test_no_time_at_all_is_no_budget(budget):
    with pytest.raises(BadValueError, match="expected more than 0"):
        Options(budget_s=budget)


def test_what_is_still_to_do_can_be_asked(places):
    assert [g.name for g in to_do(EXHIBIT, "quick", Options(arms=("arm-4",)))] == ["arm-4/0", "arm-4/1"]
    run_exhibit(EXHIBIT, "quick", Options(seeds=(1,)))
    assert [g.name for g in to_do(EXHIBIT, "quick", Options(arms=("arm-4",)))] == ["arm-4/0"]
    assert len(to_do(EXHIBIT, "quick", Options())) == 4
