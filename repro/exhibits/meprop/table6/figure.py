"""Accuracy by number of hidden layers, its difference to the dense net, dev accuracy on the way."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.record.record import Record
from repro.record.view import View
from repro.show import depths
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow; the controls are told in words."""
    return depths.compare(exhibit, record, view, ("dense", "unified"))
