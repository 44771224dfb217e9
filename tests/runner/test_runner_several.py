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
        done = side_by_side(queue(pair, OPTIONS), OPTIONS, executor=executor)
    assert len(spans) == len({name for name, *_ in spans}) == 8, "four of the twelve are common"
    ours = [s for s in spans if s[0].startswith("meprop/other")]
    theirs = [s for s in spans if s not in ours]
    assert any(a < d and c < b for _, a, b in ours for _, c, d in theirs), "they overlap"
    assert len(done["meprop/other"].results) == 4 and len(done["meprop/tiny"].results) == 4
    for exhibit in (OTHER, EXHIBIT):
        record = run_exhibit(exhibit, "quick", OPTIONS, done=done[exhibit.id])
        assert not record.facts["missing"] and record.rows == run_exhibit(exhibit, "quick", OPTIONS).rows


def test_a_failure_belongs_to_its_exhibit_though_runs_share_names(pair, monkeypatch):
    def failing(job, progress=None):
        return {"failure": "planted"} if job.exhibit == "meprop/other" else attempt(job, progress)

    monkeypatch.setattr(schedule, "attempt", failing)
    (other, _), (tiny, _) = pair
    todo = [(other, to_do(other, "quick", OPTIONS)), (tiny, to_do(tiny, "smoke", OPTIONS))]
    done = side_by_side(queue(todo, OPTIONS), OPTIONS)
    assert set(done["meprop/other"].failures.values()) == {"planted"} and not done["meprop/tiny"].failures
    assert len(done["meprop/tiny"].results) == 4


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
    assert "8 groups of runs to train" in seen.err and "  8/8  " in seen.err
