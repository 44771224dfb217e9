"""Several exhibits side by side: one queue, each with its own results and failures."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_exhibit import EXHIBIT

from repro import exhibits
from repro.cli import main
from repro.files import write_text
from repro.runner import schedule
from repro.runner.carry import attempt
from repro.runner.run import Options, queue, run_exhibit, side_by_side, to_do

OTHER = replace(EXHIBIT, id="meprop/other", arms=EXHIBIT.arms[:2], claims=())
"""Two of the same runs under another id."""
OPTIONS = Options("cpu")


@pytest.fixture
def pair(places: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, object]]:
    for exhibit in (EXHIBIT, OTHER):
        monkeypatch.setitem(exhibits.EXTRA, exhibit.id, exhibit)
    return [(e, to_do(e, "quick", OPTIONS)) for e in (OTHER, EXHIBIT)]


def test_they_share_the_workers_and_train_common_runs_once(pair, monkeypatch):
    spans: list[tuple[str, float, float]] = []

    def timed(job, progress=None):
        began = time.monotonic()
        time.sleep(0.05)
        outcome = attempt(job, progress)
        spans.append((job.name, began, time.monotonic()))
        return outcome

    monkeypatch.setattr(schedule, "attempt", timed)
    with ThreadPoolExecutor(8) as executor:
        done = side_by_side(queue(pair, OPTIONS), pair, OPTIONS, executor=executor)
    assert len(spans) == len({name for name, *_ in spans}) == 8, "four of the twelve are common"
    ours = [s for s in spans if s[0].startswith("meprop/other")]
    theirs = [s for s in spans if s not in ours]
    assert any(a < d and c < b for _, a, b in ours for _, c, d in theirs), "they overlap"
    assert len(done["meprop/other"].results) == 4 and len(done["meprop/tiny"].results) == 8
    for exhibit in (OTHER, EXHIBIT):
        record = run_exhibit(exhibit, "quick", OPTIONS, done=done[exhibit.id])
        assert not record.facts["missing"] and record.rows == run_exhibit(exhibit, "quick", OPTIONS).rows


def test_a_failure_belongs_to_its_exhibit_though_runs_share_names(pair, monkeypatch):
    def failing(job, progress=None):
        return {"failure": "planted"} if job.exhibit == "meprop/other" else attempt(job, progress)

    monkeypatch.setattr(schedule, "attempt", failing)
    (other, _), (tiny, _) = pair
    todo = [(other, to_do(other, "quick", OPTIONS)), (tiny, to_do(tiny, "smoke", OPTIONS))]
    done = side_by_side(queue(todo, OPTIONS), todo, OPTIONS)
    assert set(done["meprop/other"].failures.values()) == {"planted"} and not done["meprop/tiny"].failures
    assert len(done["meprop/tiny"].results) == 4


def test_a_retry_is_of_what_failed_and_of_no_run_with_the_same_name(pair, monkeypatch):
    tried: list[str] = []

    def failing_once(job, progress=None):
        tried.append(job.name)
        first = job.exhibit == "meprop/other" and tried.count(job.name) == 1
        return {"failure": "planted"} if first else attempt(job, progress)

    monkeypatch.setattr(schedule, "attempt", failing_once)
    (other, _), (tiny, _) = pair
    todo = [(other, to_do(other, "smoke", OPTIONS)), (tiny, to_do(tiny, "quick", OPTIONS))]
    options = replace(OPTIONS, retries=2)
    done = side_by_side(queue(todo, options), todo, options)
    assert {name: tried.count(name) for name in tried} == {
        f"{e.id} {g.name}": 2 if e is other else 1 for e, groups in todo for g in groups
    }
    assert not any(d.failures for d in done.values())


def test_equal_runs_of_another_work_are_other_runs(pair):
    (_, groups), _ = pair
    odd = [replace(g, package="elsewhere") for g in groups]
    assert len(queue([(OTHER, groups), (EXHIBIT, groups)], OPTIONS)) == 4
    assert len(queue([(OTHER, groups), (EXHIBIT, odd)], OPTIONS)) == 8


@pytest.mark.parametrize("broken", [False, True])
def test_the_command_line_tells_of_each(pair, capsys, monkeypatch, tmp_path, broken):
    if broken:
        monkeypatch.setitem(exhibits.EXTRA, OTHER.id, replace(OTHER, profiles=EXHIBIT.profiles[:1]))
    args = ["run", "meprop/tiny", "meprop/other", "--profile", "quick", "--device", "cpu", "--json"]
    started = os.getpid()
    monkeypatch.setattr(
        schedule, "_in_processes", lambda workers, *a: schedule._collect(a[0], 1, 0, a[2], None, a[1])
    )
    code = main([*args, "--workers", "2", "--out", str(tmp_path / "out")])
    assert os.getpid() == started
    seen = capsys.readouterr()
    if broken:
        assert code == 2 and "meprop/other" in seen.err
        return
    told = {d["exhibit"]: d for d in json.loads(seen.out)}
    assert code == 0 and set(told) == {"meprop/tiny", "meprop/other"}
    assert [len(told[i]["estimates"]) for i in ("meprop/tiny", "meprop/other")] == [8, 4]
    assert all(not d["missing"] and Path(d["record"]).exists() for d in told.values())
    assert "8 groups of runs to train)" in seen.err and "  8/8  " in seen.err
    assert "meprop/other at quick: A tiny exhibit (0 groups of runs to train, 4 counted above)" in seen.err, (
        "groups of both are told once"
    )


def test_what_failed_or_ran_late_is_told_of_every_exhibit_that_shows_it(pair, monkeypatch):
    late = {"failure": "time is up", "late": True}
    slow = EXHIBIT.arms[0].id
    monkeypatch.setattr(
        schedule, "attempt", lambda job, progress=None: late if slow in job.name else attempt(job)
    )
    done = side_by_side(queue(pair, OPTIONS), pair, OPTIONS)
    for exhibit in (OTHER, EXHIBIT):
        assert set(done[exhibit.id].failures.values()) == {"time is up"} and done[exhibit.id].late
        missing = run_exhibit(exhibit, "quick", OPTIONS, done=done[exhibit.id]).facts["missing"]
        assert missing and {m["why"] for m in missing} == {"time is up"}


def test_a_defect_of_one_exhibit_stops_no_other(pair, capsys, monkeypatch, tmp_path):
    def defective(exhibit, profile, options):
        if exhibit.id == OTHER.id:
            raise SyntaxError("planted")
        return to_do(exhibit, profile, options)

    monkeypatch.setattr("repro.runner.run.to_do", defective)
    args = ["run", "meprop/tiny", "meprop/other", "--profile", "smoke", "--device", "cpu", "--workers", "2"]
    assert main([*args, "--out", str(tmp_path / "out")]) == 1
    assert (
        tmp_path / "out/meprop/tiny/smoke.json"
    ).exists() and "SyntaxError: planted" in capsys.readouterr().err


def test_an_interruption_keeps_the_records_that_are_whole(pair, monkeypatch, tmp_path):
    run_exhibit(OTHER, "quick", OPTIONS)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("repro.runner.run.side_by_side", interrupted)
    args = ["run", "meprop/tiny", "meprop/other", "--profile", "quick", "--device", "cpu", "--workers", "2"]
    assert main([*args, "--out", str(tmp_path / "out")]) == 130
    assert (tmp_path / "out/meprop/other/quick.json").exists()
    assert not (tmp_path / "out/meprop/tiny/quick.json").exists()


def test_threads_that_write_the_same_file_do_not_take_each_others_away(tmp_path):
    target = tmp_path / "arithmetic.json"
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda n: write_text(target, "x" * 1000), range(800)))
    assert target.read_text() == "x" * 1000 and list(tmp_path.iterdir()) == [target]
