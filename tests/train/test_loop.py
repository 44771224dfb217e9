"""The training loop: sizes, early endings, fingerprints, checkpoints, rows, time, and what nobody reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from repro.errors import BadValueError, OutOfTimeError
from repro.record.run import Run
from repro.train.checkpoint import load_checkpoint, save_checkpoint
from repro.train.given import Given
from repro.train.loop import LATEST, PREVIOUS, STOP, Context, Replay, fit
from repro.train.rows import RowLog, RunRow


class Counter:
    """A learner that counts its steps and its evaluations; `ends` says after which step it is finished."""

    captures = False

    def __init__(self, steps: int, at: Sequence[int] = (), ends: int = 0, **run: Any) -> None:
        self.given = Given([Run("arm", 0, run.get("setting", {}), run.get("params", {}))])
        self.steps, self.evaluate_at, self.ends = steps, at, ends
        self.t = self.evaluations = 0
        self.taken: list[int] = []

    def step(self, t: int) -> bool:
        assert t == self.t
        self.t += 1
        self.taken.append(t)
        return self.t == self.ends

    def evaluate(self, t: int) -> list[RunRow]:
        self.evaluations += 1
        return [(0, "evaluation", t, "", float(self.evaluations))]

    def final(self, t: int) -> list[RunRow]:
        return [(0, "final", t, "", float(self.t))]

    def state(self) -> dict[str, Any]:
        return {"t": self.t, "evaluations": self.evaluations}

    def load(self, state: dict[str, Any]) -> None:
        self.t, self.evaluations = state["t"], state["evaluations"]

    def prints(self) -> list[str]:
        return [f"weights {self.t}"]

    def beginnings(self) -> list[dict[str, str]]:
        return [{"weights": f"{self.t}"}]


def often(folder: Path | None = None, **more: Any) -> Context:
    """A checkpoint whenever one may be."""
    return Context(folder=folder, checkpoint_s=-1.0, **more)


@pytest.mark.parametrize("steps", [0, -3])
def test_less_than_one_step_is_refused(steps: int) -> None:
    with pytest.raises(BadValueError, match=f"steps is {steps}; expected 1 or more"):
        fit(Counter(steps), Context())


def test_rows_are_those_that_are_due_and_the_last() -> None:
    done = fit(Counter(6, (2, 6, 9)), Context())
    assert done.rows == [
        (0, "evaluation", 2, "", 1.0),
        (0, "evaluation", 6, "", 2.0),
        (0, "final", 6, "", 6.0),
    ]
    assert done.meta["beginnings"] == [{"weights": "0"}] and done.meta["steps"] == 6


@pytest.mark.parametrize("ends", [1, 4, 60])
def test_a_learner_may_end_early_and_is_measured_there(ends: int, tmp_path: Path) -> None:
    """A curriculum, early stopping, divergence."""
    learner = Counter(100, (50, 100), ends)
    done = fit(learner, often(tmp_path))
    assert learner.taken == list(range(ends)) and done.meta["steps"] == ends
    assert [(r[1], r[2]) for r in done.rows][-2:] == [("evaluation", ends), ("final", ends)]
    assert [r[2] for r in done.rows if r[1] == "evaluation"] == ([50, 60] if ends == 60 else [ends])


def test_an_early_end_is_found_again_by_a_replay(tmp_path: Path) -> None:
    done = fit(Counter(1000, (), 130), often(tmp_path))
    late = done.meta["prints"]["late"]
    assert (late["from"], late["at"]) == (100, 130)
    again = fit(Counter(1000, (), 130), Context(replay=Replay(tmp_path / LATEST, late["at"], to_end=True)))
    assert again.meta["replayed"] == late


@pytest.mark.parametrize("kind", ["setting", "params"])
def test_what_nobody_read_is_refused_before_the_first_step(kind: str) -> None:
    learner = Counter(5, (), **{kind: {"speed": 2, "rate": 1}})
    read = learner.given.setting if kind == "setting" else learner.given.param
    assert read("rate") == 1
    with pytest.raises(
        BadValueError, match=r"run arm/0 has the \w+ speed = 2, which its training does not read"
    ):
        fit(learner, Context())
    assert learner.taken == []
    assert read("speed") == 2
    fit(learner, Context())


def test_fingerprints_come_50_steps_after_the_start_and_after_each_checkpoint(tmp_path: Path) -> None:
    prints = fit(Counter(49), often(tmp_path)).meta["prints"]
    assert prints == {} and not (tmp_path / LATEST).exists(), "no checkpoint before there is a fingerprint"
    prints = fit(Counter(230), often(tmp_path)).meta["prints"]
    assert {k: (p["from"], p["at"], p["weights"]) for k, p in prints.items()} == {
        "early": (0, 50, ["weights 50"]),
        "late": (200, 230, ["weights 230"]),
    }
    saved = {name: load_checkpoint(tmp_path / name) for name in (LATEST, PREVIOUS)}
    assert [s["t"] for s in saved.values() if s] == [200, 150]
    latest = saved[LATEST]
    assert latest and (latest["prints"]["late"]["from"], latest["prints"]["late"]["at"]) == (150, 200)


def test_measuring_for_the_fingerprint_leaves_no_trace(tmp_path: Path) -> None:
    done, plain = fit(Counter(120, (60, 120)), often(tmp_path)), fit(Counter(120, (60, 120)), Context())
    assert done.rows == plain.rows and [r[4] for r in done.rows][:2] == [1.0, 2.0]


@pytest.mark.parametrize("at", [(), (25,), (50,), (25, 50, 220, 230)])
@pytest.mark.parametrize("name", ["early", "late"])
def test_a_replay_of_the_same_code_gives_the_fingerprint(
    name: str, at: tuple[int, ...], tmp_path: Path
) -> None:
    made = fit(Counter(230, at), often(tmp_path)).meta["prints"][name]
    late = name == "late"
    asked = Replay(tmp_path / LATEST if late else None, made["at"], to_end=late)
    learner = Counter(230, at)
    replayed = fit(learner, Context(replay=asked)).meta["replayed"]
    assert replayed == made and len(learner.taken) == (30 if late else 50)


def test_a_replay_from_a_checkpoint_that_is_gone_is_none(tmp_path: Path) -> None:
    found = fit(Counter(9), Context(replay=Replay(tmp_path / "none.pt", 5)))
    assert found.meta["replayed"] is None


def stored(learner: Counter, folder: Path, runs: Sequence[Run], spent: float) -> None:
    """A checkpoint after four steps."""
    kept = {
        "t": 4,
        "rows": 0,
        "rows_sha256": RowLog(None).sum,
        "beginnings": [],
        "spent": spent,
        "prints": {},
    }
    named = {"runs": [r.as_json() for r in runs], "learner": learner.state()}
    save_checkpoint(folder / LATEST, {**kept, **named})


def test_time_is_counted_over_all_sessions(tmp_path: Path) -> None:
    learner = Counter(4)
    learner.t = 4
    stored(learner, tmp_path, learner.given.runs, 1000.0)
    meta = fit(Counter(6, (6,)), Context(folder=tmp_path)).meta
    assert meta["before_s"] == 1000 and 1000 < meta["train_s"] < 1010
    assert fit(Counter(6, (6,)), Context()).meta["before_s"] == 0


def test_the_deadline_saves_what_there_is_wherever_it_falls(tmp_path: Path) -> None:
    """In the very first steps, too: the checkpoint has its fingerprint all the same."""
    rows, steps = [], 0
    for _ in range(9):
        learner = Counter(7, (3, 7))
        try:
            rows = fit(learner, Context(folder=tmp_path, deadline=-1.0)).rows
            break
        except OutOfTimeError as e:
            steps += 1
            assert str(e) == f"the time is up after {steps} of 7 steps" and len(learner.taken) == 1
    assert steps == 6 and rows == fit(Counter(7, (3, 7)), Context()).rows
    saved = load_checkpoint(tmp_path / LATEST)
    assert saved and saved["prints"]["late"]["from"] == 5


def test_a_checkpoint_of_other_runs_is_not_gone_on_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files that were moved into another group's folder would give its runs these weights."""
    learner = Counter(7, (7,))
    stored(learner, tmp_path, [replace(r, seed=99) for r in learner.given.runs], 0.0)
    fresh = Counter(7, (7,))
    fit(fresh, Context(folder=tmp_path))
    assert len(fresh.taken) == 7 and "is of other runs" in caplog.text


def test_a_process_that_ends_saves_all_its_trainings(tmp_path: Path) -> None:
    STOP.set()
    try:
        with pytest.raises(OutOfTimeError, match="after 1 of 7"):
            fit(Counter(7, (3, 7)), Context(folder=tmp_path))
    finally:
        STOP.clear()
    resumed = Counter(7, (3, 7))
    assert fit(resumed, Context(folder=tmp_path)).rows == fit(Counter(7, (3, 7)), Context()).rows
    assert len(resumed.taken) == 6


def test_progress_is_told_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    now = [0.0]
    monkeypatch.setattr("repro.train.loop.time.monotonic", lambda: now.__setitem__(0, now[0] + 0.2) or now[0])
    fit(Counter(20), Context(progress=told.append))
    assert told[-1] == 1.0 and 2 <= len(told) < 10 and told == sorted(told)
