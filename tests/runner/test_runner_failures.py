"""A run that fails is named and retried if asked; the others go on, and the record says what is missing."""

import itertools
import json
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from running import jobs, trained
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError, RunError, UnknownNameError
from repro.exhibits import get
from repro.record.run import runs
from repro.runner import schedule
from repro.runner.carry import Job, attempt
from repro.runner.groups import Group
from repro.runner.run import Options, run_exhibit
from repro.spec import Override, Param

FAILING = {"steps": 20, "fail": "arm-3/0"}


def run(progress=None, executor=None, profile="smoke", **options):
    changes = {"steps": 20} | options.pop("changes", {})
    return run_exhibit(EXHIBIT, profile, Options(changes=changes, **options), progress, executor)


def test_one_failure_is_named_and_the_others_go_on(places):
    record = run(changes=FAILING)
    (lost,) = record.facts["missing"]
    assert lost["run"] == "arm-3/0"
    assert lost["why"] == "meprop/tiny arm-3/0 failed: ValueError: the tiny work was told to fail"
    assert {r[0] for r in record.rows} == {"arm-4", "arm-2", "arm-1"}
    assert record.facts["verdicts"]["faster"]["verdict"] == "open"


def test_the_traceback_is_kept_until_the_run_succeeds(places, caplog):
    run(changes={**FAILING, "how": "once"})
    (text,) = [p.read_text() for p in places.rglob("failure.txt")]
    assert "in _fail" in text and "failure.txt" in caplog.text
    run(changes={**FAILING, "how": "once"})
    assert not list(places.rglob("failure.txt"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_retry_helps_what_fails_once(places, workers):
    changes = {**FAILING, "how": "once"}
    record = run(changes=changes, retries=1, workers=workers)
    assert record.facts["missing"] == []
    assert len(record.rows) == 8


def test_retries_end(places):
    record = run(changes=FAILING, retries=2)
    assert len(record.facts["missing"]) == 1
    tried = (places / "steps.log").read_text().count("arm-3/0 10 ")
    assert tried == 3


def test_nothing_left_is_an_error_that_names_every_run(places):
    one = type(EXHIBIT)(**{**vars(EXHIBIT), "arms": (EXHIBIT.arm("arm-3"),)})
    with pytest.raises(
        RunError, match=r"nothing of meprop/tiny at smoke is finished: meprop/tiny arm-3/0 failed"
    ):
        run_exhibit(one, "smoke", Options(changes={"fail": "arm-3/0"}))


@pytest.mark.slow
def test_a_worker_that_dies_costs_only_its_own_run(places):
    record = run(changes={**FAILING, "how": "die"}, workers=2)
    assert record.facts["missing"] == [
        {"run": "arm-3/0", "why": "meprop/tiny arm-3/0 failed: its worker process died"}
    ]
    assert len(record.rows) == 6


class _Untrustworthy(ThreadPoolExecutor):
    """Loses the second job, as a cluster may lose a node."""

    count = 0

    def submit(self, fn, /, *args, **kwargs):
        self.count += 1
        if self.count == 2:
            lost = Future()
            lost.set_exception(OSError("node gone"))
            return lost
        return super().submit(fn, *args, **kwargs)


def test_what_an_executor_loses_is_named_and_retried_there(places):
    with _Untrustworthy(2) as executor:
        record = run(executor=executor, retries=1)
    assert record.facts["missing"] == [] and executor.count == 5


def test_failures_travel_as_plain_data(places):
    """UnknownNameError cannot be unpickled: raised in a worker, it would break the whole pool."""
    profile = replace(EXHIBIT.profile("smoke"), dataset="mnits")
    (job, *_) = jobs(places, replace(EXHIBIT, profiles=(profile,)))
    outcome = attempt(job)
    assert "did you mean 'mnist'" in json.loads(json.dumps(outcome))["failure"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seeds": (0, 0)}, "each of them once"),
        ({"seeds": ()}, "one or more"),
        ({"seeds": (-1,)}, "from 0 up"),
        ({"changes": {"stps": 3}}, "did you mean 'steps'"),
        ({"changes": {"steps": "many"}}, "expected a value like"),
        ({"device": "gpu"}, "expected one of auto, cpu, cuda"),
        ({"profile": "quik"}, "did you mean 'quick'"),
        ({"arms": ("arm-5",)}, "unknown arm of meprop/tiny at smoke 'arm-5': did you mean"),
        ({"budget_s": 0}, "budget is 0 s; expected more than 0"),
    ],
)
def test_wrong_options_are_refused_before_any_work(places, options, words):
    with pytest.raises((BadValueError, UnknownNameError), match=words):
        run(**options)
    assert not (places / "steps.log").exists()


@pytest.mark.parametrize("name", ["workers", "retries", "threads", "checkpoint_s"])
def test_options_have_a_lower_bound(name):
    with pytest.raises(BadValueError, match=f"{name} is -1"):
        Options(**{name: -1})


def test_runs_of_different_data_make_no_record(places, monkeypatch):
    """A mirror that answers some workers only must not mix published data and stand-in."""
    plain = attempt

    def odd(job, progress=None):
        outcome = plain(job, progress)
        data = {"stand_in": False, "asked": "mnist", "note": "", "files": {}}
        for name, result in outcome["results"].items():
            result["data"] = {**data, "name": "digits" if name == "arm-2/0" else "mnist"}
        return outcome

    monkeypatch.setattr(schedule, "attempt", odd)
    with pytest.raises(RunError, match=r"used different data \(mnist and digits\)"):
        run()


@pytest.mark.parametrize("workers", [1, 3])
def test_jobs_that_must_be_alone_overlap_no_other(places, monkeypatch, workers):
    """A timing beside training would be another number."""
    spans = {}

    def timed(job, progress=None):
        began = time.monotonic()
        time.sleep(0.05)
        spans[job.name] = (began, time.monotonic(), job.alone)
        return attempt(job, progress)

    monkeypatch.setattr(schedule, "attempt", timed)
    made = [replace(job, alone=i % 2 == 0) for i, job in enumerate(jobs(places, profile="quick"))]
    with ThreadPoolExecutor(workers) as executor:
        schedule.collect(made, executor=executor)
    assert len(spans) == 8
    overlapping = {
        (mine, other)
        for mine, (began, ended, alone) in spans.items()
        for other, (first, last, _) in spans.items()
        if alone and mine != other and first < ended and began < last
    }
    assert not overlapping
    crowd = [span for span in spans.values() if not span[2]]
    assert workers == 1 or any(a < d and c < b for (a, b, _), (c, d, _) in itertools.combinations(crowd, 2))


def test_timings_are_alone_and_training_is_not(places, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "repro.runner.run.collect", lambda jobs, *more: sent.extend(jobs) or schedule.Collected()
    )
    for alone in (True, False):
        with pytest.raises(RunError):
            run_exhibit(replace(EXHIBIT, alone=alone), "smoke")
    assert [job.alone for job in sent] == [True] * 4 + [False] * 4


def test_what_nobody_reads_is_refused_before_the_first_step(places):
    """By its work, not by a list that somebody keeps: the run would train as another and keep its name."""
    odd = tuple(replace(a, setting={**a.setting, "speed": 2}) if a.id == "arm-2" else a for a in EXHIBIT.arms)
    record = run_exhibit(replace(EXHIBIT, arms=odd), "smoke")
    (lost,) = record.facts["missing"]
    assert lost["run"] == "arm-2/0"
    assert (
        "arm-2/0 has the setting speed = 2, which its training does not read; it reads factor" in lost["why"]
    )
    assert trained(places) == {"arm-4/0", "arm-3/0", "arm-1/0"}
    more = replace(EXHIBIT, params=(*EXHIBIT.params, Param("momentum", 0.9, "Table 0")))
    with pytest.raises(
        RunError, match=r"has the parameter momentum = 0\.9, which its training does not read"
    ):
        run_exhibit(more, "smoke")


def test_a_work_that_trains_without_the_loop_is_asked_too(places, mine):
    mine.write("work", LOOPLESS)
    record = run_exhibit(replace(EXHIBIT, trained_by="mine", params=EXHIBIT.params[:1]), "smoke")
    assert not record.facts["missing"]
    with pytest.raises(RunError, match="has the parameter rate"):
        run_exhibit(replace(EXHIBIT, trained_by="mine", params=EXHIBIT.params[:2]), "smoke")


LOOPLESS = """
from repro.train.loop import Result

def work(given, ctx):
    steps = given.param("steps")
    return Result([(i, "height", steps, "", float(f)) for i, f in enumerate(given.settings("factor"))])
"""


def test_runs_that_train_together_agree_in_what_is_read_once(places):
    """Told by both runs, the parameter and both values."""
    rates = {"arm-2": {"steps": Override(30, "it is fast")}}
    exhibit = replace(EXHIBIT, group_by=())
    (profile,) = (replace(p, arm_overrides=rates) for p in EXHIBIT.profiles if p.name == "smoke")
    group = Group("tiny", runs(exhibit, profile))
    outcome = attempt(Job(EXHIBIT.id, group, str(places / "runs"), "cpu"))
    assert (
        "runs arm-4/0 and arm-2/0 train together but differ in parameter steps (20 and 30)"
        in outcome["failure"]
    )
    assert not (places / "steps.log").exists()


def test_nets_that_are_not_there_are_refused_by_name_and_no_other_is_trained(places):
    table2 = get("dni/table2")
    nets = tuple(
        replace(a, dataset=None, setting={**a.setting, "net": "rnn"})
        for a in table2.arms
        if a.setting.get("net") == "cnn"
    )
    assert len(nets) > 4
    smoke = replace(table2.profile("smoke"), arms=(), overrides={"steps": Override(1, "seconds")})
    small = replace(table2, arms=nets, profiles=(replace(smoke, arm_overrides={}),))
    for arm in nets:
        (job, *_) = jobs(places, replace(small, arms=(arm,)))
        assert re.search("kind of net 'rnn'.*cnn.*fcn", attempt(job)["failure"])
