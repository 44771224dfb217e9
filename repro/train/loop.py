"""The one training loop: step, evaluate every so often, checkpoint, resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from repro.checkpoint import load_checkpoint, save_checkpoint
from repro.errors import BadValueError

Row = tuple[str, int, str, int, str, float]
"""arm, seed, metric, step, index, value – one line of a record's CSV."""


class Learner(Protocol):
    """What the loop drives: R runs that train together."""

    def step(self, t: int) -> None:
        """Carry out training step t (0-based)."""

    def evaluate(self, t: int) -> list[Row]:
        """Rows measured after t steps."""

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """Hashes of each run's initial weights and first batch, by "arm/seed"."""


@dataclass
class Context:
    """Where and how a piece is carried out; nothing here changes its numbers beyond rounding."""

    device: str = "cpu"
    data_dir: str | None = None
    download: bool = True
    checkpoint: Path | None = None
    checkpoint_s: float = 20.0
    progress: Callable[[float], None] = lambda fraction: None


@dataclass
class Result:
    """A piece's rows and what its record keeps about it."""

    rows: list[Row]
    meta: dict[str, Any]


def fit(learner: Learner, steps: int, evaluate_at: Sequence[int], ctx: Context) -> Result:
    """Train from the checkpoint if there is one, else from the start; returns rows and fingerprints.

    `evaluate_at`: step counts after which `evaluate` is called. The numbers do not depend on interruptions.
    Times in the result's meta are seconds: `train_s` of all sessions, `before_s` of those before this one.
    `BadValueError` for less than one step, which would give a result without rows.
    """
    if steps < 1:
        raise BadValueError(f"steps is {steps}; expected 1 or more")
    saved = load_checkpoint(ctx.checkpoint)
    if saved:
        learner.load(saved["learner"])
        t, rows, prints, spent = saved["t"], saved["rows"], saved["fingerprints"], saved["spent"]
    else:
        t, rows, prints, spent = 0, [], learner.fingerprints(), 0.0
    due = set(evaluate_at)
    started = saved_at = told_at = time.monotonic()
    while t < steps:
        learner.step(t)
        t += 1
        if t in due:
            rows += learner.evaluate(t)
        if t % 10:
            continue
        now = time.monotonic()
        if now - told_at > 1:
            told_at = now
            ctx.progress(t / steps)
        if ctx.checkpoint and now - saved_at > ctx.checkpoint_s:
            saved_at = now
            state = {"t": t, "rows": rows, "fingerprints": prints, "spent": spent + now - started}
            save_checkpoint(ctx.checkpoint, {**state, "learner": learner.state()})
    ctx.progress(1.0)
    train_s = spent + time.monotonic() - started
    return Result(rows, {"fingerprints": prints, "steps": steps, "train_s": train_s, "before_s": spent})
