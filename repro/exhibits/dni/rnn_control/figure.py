"""Levels solved, what was injected down the side: a block a window and width, the variants of T = 2 below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.rnn_control.spec import KINDS, ORACLES, TASKS, WIDTHS, WINDOWS, name
from repro.record.record import Record
from repro.record.stats import mean, paired
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

METRIC = "levels"
GREY, LINE, DASHED = "#8c8c8c", 0.30, (0, (4, 3))
"""Of what is neither δ̂ nor the true gradient; inches a line; means to compare with."""
Pair = tuple[float, float]
Block = tuple[str, int, int, list[str]]
"""Title, T, units, what its arms inject (as in their ids)."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Dots for seeds, a bar at the mean with its 95 % interval; dashed lines at the means of nothing and of δ̂."""
    blocks = _blocks(view)
    sizes = [len(whats) + 2.2 for *_, whats in blocks]
    figure = Figure(figsize=(11, LINE * sum(sizes) + 1.2), layout="constrained")
    axes = figure.subplots(
        len(blocks), len(TASKS), squeeze=False, sharex="col", sharey="row", height_ratios=sizes
    )
    for row, block in zip(axes, blocks, strict=True):
        for ax, task in zip(row, TASKS, strict=True):
            _panel(ax, exhibit, view, task, block)
        row[0].invert_yaxis()
    for ax in axes[-1]:
        ax.set_xlabel("levels solved")
    figure.legend(handles=_key(), loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure


def _blocks(view: View) -> list[Block]:
    """Those of which there is anything."""
    kinds = [k.replace("_", "-") for k in (*KINDS, *ORACLES)]
    made: list[Block] = [(f"T = {t}, {w} units", t, w, kinds) for w in WIDTHS for t in WINDOWS]
    known = {a.removeprefix("copy-2-32-") for a in view.arms() if a.startswith("copy-2-32-")}
    made.append(("T = 2, 32 units, other settings", 2, 32, sorted(known - {*kinds})))
    kept = [(title, t, w, [k for k in whats if _has(view, t, w, k)]) for title, t, w, whats in made]
    return [block for block in kept if block[3]]


def _has(view: View, window: int, width: int, what: str) -> bool:
    return any(view.has(name(task, window, width, what), METRIC) for task in TASKS)


def _panel(ax: Axes, exhibit: Exhibit, view: View, task: str, block: Block) -> None:
    title, window, width, whats = block
    arms = [exhibit.arm(name(task, window, width, k)) for k in whats]
    for kind in ("nothing", "synthetic"):
        base = name(task, window, width, kind)
        if view.has(base, METRIC):
            colour = style.colour(KINDS[kind])
            ax.axvline(mean(view.final(base, METRIC)), color=colour, lw=1, ls=DASHED, zorder=1)
    there = [(y, arm) for y, arm in enumerate(arms) if view.has(arm.id, METRIC)]
    for colour in dict.fromkeys(_colour(arm) for _, arm in there):
        _lines(ax, {y: view.final(a.id, METRIC) for y, a in there if _colour(a) == colour}, colour)
    ax.set(title=f"{TASKS[task]}, {title}", ylim=(-0.7, len(arms) - 0.3))
    said = [a.label.partition(": ")[2] for a in arms]
    ax.set_yticks(
        range(len(arms)), [w.replace(" (truncated BPTT),", ",").replace(" (DNI),", ",") for w in said]
    )
    ax.tick_params(axis="y", left=False)
    ax.grid(False, axis="y")


def _colour(arm: Arm) -> str:
    return style.colour(arm.series) if arm.series in (KINDS["synthetic"], "true gradient") else GREY


def _lines(ax: Axes, values: dict[int, list[float]], colour: str) -> None:
    """A line an arm, at its place: levels are whole numbers, so seeds lie on each other."""
    dots = [(own.count(v), v, y) for y, own in values.items() for v in dict.fromkeys(own)]
    for n in sorted({count for count, *_ in dots}):  # the round ends of lines without length
        here = [((v, v + 1e-3), (y, y)) for count, v, y in dots if count == n]
        _strokes(ax, here, color=colour, alpha=0.45, lw=3 * math.sqrt(n), solid_capstyle="round", zorder=2)
    ends = {at: paired(own).interval() for at, own in values.items()}
    _strokes(ax, [(e, (at, at)) for at, e in ends.items() if math.isfinite(e[0])], color=colour, lw=1.5)
    bars = [((mean(own),) * 2, (at - 0.33, at + 0.33)) for at, own in values.items()]
    _strokes(ax, bars, color=colour, lw=2.5)


def _strokes(ax: Axes, strokes: Sequence[tuple[Pair, Pair]], **look: Any) -> None:
    """Separate lines as one path, which keeps the file small."""
    x, y = ([v for stroke in strokes for v in (*stroke[i], math.nan)] for i in (0, 1))
    ax.plot(x, y, **look)


def _key() -> list[Line2D]:
    nothing, synthetic = (style.colour(KINDS[k]) for k in ("nothing", "synthetic"))
    return [
        Line2D([], [], color=GREY, marker="o", ls="", alpha=0.45, label="seeds; the larger the more"),
        Line2D([], [], color=GREY, marker="|", ms=12, mew=2.5, lw=1.5, label="mean, 95 % interval"),
        Line2D([], [], color=nothing, lw=1, ls=DASHED, label="mean of nothing, same T"),
        Line2D([], [], color=synthetic, lw=1, ls=DASHED, label="mean of δ̂, same T"),
    ]
