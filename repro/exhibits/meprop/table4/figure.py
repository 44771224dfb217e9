"""Scores of each task's nets without and with dropout, and what meProp adds to it."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.meprop.table3.spec import TASKS
from repro.exhibits.meprop.tasks import RULES
from repro.record.record import Record
from repro.record.view import View
from repro.show import tasks
from repro.spec import Exhibit

GROUPS = {"no dropout": {"dense": "{}-dense-plain"}, "dropout": {rule: f"{{}}-{rule}" for rule in RULES}}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow; a task that was not run shows the paper's numbers alone."""
    return tasks.compare(exhibit, record, view, TASKS, GROUPS)
