"""Training images wrong at the end, what was given to the lower layers down the side: one panel a depth."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from repro.exhibits.sg.control.claims import METRIC
from repro.exhibits.sg.control.spec import DEPTHS, KINDS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit

SHOWN = ("SG", KINDS["fixed_label"])
"""In their colours; everything else is grey."""
LEAST, TICKS = 0.01, (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
"""%: an arm without an error is drawn at LEAST, for the axis is logarithmic."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A dot a seed, a bar at the mean."""
    shown = [n for n in DEPTHS if any(view.has(a, METRIC) for a in view.where(layers=n))]
    figure, axes = style.canvas(len(shown), (style.WIDE if len(shown) > 1 else 6.2, 4.2), sharex=True)
    for ax, n in zip(axes, shown, strict=True):
        _panel(ax, exhibit, view, n)
        ax.set(title=f"{n} hidden layers", xlabel="%, logarithmic")
    if len({tuple(t.get_text() for t in ax.get_yticklabels()) for ax in axes}) == 1:  # said once
        for ax in axes[1:]:
            ax.set_yticklabels([])
    figure.supxlabel("training images wrong at the end", fontsize="medium")
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, exhibit: Exhibit, view: View, layers: int) -> None:
    there = [a for a in exhibit.arms if a.setting["layers"] == layers and view.has(a.id, METRIC)]
    ax.set_xscale("log")
    for y, arm in enumerate(there):
        wrong = [max(100 - v, LEAST) for v in view.final(arm.id, METRIC)]
        colour = style.colour(arm.series if arm.series in SHOWN else "Bprop")
        ax.plot(wrong, [y + 0.05 * (i - len(wrong) / 2) for i in range(len(wrong))], ".", color=colour)
        ax.plot([mean(wrong)] * 2, [y - 0.3, y + 0.3], color=colour, lw=2)
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(there)), ["δ̂ (SG)" if a.series == "SG" else a.series for a in there])
    ax.invert_yaxis()
