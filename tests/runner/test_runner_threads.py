"""A GPU's groups go to threads of one process, which an interruption makes save what they have."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from repro.record.run import Run
from repro.runner import schedule
from repro.runner.carry import Job
from repro.runner.groups import Group
from repro.train.loop import STOP

JOBS = [Job("meprop/tiny", Group("tiny", (Run(f"arm-{n}", 0, {}, {}),)), "runs", "cuda") for n in range(4)]


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who asked for a queue of its own."""
    asked: list[str] = []
    monkeypatch.setattr(schedule, "_use_own_stream", lambda: asked.append(threading.current_thread().name))
    return asked


def test_as_many_threads_as_workers_each_with_its_own_queue(
    monkeypatch: pytest.MonkeyPatch, streams: list[str]
) -> None:
    together = threading.Barrier(4, timeout=20)  # passed only if all four run at once

    def attempt(job: Job) -> dict[str, Any]:
        together.wait()
        return {"results": {job.group.runs[0].name: {"by": threading.current_thread().name}}}

    monkeypatch.setattr(schedule, "attempt", attempt)
    done = schedule.collect(JOBS, workers=4)
    assert set(done.results) == {f"arm-{n}/0" for n in range(4)} and not done.failures
    assert sorted(r["by"] for r in done.results.values()) == sorted(streams) and len(set(streams)) == 4


def test_an_interruption_stops_them_and_leaves_the_next_training_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[str] = []

    def attempt(job: Job) -> dict[str, Any]:
        assert STOP.wait(20), "nobody told the threads"
        ended.append(job.name)
        return {"failure": "stopped", "late": True}

    def interrupted(*_: Any, **__: Any) -> Any:
        time.sleep(0.1)
        raise KeyboardInterrupt

    monkeypatch.setattr(schedule, "attempt", attempt)
    monkeypatch.setattr(schedule, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        schedule.collect(JOBS, workers=2)
    assert len(ended) == 2 and not STOP.is_set()
