"""Final test error by the layer after which the net is cut, and DNI's curves, position by shade."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, PercentFormatter

from repro.exhibits.dni.fig11.spec import BPROP, PLACES, SERIES
from repro.exhibits.dni.judging import ERROR
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit

LOOK = {"no_bprop": ("v", -0.06), "dni": ("o", 0.0), "cdni": ("D", 0.06)}
"""Marker of each rule, and its shift sideways, so that equal values of two stay visible."""
SHADES = (*style.RAMPS["DNI"], "#a6d854")
"""Positions from the input to the classifier, blue to green."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Left the paper's question, right how the nets get there."""
    figure, (ends, curves) = style.canvas(2, (style.WIDE, 4.9))
    _by_place(ends, exhibit, view)
    _curves(curves, exhibit, view)
    usual, _ = style.behind(record, view, view.arms(), ERROR)
    figure.legend(
        handles=style.key(f"ours: mean ± sd over seeds, {usual}"), loc="outside lower center", ncols=2
    )
    style.title(figure, exhibit, record)
    return figure


def _by_place(ax: Axes, exhibit: Exhibit, view: View) -> None:
    for rule, (marker, shift) in LOOK.items():
        arms = [a for a in exhibit.arms if a.setting["rule"] == rule and "classifier" not in a.setting]
        panels.against(ax, view, arms, {a.id: a.setting["after"] + shift for a in arms}, ERROR, marker=marker)
    grey = style.colour("Bprop")
    if view.has("bprop", ERROR):
        m, sd, _ = style.spread(view, "bprop", ERROR)
        ax.axhline(m, color=grey, lw=1.6, label="Bprop")
        ax.axhspan(m - sd, m + sd, color=grey, alpha=0.15, lw=0)
    ax.axhline(BPROP, color=grey, lw=1, ls="--", label="_Bprop, paper")
    ax.xaxis.set_major_locator(FixedLocator(PLACES))
    ax.set(
        title="At the end",
        xlabel="the hidden layer after which the net is cut",
        ylabel="final test error (%)",
    )
    panels.percent_axis(ax)
    panels.legend_below(ax, 4, fontsize=8)


def _curves(ax: Axes, exhibit: Exhibit, view: View) -> None:
    shown = {"bprop": ("Bprop", style.colour("Bprop"))}
    shown |= {f"dni-{n}": (f"DNI after {n}", SHADES[n - 1]) for n in PLACES}
    shown |= {"cdni-5": ("cDNI after 5", style.colour(SERIES["cdni"]))}
    ends = []
    for arm, (label, colour) in shown.items():
        if view.has(arm, ERROR):
            curve = view.curve(arm, ERROR)
            last = max(curve)
            drawn = {step / last: values for step, values in panels.thinned(curve).items()}
            panels.band(ax, drawn, colour, label)
            ends.append((sum(curve[last]) / len(curve[last]), label, colour))
    for at in (0.6, 0.8):
        panels.apart(ax, at)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set(title="On the way", xlabel="of all iterations (dotted: rate ÷ 10)", ylabel="test error (%)")
    panels.percent_axis(ax)
    panels.labels_at_ends(ax, ends)
