"""Whoever carries out the groups, the numbers are the same bit for bit; and what is told on the way is true."""

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest
from running import jobs
from tiny_exhibit import EXHIBIT

from repro.errors import BadValueError, RunError
from repro.exhibits import get, ids
from repro.record.record import csv_text, run_names
from repro.runner import carry, schedule
from repro.runner.carry import attempt
from repro.runner.cluster import connected
from repro.runner.keys import code_of
from repro.runner.run import Options, run_exhibit, to_do


def run(places, name, executor=None, workers=1, progress=None):
    options = Options(runs_dir=str(places / name), workers=workers)
    return run_exhibit(EXHIBIT, "quick", options, progress, executor)


@pytest.fixture
def here(places):
    return run(places, "here")


def test_two_processes(places, here):
    there = run(places, "processes", workers=2)
    assert there.sha256() == here.sha256() and csv_text(there.rows) == csv_text(here.rows)
    assert len({x.split()[2] for x in (places / "steps.log").read_text().splitlines()}) > 1


def test_any_executor(places, here):
    with ThreadPoolExecutor(3) as executor:
        there = run(places, "threads", executor)
    assert there.sha256() == here.sha256()


def test_a_cluster_that_cannot_be_had_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadValueError, match="needs Dask"), connected("tcp://127.0.0.1:1"):
        pass
    with connected(None) as executor:
        assert executor is None


def test_on_other_machines_the_device_is_named_and_looked_for_there(places, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(BadValueError, match="device is 'auto'; on other machines expected cpu or cuda"):
        Options(elsewhere=True)
    with pytest.raises(BadValueError, match="sees no CUDA device"):
        to_do(EXHIBIT, "quick", Options("cuda"))
    there = Options("cuda", elsewhere=True, runs_dir=str(places / "elsewhere"))
    assert len(to_do(EXHIBIT, "quick", there)) == 8
    with ThreadPoolExecutor(1) as executor, pytest.raises(RunError, match="sees no CUDA device"):
        run_exhibit(EXHIBIT, "quick", there, executor=executor)


def test_where_the_data_are_travels_with_the_job(places, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "repro.runner.run.collect", lambda jobs, *more: sent.extend(jobs) or schedule.Collected()
    )
    for variable, given, expected in (("/from/variable", None, "/from/variable"), ("/a", "/given", "/given")):
        monkeypatch.setenv("REPRO_DATA", variable)
        with pytest.raises(RunError):
            run_exhibit(EXHIBIT, "quick", Options(data_dir=given, runs_dir=str(places / "sent")))
        assert {job.data_dir for job in sent} == {expected}
        sent.clear()


@pytest.mark.slow
@pytest.mark.skipif("sg/table2" not in ids(), reason="sg/table2 is not here")
def test_real_training_in_one_process_and_in_two(places):
    """Learning with a synthetic gradient, matrix products and Adam: not a bit may differ."""
    records = [
        run_exhibit(
            get("sg/table2"),
            "smoke",
            Options(changes={"steps": 20}, runs_dir=str(places / str(n)), workers=n),
        )
        for n in (1, 2)
    ]
    assert records[0].sha256() == records[1].sha256()
    assert csv_text(records[0].rows) == csv_text(records[1].rows)
    assert records[0].facts["fingerprints"] == records[1].facts["fingerprints"]


def test_other_seeds_give_other_numbers(places, here):
    options = Options(seeds=(5, 6), runs_dir=str(places / "seeds"))
    other = run_exhibit(EXHIBIT, "quick", options)
    assert other.facts["custom"] == ["seeds"] and {r[1] for r in other.rows} == {5, 6}
    assert not {r[5] for r in other.rows} & {r[5] for r in here.rows}


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_names_every_group_once_it_is_done(places, workers):
    told = []
    run(places, "told", workers=workers, progress=lambda name, fraction: told.append((name, fraction)))
    done = [name for name, fraction in told if fraction == 1.0]
    assert sorted(done) == sorted(f"meprop/tiny arm-{n}/{s}" for n in (1, 2, 3, 4) for s in (0, 1))
    assert all(0 <= fraction <= 1 for _, fraction in told)


def test_progress_of_another_process_is_seen(places, monkeypatch):
    told = []
    options = Options(changes={"steps": 400, "pause": 0.01}, seeds=(0,), workers=2)
    one = type(EXHIBIT)(**{**vars(EXHIBIT), "arms": (EXHIBIT.arm("arm-3"),)})
    run_exhibit(one, "quick", options, lambda name, fraction: told.append(fraction))
    assert told[-1] == 1.0 and any(0 < fraction < 1 for fraction in told)
    assert told == sorted(told)


def test_where_a_worker_writes_is_looked_up_once_a_group(places, monkeypatch):
    asked = []
    real = schedule.keys_of
    monkeypatch.setattr(schedule, "keys_of", lambda job, *more: asked.append(job.name) or real(job, *more))
    monkeypatch.setattr(schedule, "POLL_S", 0.01)
    options = Options(changes={"steps": 100, "pause": 0.01}, runs_dir=str(places / "polled"), workers=2)
    run_exhibit(EXHIBIT, "smoke", options, lambda name, fraction: None)
    assert len(asked) == len(set(asked)) >= 1


def test_the_record_keeps_memory_times_and_machine(here):
    timing, (machine,) = here.facts["timing"], here.facts["environment"]
    assert 20 < timing["peak_memory_mb"] < 8000
    assert set(timing["runs"]) == set(run_names(here.facts)) and len(timing["runs"]) == 8
    assert 0 < sum(timing["runs"].values()) <= timing["wall_s"] + 0.5
    assert machine["threads"] == 1 and machine["kind"] == "cpu" and machine["torch"]


@pytest.mark.parametrize(
    ("sent", "started", "words"),
    [
        ("0" * 64, None, r"another version \(digest \w{12}; the sender's: 000000000000\)"),
        (None, 0.0, r"another version \(repro.device, .*tiny.work changed since it started"),
    ],
)
def test_a_worker_with_other_code_than_the_senders_refuses(places, monkeypatch, sent, started, words):
    """In its files, or in its memory: after an edit an older process reads the new files, and has the old."""
    (job, *_) = jobs(places)
    monkeypatch.setattr(carry, "STARTED", time.time() if started is None else started)
    outcome = attempt(replace(job, code=sent or code_of("tiny")))
    assert re.search(words, outcome["failure"]) and "update and restart the worker" in outcome["failure"]
    assert not (places / "steps.log").exists()
    monkeypatch.setattr(carry, "STARTED", time.time())
    assert "results" in attempt(replace(job, code=code_of("tiny")))


class _Broken(ThreadPoolExecutor):
    """Takes no second job, as a pool whose worker has just died."""

    def submit(self, fn, /, *args, **kwargs):
        if getattr(self, "taken", False):
            raise BrokenProcessPool("a child process terminated abruptly")
        self.taken = True
        return super().submit(fn, *args, **kwargs)


def test_jobs_that_an_executor_does_not_take_are_named(places):
    with _Broken(1) as executor:
        record = run(places, "broken", executor)
    assert len(record.facts["missing"]) == 7
    assert {m["why"].partition(" failed: ")[2] for m in record.facts["missing"]} == {
        "its worker process died"
    }
