"""Recurrent nets on whatever their setting `task` names: generated episodes, or text."""

from __future__ import annotations

from repro.data.streams.tasks import TASKS
from repro.train import episodes, text
from repro.train.given import Given
from repro.train.loop import Context, Result


def run(given: Given, ctx: Context) -> Result:
    """Train the runs of one task."""
    if given.setting("task") in TASKS:
        return episodes.run(given, ctx)
    return text.run(given, ctx)
