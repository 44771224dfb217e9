"""Training from a notebook: what is there already, what is left, how long; a stop that says what is kept."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from repro.errors import ReproError
from repro.record.record import Record
from repro.spec import Exhibit

if TYPE_CHECKING:
    from repro.runner.groups import Group
    from repro.runner.run import Options


class StoppedError(ReproError):
    """Training was interrupted by hand."""

    exit_code = 130


def train(exhibit: Exhibit, profile: str, options: Options) -> Record:
    """The record of a run with these options; tells on standard output (stderr would be red) how far it is."""
    from repro.runner.run import plan, run_exhibit, to_do
    from repro.show.progress import ProgressLines

    logging.getLogger("repro.data").addHandler(logging.NullHandler())  # said by `record`, not on stderr
    todo, planned = to_do(exhibit, profile, options), len(plan(exhibit, profile, options))
    left = sum(len(group.runs) for group in todo)
    budget = exhibit.profile(profile).budget
    if budget.startswith("a GPU") and options.kind() == "cpu":
        budget += _on_a_cpu(todo)
    print(told(planned, left, len(todo), budget), flush=True)
    try:
        return run_exhibit(exhibit, profile, options, ProgressLines(len(todo), sys.stdout))
    except KeyboardInterrupt:
        raise StoppedError(
            "stopped; what has been trained is kept: run this cell again to go on from there"
        ) from None


def _on_a_cpu(todo: Sequence[Group]) -> str:
    """How long groups that are meant for a GPU take here; nothing if that is less than an hour."""
    from repro.paths import runs_dir
    from repro.runner.estimate import known, seconds

    samples = known(runs_dir(), "cpu")
    hours = sum(seconds(group, "cpu", samples)[0] for group in todo) / 3600
    return f"; here, on a CPU, some {hours:,.0f} hours of one core" if hours >= 1 else ""


def told(planned: int, left: int, groups: int, budget: str) -> str:
    """What stands before the training: how much is there already, how much is left, how long the whole takes."""
    if not left:
        return f"all {planned} runs are trained already: from the cache, nothing is computed again"
    kept = f", {planned - left} trained already (from the cache)" if left < planned else ""
    return (
        f"{planned} runs{kept}; {left} to train in {groups} groups (all of them: {budget or 'no estimate'})"
    )
