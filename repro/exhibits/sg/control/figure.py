"""Training accuracy at the end, what was given to the lower layers down the side: one panel a depth."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg.control.claims import METRIC
from repro.exhibits.sg.control.spec import DEPTHS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A dot a seed, a bar at the mean; the synthetic gradient in its colour, everything else grey."""
    shown = [n for n in DEPTHS if any(view.has(a, METRIC) for a in view.where(layers=n))]
    figure, axes = style.canvas(len(shown), (3.9 * len(shown) + 2.3, 4.2), sharex=True)
    for ax, n in zip(axes, shown, strict=True):
        _panel(ax, exhibit, view, n)
        ax.set(title=f"{n} hidden layers", xlabel="training images right at the end (%)")
    if len({tuple(t.get_text() for t in ax.get_yticklabels()) for ax in axes}) == 1:  # said once
        for ax in axes[1:]:
            ax.set_yticklabels([])
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, exhibit: Exhibit, view: View, layers: int) -> None:
    there = [a for a in exhibit.arms if a.setting["layers"] == layers and view.has(a.id, METRIC)]
    for y, arm in enumerate(there):
        values = view.final(arm.id, METRIC)
        colour = style.colour("SG" if arm.series == "SG" else "Bprop")
        ax.plot(values, [y + 0.05 * (i - len(values) / 2) for i in range(len(values))], ".", color=colour)
        ax.plot([mean(values)] * 2, [y - 0.3, y + 0.3], color=colour, lw=2)
    ax.set_yticks(range(len(there)), ["δ̂ (SG)" if a.series == "SG" else a.series for a in there])
    ax.invert_yaxis()
