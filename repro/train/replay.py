"""Steps taken again, to see whether the code still does the same: see `repro.runner.adopt`."""

from __future__ import annotations

import bisect
import json
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from repro.errors import OutOfTimeError
from repro.train.captured import Taker, turn
from repro.train.checkpoint import load_checkpoint
from repro.train.rows import RunRow

if TYPE_CHECKING:
    from repro.train.loop import Context, Learner, Replay, Result


def replay(learner: Learner, asked: Replay, ctx: Context) -> Result:
    """Take steps again: meta "replayed" is what `Fit.prints` holds of them, or None if the checkpoint is damaged."""
    from repro.train.loop import Result

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
        taken, done = taker.advance(t, first_after(t, due, asked.until))
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
    return Result([], {"replayed": as_print(learner, since, t, weights, rows)})


def first_after(t: int, due: Sequence[int], *others: int) -> int:
    """The first of `due` (sorted) and `others` that is later than t."""
    i = bisect.bisect_right(due, t)
    return min([*due[i : i + 1], *(o for o in others if o > t)])


def as_print(learner: Learner, since: int, t: int, weights: list[str], rows: list[RunRow]) -> dict[str, Any]:
    """With the rows, what is to come is hashed: an edit that trains longer or measures elsewhere is another run."""
    plan = [rows, learner.steps, sorted(learner.evaluate_at)]
    return {"from": since, "at": t, "weights": weights, "rows": sha256(json.dumps(plan).encode()).hexdigest()}
