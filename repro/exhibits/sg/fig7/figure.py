"""Figure 3 with a fourth rule."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.sg.deep import SERIES
from repro.exhibits.sg.fig3 import figure as fig3
from repro.record.record import Record
from repro.record.view import View
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Bprop, SG, SG* and DFA."""
    return fig3.draw(exhibit, record, view, tuple(SERIES))
