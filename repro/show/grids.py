"""Figures 2 and 9 of Understanding SG: pictures of losses on the grid, and how well they agree, by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.record import stats
from repro.record.view import View
from repro.spec import Arm

SIDE, GAP = 10, 2
MIDDLE = SIDE / 2 - 0.5
COLUMNS = (
    "L: the true loss; implied: SG by the one SG, 5 to 1 by the SG after that layer; blue: low, red: high; "
    "each picture on a scale of its own"
)
SHADES = ("#9ecae1", "#3182bd", "#08306b")
"""Early to late."""


def parts(figure: Figure, heights: Sequence[float]) -> list[Any]:
    """Sub-figures below each other."""
    made: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    return list(made)


def pictures(ax: Axes, view: View, blocks: Mapping[str, Sequence[Arm]], steps: Sequence[int]) -> None:
    """A row an iteration, block under block; a column for each true loss, and for each SG from the loss down."""
    sheet: list[list[float]] = []
    names: list[str] = []
    ticks: dict[float, str] = {}
    told: dict[int, None] = {}
    for block, arms in blocks.items():
        columns = [(a, name) for a in arms if view.has(a.id, "picture") for name in _names(view, a)]
        names = max(names, [_said(a, n) for a, n in columns], key=len)
        there = [t for t in steps if columns and _has(view, columns[0][0], t)]
        begin = len(sheet)
        told |= dict.fromkeys(there)
        for step in there:
            sheet += _row([_cells(view, a, n, step) for a, n in columns])
        if len(blocks) == 1:
            ticks |= {MIDDLE + row * (SIDE + GAP): f"{t:,}" for row, t in enumerate(there)}
        else:
            ticks[(begin + len(sheet) - GAP) / 2] = block.replace(", ", "\n")
    ax.set(yticks=[], xticks=[])
    ax.set_xlabel("true loss, then what SGs imply" if sheet else "not in this record", fontsize=8)
    ax.set_ylabel("iteration" if len(blocks) == 1 else f"iterations {', '.join(f'{t:,}' for t in told)}")
    if not sheet:
        ax.plot([], [])
        return
    wide = max(map(len, sheet))
    sheet = [row + [math.nan] * (wide - len(row)) for row in sheet]
    ax.imshow(sheet, cmap=colormaps["jet"].resampled(10), vmin=0, vmax=1, interpolation="none")
    ax.set_xticks([MIDDLE + i * (SIDE + GAP) for i in range(len(names))], names)
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.tick_params(length=0, labelsize=8)
    ax.grid(False)
    ax.spines[["left", "bottom"]].set_visible(False)


def _row(pictures: Sequence[Mapping[int, float]]) -> list[list[float]]:
    """Pictures side by side, with a gap to the right of each and below all."""
    blank = [math.nan] * GAP
    lines = [
        [v for own in pictures for v in (*(own.get(y * SIDE + x, math.nan) for x in range(SIDE)), *blank)]
        for y in range(SIDE)
    ]
    return lines + [[math.nan] * len(lines[0])] * GAP


def _names(view: View, arm: Arm) -> list[str]:
    found = {r[4].split(";")[0] for r in view.select(arm.id, "picture")}
    return ["true", *sorted(found - {"true"}, reverse=True)]


def _said(arm: Arm, name: str) -> str:
    return "L" if name == "true" else "SG" if arm.setting["at"] else name


def _has(view: View, arm: Arm, step: int) -> bool:
    return step in view.curve(arm.id, "picture")


def _cells(view: View, arm: Arm, name: str, step: int) -> dict[int, float]:
    rows = view.select(arm.id, "picture", step=step)
    first = min(r[1] for r in rows)
    return {int(r[4].split(";")[1]): r[5] for r in rows if r[1] == first and r[4].startswith(f"{name};")}


def correlations(ax: Axes, view: View, arms: Sequence[Arm], told: Mapping[int, Sequence[float]]) -> None:
    """x: the one SG, then those after layers 5 to 1. Medians of ours, and what the paper's pictures give (hollow).

    `told`: iteration → six numbers; ours are drawn at these iterations and, without the paper's, at an earlier end.
    """
    places = ["one", "5", "4", "3", "2", "1"]
    found = {a.setting["at"]: _seen(view, a) for a in arms}
    steps = sorted({*told, *(s for seen in found.values() for s, _ in seen if s <= max(told))})[-3:]
    for step, shade in zip(steps, SHADES[-len(steps) :], strict=True):
        ours = []
        for x, place in enumerate(places):
            one = next((seen for at, seen in found.items() if bool(at) == (place == "one")), {})
            values = [v for (t, layer), v in one.items() if t == step and place in ("one", str(layer))]
            if values:
                middle = stats.median(values[0])
                ours.append((x, middle, min(values[0]), max(values[0])))
        for part in ([p for p in ours if p[0] == 0], [p for p in ours if p[0]]):
            if part:
                at = [p[0] for p in part]
                mark = "o" if len(at) == 1 else "-"
                ax.plot(at, [p[1] for p in part], mark, color=shade, ms=4, lw=1.6)
            if part and step == steps[-1]:
                ax.fill_between(at, [p[2] for p in part], [p[3] for p in part], color=shade, alpha=0.12, lw=0)
        if step in told:
            look: dict[str, Any] = {"color": shade, "mfc": "none", "lw": 0.9, "ms": 6}
            ax.plot([0], told[step][:1], "o", **look)
            ax.plot(range(1, 6), told[step][1:], "--", **look)
    ax.axvline(0.5, color="#999999", lw=0.8, ls=(0, (1, 3)))
    ax.axhline(0, color="#999999", lw=0.8)
    ax.set_xticks(range(6), places)
    ax.set(ylim=(-0.5, 1.05), xlabel="one SG | after layer", yticks=[-0.5, 0, 0.5, 1])
    ax.grid(False)


def _seen(view: View, arm: Arm) -> dict[tuple[int, int], list[float]]:
    """(step, layer) → correlations over seeds."""
    found: dict[tuple[int, int], list[float]] = {}
    rows = view.select(arm.id, "correlation") if view.has(arm.id, "correlation") else []
    for _, _, _, step, index, value in rows:
        if index.isdigit():
            found.setdefault((step, int(index)), []).append(value)
    return found


def losses(ax: Axes, view: View, arms: Mapping[str, Arm]) -> None:
    """True loss at the iterations looked at: a line an arm, by name; medians over seeds."""
    for n, (label, arm) in enumerate(arms.items()):
        curve = view.curve(arm.id, "true_loss") if view.has(arm.id, "true_loss") else {}
        y = [stats.median(v) for v in curve.values()]
        ax.plot(list(curve), y, "o-", ms=4, lw=1.4, color=f"C{n}", label=label)
    ax.set(xscale="log", yscale="log", xlabel="iterations")
    ax.minorticks_off()
