"""The one training loop: step, evaluate every so often, checkpoint, resume, stop in time, replay."""

from __future__ import annotations

import bisect
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from repro.errors import BadValueError, OutOfTimeError
from repro.train.captured import Taker, turn
from repro.train.checkpoint import copied, load_checkpoint, save_checkpoint
from repro.train.given import Given
from repro.train.rows import RowLog, RunRow

_log = logging.getLogger("repro.train")

PRINT_AFTER = 50
"""Steps after the start, and after a checkpoint, at which weights are fingerprinted: see `Fit.prints`."""
STOP = threading.Event()
"""Set: every training of this process saves a checkpoint and ends, as when time is up."""
LATEST, PREVIOUS, ROWS = "checkpoint.pt", "previous.pt", "rows.jsonl"


class Learner(Protocol):
    """What the loop drives: R runs that train together, for at most `steps` steps."""

    given: Given
    steps: int
    evaluate_at: Sequence[int]
    captures: bool

    def step(self, t: int) -> bool:
        """Carry out training step t (0-based). True: training is finished."""

    def evaluate(self, t: int) -> list[RunRow]:
        """Rows measured after t steps."""

    def final(self, t: int) -> list[RunRow]:
        """Rows that are known at the end alone, after t steps."""

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned, in place, at any step."""

    def prints(self) -> list[str]:
        """A hash of each run's weights as they are now."""

    def beginnings(self) -> list[dict[str, str]]:
        """Hashes of each run's initial weights and first batch."""


@dataclass(frozen=True)
class Replay:
    """Steps to take again, from a checkpoint (or from the start), to see whether the code still does the same.

    `to_end`: with the rows that only the end has.
    """

    checkpoint: Path | None
    until: int
    to_end: bool = False


@dataclass
class Context:
    """Where and how a group is carried out; nothing here changes its numbers beyond rounding.

    `folder`: where checkpoints and rows are kept, if anywhere. `deadline`: the `time.monotonic()` at which training
    saves a checkpoint and ends with `OutOfTimeError`. `replay`: do not train, but return fingerprints in the
    result's meta.
    """

    device: str = "cpu"
    data_dir: str | None = None
    download: bool = True
    folder: Path | None = None
    checkpoint_s: float = 20.0
    deadline: float | None = None
    progress: Callable[[float], None] = lambda fraction: None
    replay: Replay | None = None

    def late(self, now: float) -> bool:
        """Whether to save and end: time is up, or the process ends."""
        return STOP.is_set() or (self.deadline is not None and now > self.deadline)


@dataclass
class Result:
    """A group's rows and what its record keeps about it."""

    rows: list[RunRow]
    meta: dict[str, Any] = field(default_factory=dict)


def fit(learner: Learner, ctx: Context) -> Result:
    """Train from the checkpoint if there is one, else from the start; the numbers do not depend on interruptions.

    Meta: `beginnings`, `steps` taken, `train_s` of all sessions and `before_s` of those before this one, `prints`
    (see `Fit.prints`). `BadValueError` for less than one step, or for a setting or parameter that was not read.
    """
    if learner.steps < 1:
        raise BadValueError(f"steps is {learner.steps}; expected 1 or more")
    if ctx.replay:
        return _replay(learner, ctx.replay, ctx)
    return Fit(learner, ctx).run()


def _replay(learner: Learner, asked: Replay, ctx: Context) -> Result:
    t, rows = 0, list[RunRow]()
    if asked.checkpoint is not None:
        saved = load_checkpoint(asked.checkpoint)
        if saved is None:
            return Result([], {"replayed": None})
        with turn(ctx.device):
            learner.load(saved["learner"])
        t = saved["t"]
    since, due, done, taker = t, sorted(learner.evaluate_at), False, Taker(learner, ctx.device)
    while t < asked.until and not done:
        taken, done = taker.advance(t, _first_after(t, due, asked.until))
        t += taken
        if t in due or done:
            with turn(ctx.device):
                rows += learner.evaluate(t)
        if ctx.late(time.monotonic()):
            raise OutOfTimeError(
                f"the time is up after {t - since} of {asked.until - since} steps taken again"
            )
    with turn(ctx.device):
        weights = learner.prints()
        if asked.to_end:
            rows += learner.final(t)
        elif asked.checkpoint is None:
            rows += learner.evaluate(t)
    return Result([], {"replayed": _as_print(learner, since, t, weights, rows)})


def _first_after(t: int, due: Sequence[int], *others: int) -> int:
    """The first of `due` (sorted) and `others` that is later than t."""
    i = bisect.bisect_right(due, t)
    return min([*due[i : i + 1], *(o for o in others if o > t)])


def _as_print(learner: Learner, since: int, t: int, weights: list[str], rows: list[RunRow]) -> dict[str, Any]:
    """With the rows, what is to come is hashed: an edit that trains longer or measures elsewhere is another run."""
    plan = [rows, learner.steps, sorted(learner.evaluate_at)]
    return {"from": since, "at": t, "weights": weights, "rows": sha256(json.dumps(plan).encode()).hexdigest()}


class Fit:
    """One training from start or checkpoint to its end.

    `prints`: "early" and "late" → {"from": step of the checkpoint (0: the start), "at": step, "weights": a hash a
    run, "rows": a hash of those that a `Replay` makes}. Taking the steps between again with other code shows whether
    it still computes the same, bit for bit. The late one of unfinished training comes soon after its checkpoint, that
    of finished training at the end.
    """

    def __init__(self, learner: Learner, ctx: Context):
        self.learner, self.ctx = learner, ctx
        self.log = RowLog(ctx.folder and ctx.folder / ROWS)
        saved = self._saved()
        if saved:
            learner.load(saved["learner"])
        else:
            learner.given.refuse_unread()
        known = saved or {"t": 0, "rows": 0, "beginnings": learner.beginnings(), "spent": 0.0, "prints": {}}
        self.t: int = known["t"]
        self.log.rewind(known["rows"])
        self.beginnings, self.before, self.prints = known["beginnings"], known["spent"], known["prints"]
        self.since = self.t if saved else 0  # the checkpoint that the next print belongs to
        self.taker = Taker(learner, ctx.device)
        self.started = self.saved_at = self.told_at = time.monotonic()

    def _saved(self) -> dict[str, Any] | None:
        """The newest checkpoint that is whole and has its rows."""
        for name in (LATEST, PREVIOUS) if self.ctx.folder else ():
            assert self.ctx.folder is not None
            saved = load_checkpoint(self.ctx.folder / name)
            if saved and saved["runs"] != self._runs():
                _log.warning("the checkpoint in %s is of other runs: ignored", self.ctx.folder)
            elif saved and self.log.holds(saved["rows"], saved["rows_sha256"]):
                return saved
        return None

    def _runs(self) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = json.loads(json.dumps([r.as_json() for r in self.learner.given.runs]))
        return runs

    def run(self) -> Result:
        """Train to the end."""
        learner, due, done, device = self.learner, sorted(self.learner.evaluate_at), False, self.ctx.device
        at = set(due)
        while self.t < learner.steps and not done:
            until = _first_after(self.t, due, learner.steps, self.since + PRINT_AFTER)
            taken, done = self.taker.advance(self.t, until)
            self.t += taken
            if self.t in at or done:
                with turn(device):
                    self.log.add(learner.evaluate(self.t))
            if self.t - self.since == PRINT_AFTER:
                with turn(device):
                    self._print()
            self._pause(done)
        with turn(device):
            weights = learner.prints()
            self.log.add(learner.final(self.t))
        if self.since:
            self.prints["late"] = _as_print(learner, self.since, self.t, weights, self.log.new)
        self.ctx.progress(1.0)
        spent = self.before + time.monotonic() - self.started
        meta = {"beginnings": self.beginnings, "steps": self.t, "train_s": spent, "before_s": self.before}
        return Result(self.log.read(), {**meta, "prints": self.prints, "graphs": self.taker.graphs})

    def _print(self) -> None:
        name, rows, weights = "late" if self.since else "early", self.log.new, self.learner.prints()
        if not self.since and self.ctx.folder:
            # measured out of turn, which must leave no trace: a best score so far belongs to the learner's state
            before = copied(self.learner.state())
            rows = rows + self.learner.evaluate(self.t)
            self.learner.load(before)
        self.prints[name] = _as_print(self.learner, self.since, self.t, weights, rows)

    def _pause(self, done: bool) -> None:
        """What is due between two steps: progress, a checkpoint, the end of the time."""
        now = time.monotonic()
        if now - self.told_at > 1:
            self.told_at = now
            self.ctx.progress(self.t / self.learner.steps)
        if done or self.t == self.learner.steps:
            return
        late = self.ctx.late(now)
        due = now - self.saved_at > self.ctx.checkpoint_s and self.t - self.since >= PRINT_AFTER
        if self.ctx.folder and (late or due):
            with turn(self.ctx.device):
                self._save(self.ctx.folder, now)
        if late:
            raise OutOfTimeError(f"the time is up after {self.t} of {self.learner.steps} steps")

    def _save(self, folder: Path, now: float) -> None:
        """A new checkpoint; the one before stays, since only it has a print that can be replayed."""
        self.saved_at = now
        if self.since < self.t < self.since + PRINT_AFTER:
            self._print()
        self.log.flush()
        latest = folder / LATEST
        if latest.exists():
            os.replace(latest, folder / PREVIOUS)
        spent, runs = self.before + now - self.started, self._runs()
        rows = {"rows": self.log.size, "rows_sha256": self.log.sum}
        state = {"t": self.t, **rows, "beginnings": self.beginnings, "spent": spent}
        save_checkpoint(
            latest, {**state, "runs": runs, "prints": self.prints, "learner": self.learner.state()}
        )
        self.since = self.t
