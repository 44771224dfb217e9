"""Progress over data time, a panel a window T: T_task solved on Repeat Copy above, bits per character below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.table1.spec import METHODS, REPORTED, name
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit

PANELS = {
    "repeat_copy": ("solved", "Repeat Copy: T_task solved", "{:g}"),
    "ptb": ("validation_bpc", "Penn Treebank: bits per character", "{:.2f}"),
}
"""Task → its metric, what the axis says, how its numbers are written."""
SHOWN = ("bptt", "aux")
Curve = list[tuple[int, float]]
COLUMNS, LETTERS = 3, 40
"""Panels side by side at most; letters of a title for which one of them has room."""
EARLY = 0.1
"""The share of data time before which bits per character may lie above the panel."""


def draw(
    exhibit: Exhibit,
    record: Record,
    view: View,
    methods: Sequence[str] = SHOWN,
    tasks: Sequence[str] = tuple(PANELS),
) -> Figure:
    """Thin lines are seeds, thick ones the mean while all of them train. A task's panels share their upright axis.

    Data time goes to each panel's own end. Titles have the paper's ends. Where DNI has not been run with the
    auxiliary task, plain DNI stands for it.
    """
    there = [m for m in dict.fromkeys((*methods, "dni")) if any(_windows(view, task, [m]) for task in tasks)]
    shown = [m for m in there if m in methods or "aux" not in there]
    windows = {task: found for task in tasks if (found := _windows(view, task, shown))}
    columns = min(max([len(found) for found in windows.values()], default=1), COLUMNS)
    rows = {task: -(-len(found) // columns) for task, found in windows.items()}
    high = max(sum(rows.values()), 1)
    figure = Figure(figsize=(style.WIDE if columns > 2 else 6.5, 3 * high + 1.1), layout="constrained")
    grid = figure.subplots(high, columns, squeeze=False)
    for task, found in windows.items():
        own, grid = grid[: rows[task]], grid[rows[task] :]
        axes = [*own.flat]
        drawn = [_panel(ax, view, task, t, shown) for ax, t in zip(axes, found, strict=False)]
        _same_axis(axes[: len(found)], [curve for curves in drawn for curve in curves], task)
        for row in own:
            row[0].set_ylabel(PANELS[task][1])
        for ax in axes[len(found) :]:
            ax.remove()
    key = _key(shown, text="ptb" in windows)
    figure.legend(handles=key, loc="outside lower center", ncols=len(key))
    style.title(figure, exhibit, record)
    return figure


def _key(shown: Sequence[str], text: bool) -> list[Line2D]:
    """What the lines are; one of text may leave its panel."""
    colours = {METHODS[m][0]: style.colour(METHODS[m][0]) for m in shown}
    lines = [Line2D([], [], color=c, lw=2.2, label=f"{label}, mean") for label, c in colours.items()]
    seed = "a seed (means end with the first" + (", may leave a panel of text)" if text else ")")
    return [*lines, Line2D([], [], color="#333333", lw=0.6, alpha=0.6, label=seed)]


def _windows(view: View, task: str, shown: Sequence[str]) -> list[int]:
    every = dict.fromkeys(t for m in shown for t in REPORTED[task][m])
    return sorted(t for t in every if any(view.has(name(task, m, t), PANELS[task][0]) for m in shown))


def _panel(ax: Axes, view: View, task: str, window: int, shown: Sequence[str]) -> list[Curve]:
    """One T; returns the curves that must be seen whole: of text the means. Data time is windows times T."""
    metric, _, form = PANELS[task]
    steps = "default" if task == "ptb" else "steps-post"
    drawn: list[Curve] = []
    means: list[Curve] = []
    for method in shown:
        arm, colour = name(task, method, window), style.colour(METHODS[method][0])
        if not view.has(arm, metric):
            continue
        for seed in view.by_seed(arm, metric):
            drawn.append([(r[3] * window, r[5]) for r in view.select(arm, metric, seed=seed)])
            look: dict[str, Any] = {"color": colour, "drawstyle": steps, "clip_on": len(drawn[-1]) > 1}
            look["marker"] = "" if look["clip_on"] else "o"  # of some records the end alone is there
            ax.plot(*zip(*_turns(drawn[-1]), strict=True), lw=0.6, alpha=0.45, ms=4, **look)
        each = view.curve(arm, metric)
        seeds = max(map(len, each.values()))  # one that has stopped early would move the mean by its absence
        curve = {step * window: mean(v) for step, v in each.items() if len(v) == seeds}
        means.append([*curve.items()])
        ax.plot(*zip(*_turns(means[-1]), strict=True), lw=2.2, ms=8, **look)
    told = [(METHODS[m][0], REPORTED[task][m].get(window)) for m in shown]
    ends = (
        f"{label} {form.format(v)}".replace(" ", "\N{NO-BREAK SPACE}") for label, v in told if v is not None
    )
    said = textwrap.fill("the paper ends at " + ", ".join(ends), LETTERS)
    ax.set_title(f"T = {window}\n{said}", fontsize=9)
    ax.set_xlabel("data time (steps)", fontsize=9)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlim(0, max(curve[-1][0] for curve in drawn))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v / 1000:g}k" if v else "0")
    return means if task == "ptb" else drawn


def _turns(curve: Curve) -> Curve:
    """Its ends and where it changes: of a landing nothing else is drawn."""
    inner = zip(curve, curve[1:-1], curve[2:], strict=False)
    return [*curve[:1], *(b for a, b, c in inner if not a[1] == b[1] == c[1]), *curve[1:][-1:]]


def _same_axis(panels: Sequence[Axes], curves: Sequence[Curve], task: str) -> None:
    """The limits that hold all panels of a task; of bits per character those after the first tenth of data time."""
    late = EARLY if task == "ptb" else 0.0
    values = [y for curve in curves for x, y in curve if x >= late * curve[-1][0]]
    low, high = min(values) if task == "ptb" else 0.0, max(values)
    high = high if high > low else low + 1  # nothing solved in a short run
    for ax in panels:
        ax.set_ylim(low - 0.04 * (high - low), high + 0.06 * (high - low))
