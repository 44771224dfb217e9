"""Shares of the squared norm by layer: a panel an activation and depth, ours and the paper's."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.sg import deep
from repro.exhibits.sg.fig5.claims import METRIC, PANELS
from repro.exhibits.sg.fig5.spec import L2, RULES, SHARES
from repro.record.record import Record
from repro.record.view import View
from repro.show import layers, style
from repro.spec import Exhibit


def _key(ax: Axes) -> list[Any]:
    """A handle a rule, a line style and a mark, instead of one for each of nine lines."""
    handles, labels = ax.get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    rules = [Line2D([], [], color=style.colour(s), label=s) for s in map(deep.SERIES.get, RULES) if s]
    lines = {f"L2 {L2:g}": "-", "L2 0.0001": "--", "no L2": "-."}
    used = {h.get_linestyle() for name, h in known.items() if name.split(",")[0] in deep.SERIES.values()}
    rules += [Line2D([], [], color="#333333", ls=ls, label=s) for s, ls in lines.items() if ls in used]
    return rules + [h for name, h in known.items() if name.split(",")[0] not in deep.SERIES.values()]


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The panels that have been run; other penalties dashed, none dash-dotted."""
    run = {(a.setting["act"], a.setting["layers"]) for a in exhibit.arms if view.has(a.id, METRIC)}
    shown = [p for p in PANELS if p in run] or [*PANELS[:2]]
    figure, axes = style.canvas(len(shown), (6 * len(shown), 5))
    for ax, (act, depth) in zip(axes, shown, strict=True):
        told = {rule: deep.numbers(text) for rule, text in SHARES.get((act, depth), {}).items()}
        layers.compare(ax, exhibit, view, METRIC, RULES, told, first=2, usual_l2=L2, act=act, layers=depth)
        layers.mark_sg(ax, exhibit, layers=depth)
        ax.axhline(1 / (depth - 1), color="#999999", lw=0.8, ls=(0, (1, 3)), label="equal shares")
        ax.set(title=f"{act}, {depth} hidden layers", xlabel="hidden layer", ylabel="share of ‖W‖²")
        ax.legend(handles=_key(ax), fontsize="x-small")
    style.title(figure, exhibit, record)
    return figure
