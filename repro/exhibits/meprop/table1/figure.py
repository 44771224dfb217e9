"""Scores of each task's nets with either optimiser, and what meProp is above the dense one."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.meprop.table1.spec import WORDS
from repro.exhibits.meprop.table3.spec import TASKS
from repro.exhibits.meprop.tasks import RULES
from repro.record.record import Record
from repro.record.view import View
from repro.show import tasks
from repro.spec import Exhibit

GROUPS = {word: {rule: f"{{}}-{rule}-{name}" for rule in RULES} for name, word in WORDS.items()}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow; a task that was not run shows the paper's numbers alone."""
    return tasks.compare(exhibit, record, view, TASKS, GROUPS)
