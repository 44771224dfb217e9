"""Shares of the squared norm by layer: a panel an activation and depth, ours and the paper's."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.sg import deep
from repro.exhibits.sg.fig5.claims import METRIC, PANELS
from repro.exhibits.sg.fig5.spec import L2, RULES, SHARES
from repro.record.record import Record
from repro.record.view import View
from repro.show import layers, style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The panels that have been run; other penalties dashed, none dash-dotted."""
    run = {(a.setting["act"], a.setting["layers"]) for a in exhibit.arms if view.has(a.id, METRIC)}
    shown = [p for p in PANELS if p in run] or [*PANELS[:2]]
    figure, axes = style.canvas(len(shown), (6 * len(shown), 5))
    for ax, (act, depth) in zip(axes, shown, strict=True):
        told = {rule: deep.numbers(text) for rule, text in SHARES.get((act, depth), {}).items()}
        layers.compare(ax, exhibit, view, METRIC, RULES, told, first=2, usual_l2=L2, act=act, layers=depth)
        layers.mark_sg(ax, exhibit, layers=depth)
        ax.axhline(1 / (depth - 1), color="#999999", lw=0.8, ls=(0, (1, 3)))
        ax.set(title=f"{act}, {depth} hidden layers", xlabel="hidden layer", ylabel="share of ‖W‖²")
        ax.legend(fontsize="x-small")
    style.title(figure, exhibit, record)
    return figure
