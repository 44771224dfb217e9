"""All that depends on an exhibit's kind: what stands in place of a data set, what its numbers look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from repro.record.record import Record
from repro.record.view import View
from repro.show.numbers import pivot, plain, timing
from repro.show.tables import Table
from repro.spec import Exhibit


@dataclass(frozen=True)
class Kind:
    """A kind of exhibit: what it uses in place of a data set, its table of numbers, whether the machine counts."""

    data: str
    numbers: Callable[[Exhibit, View], Table] = plain
    machine: bool = False


KINDS = {
    "training": Kind("artificial data, drawn from the seeds"),
    "analytic": Kind("exact, no data"),
    "timing": Kind("random matrices", timing, machine=True),
}


def numbers(exhibit: Exhibit, record: Record) -> Table:
    """Our numbers beside the paper's: in the layout of the paper's table if there is one, else as the kind has it."""
    view = View(record.rows, exhibit.arms)  # what there is, whatever else was planned
    if exhibit.table:
        return pivot(exhibit, view, exhibit.table)
    return KINDS[exhibit.kind].numbers(exhibit, view)
