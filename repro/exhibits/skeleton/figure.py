"""TODO: what is drawn."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A function of the record alone: our numbers filled, the paper's hollow. What is missing is left out."""
    figure, (ax,) = style.canvas(1, (6.7, 5))
    for arm in exhibit.arms:
        if view.has(arm.id, "test_error"):
            panels.band(ax, view.curve(arm.id, "test_error"), style.colour(arm.series), arm.label)
        if "test_error" in arm.reported:
            ax.axhline(arm.reported["test_error"], color=style.colour(arm.series), ls="--", lw=1)
    ax.set(xlabel="iterations", ylabel="test error (%)")
    ax.legend()
    style.title(figure, exhibit, record)
    return figure
