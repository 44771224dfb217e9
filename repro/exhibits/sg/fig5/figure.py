"""Shares of the squared norm by layer: a panel an activation, depth and penalty, ours and the paper's."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg import deep
from repro.exhibits.sg.fig5.claims import METRIC, PANELS
from repro.exhibits.sg.fig5.spec import L2, RULES, SHARES
from repro.record.record import Record
from repro.record.view import View
from repro.show import layers, style
from repro.spec import Exhibit

Panel = tuple[str, int, float | None]
"""Activation, hidden layers, L2 penalty."""


def _panels(exhibit: Exhibit, view: View) -> list[Panel]:
    """Those that have been run: at the penalty of the claims first."""
    run = {
        (a.setting["act"], a.setting["layers"], a.setting.get("l2"))
        for a in exhibit.arms
        if view.has(a.id, METRIC)
    }
    usual: list[Panel] = [(act, depth, L2) for act, depth in PANELS]
    return [p for p in usual if p in run] + sorted(run - {*usual}, key=str) or usual[:2]


def _panel(ax: Axes, exhibit: Exhibit, view: View, panel: Panel) -> None:
    act, depth, l2 = panel
    drawn = SHARES.get((act, depth), {}) if l2 == L2 else {}  # the paper does not say which penalty is its
    told = {rule: deep.numbers(text) for rule, text in drawn.items()}
    layers.compare(ax, exhibit, view, METRIC, RULES, told, first=2, usual_l2=l2, act=act, layers=depth, l2=l2)
    layers.mark_sg(ax, exhibit, layers=depth)
    ax.axhline(1 / (depth - 1), color="#999999", lw=0.8, ls=(0, (1, 3)), label="equal shares")
    ax.set(title=f"{act}, {depth} hidden layers, {f'L2 {l2:g}' if l2 else 'no L2'}")
    ax.set(xlabel="hidden layer", ylabel="share of ‖W‖²")


def _key(ax: Axes) -> dict[str, Any]:
    """Handle by label; the penalty stands in the title."""
    handles, labels = ax.get_legend_handles_labels()
    return {label.partition(", L2")[0]: handle for label, handle in zip(labels, handles, strict=True)}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Two panels a row, all of them with one scale."""
    panels = _panels(exhibit, view)
    rows = -(-len(panels) // 2)
    figure = Figure(figsize=(style.WIDE, 3.8 * rows + 0.9), layout="constrained")
    axes = [*figure.subplots(rows, 2, squeeze=False, sharey=True).flat]
    for ax, panel in zip(axes, panels, strict=False):
        _panel(ax, exhibit, view, panel)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    key = _key(axes[0])
    figure.legend(key.values(), key, loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure
