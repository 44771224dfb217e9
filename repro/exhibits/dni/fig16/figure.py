"""Validation bits per character over data time: the lower row of Figure 4, with plain DNI."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.dni.fig4 import figure as fig4
from repro.exhibits.dni.table1.spec import METHODS
from repro.record.record import Record
from repro.record.view import View
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A panel a window T; where no text has been run, the progress on Repeat Copy instead."""
    text = any(view.has(a, "validation_bpc") for a in view.where(task="ptb"))
    return fig4.draw(exhibit, record, view, tuple(METHODS), ("ptb",) if text else ("repeat_copy",))
