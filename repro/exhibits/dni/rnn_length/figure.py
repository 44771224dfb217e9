"""Levels over the length that was injected, a line a kind through its three lengths; a panel a task."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.rnn_control.spec import KINDS as CONTROL
from repro.exhibits.dni.rnn_control.spec import TASKS
from repro.exhibits.dni.rnn_length.spec import KINDS, SHARES, WIDTHS, name
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Small dots are seeds, large ones means over them; dashed: the mean of nothing."""
    width = next((w for w in WIDTHS if any(view.has(a, "levels") for a in view.where(width=w))), WIDTHS[0])
    figure, axes = style.canvas(len(TASKS), (style.WIDE, 5), sharey=True)
    for ax, task in zip(axes, TASKS, strict=True):
        _panel(ax, view, task, width)
        ax.set(
            title=f"{TASKS[task]}, T = 2, {width} units", xlabel="length injected, a lane (mean over the run)"
        )
    axes[0].set_ylabel("levels solved")
    handles = {h.get_label(): h for ax in axes for h in ax.lines if not str(h.get_label()).startswith("_")}
    for size, said in ((3, "a seed"), (6, "mean of the seeds")):
        handles[said] = Line2D([], [], color="grey", marker="o", ms=size, ls="", label=said)
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=3)
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, view: View, task: str, width: int) -> None:
    base = name(task, width, "nothing")
    if view.has(base, "levels"):
        none = CONTROL["nothing"]
        ax.axhline(
            mean(view.final(base, "levels")), color=style.colour(none), ls=(0, (4, 3)), lw=1, label=none
        )
    for kind, series in KINDS.items():
        points = [p for arm in (name(task, width, kind, p) for p in SHARES) if (p := _points(view, arm))]
        colour = style.colour(series)
        for x, y in points:
            ax.plot(x, y, ".", color=colour, ms=4, alpha=0.35)
        means = sorted((math.exp(mean([math.log(v) for v in x])), mean(y)) for x, y in points)
        if means:
            ax.plot(*zip(*means, strict=True), "o-", color=colour, lw=1.5, label=series)
    ax.set_xscale("log")


def _points(view: View, arm: str) -> tuple[list[float], list[float]] | None:
    """Length and levels of each seed that has both."""
    if not (view.has(arm, "levels") and view.has(arm, "injected_length")):
        return None
    levels, rows = view.by_seed(arm, "levels"), view.select(arm, "injected_length")
    lengths = {s: mean([r[5] for r in rows if r[1] == s]) for s in levels}
    kept = [s for s in levels if math.isfinite(lengths[s]) and lengths[s] > 0]
    return ([lengths[s] for s in kept], [levels[s] for s in kept]) if kept else None
