"""Four errors of the synthetic gradients over training, a line a layer: Figure 12's panels."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.dni.fig12.figure import errors, line
from repro.exhibits.dni.fig13.spec import HIDDEN
from repro.record.record import Record
from repro.record.view import View
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """DNI's layers in shades, cDNI's dashed."""
    lines = [line(rule, rule, layer) for rule in ("dni", "cdni") for layer in HIDDEN]
    return errors(exhibit, record, view, lines)
