"""The pictures of one data set, the correlations of all of them, and what each open choice does to them."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.sg import fidelity
from repro.exhibits.sg.implied import BLOCKS, DATA, ITERATIONS, LAYERS, LOSSES, told
from repro.record import stats
from repro.record.record import Record
from repro.record.view import MissingData, View
from repro.show import grids, style
from repro.spec import Arm, Exhibit

PLACES = range(LAYERS, 0, -1)


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Above, a block a panel; in the middle correlations; below, the distance from the paper's of each choice."""
    figure = Figure(figsize=(style.WIDE, 11.6), layout="constrained")
    above, middle, below = grids.parts(figure, (4.8, 3, 3.4))
    for ax, block in zip(above.subplots(2, 2).flat, BLOCKS, strict=True):
        grids.pictures(ax, view, {name(block): usual(exhibit, block)}, ITERATIONS)
        ax.set_title(name(block), fontsize=9.5)
    above.supxlabel(grids.COLUMNS, fontsize=8)
    axes = middle.subplots(1, 4, sharey=True)
    for ax, block in zip(axes, BLOCKS, strict=True):
        grids.correlations(ax, view, usual(exhibit, block), sheet(block))
        ax.set_title(name(block), fontsize=9.5)
    axes[0].set_ylabel("correlation with the true loss")
    key(middle)
    _choices(below.subplots(), exhibit, view)
    style.title(figure, exhibit, record)
    return figure


def name(block: tuple[str, str]) -> str:
    """ "MSE, noisy linear"."""
    return f"{LOSSES[block[0]]}, {DATA[block[1]]}"


def usual(exhibit: Exhibit, block: tuple[str, str], given: str = "hy") -> list[Arm]:
    """A block's two arms, one SG and everywhere, at the usual choices."""
    asked = {"loss": block[0], "data": block[1], "given": given, "target": "mean", "wide": 0}
    found = [a for a in exhibit.arms if asked.items() <= a.setting.items()]
    return [a for at in (3, 0) for a in found if a.setting["at"] == at]


def sheet(block: tuple[str, str], given: str = "hy") -> dict[int, list[float]]:
    """The paper's numbers of a block: iteration → one SG, then layers 5 to 1."""
    setting = {"given": given, "loss": block[0], "data": block[1]}
    one = {t: told({**setting, "at": 3}, t)[3] for t in ITERATIONS}
    every = {t: told({**setting, "at": 0}, t) for t in ITERATIONS}
    return {t: [one[t], *(every[t][i] for i in PLACES)] for t in ITERATIONS}


def key(part: Any) -> None:
    """Below a part of a figure: what shades and marks of its correlations are."""
    lines = [
        Line2D([], [], color=shade, marker="o", ms=4, label=f"{t:,} iterations")
        for t, shade in zip(ITERATIONS, grids.SHADES, strict=True)
    ]
    lines += [
        Line2D([], [], color="#333333", marker="o", ms=4, label="ours: median; range at the end"),
        Line2D([], [], color="#333333", marker="o", ms=6, mfc="none", ls="--", label="the paper's pictures"),
    ]
    part.legend(handles=lines, fontsize=8, loc="outside lower center", ncols=3)


def distances(exhibit: Exhibit, view: View) -> dict[str, float]:
    """Choice → mean |ours − the paper's| over blocks, iterations and layers; the usual choice is named so."""
    found: dict[str, list[float]] = {}
    for arm in exhibit.arms:
        try:
            gap = fidelity.distance(arm.setting, fidelity.medians(view, arm.id))
        except MissingData:
            continue
        found.setdefault(_choice(arm), []).append(gap)
    return {choice: stats.mean(v) for choice, v in found.items()}


def _choice(arm: Arm) -> str:
    s = arm.setting
    place = "everywhere" if not s["at"] else "one SG"
    if s["wide"]:
        return f"{place}, {s['wide']} units"
    if s["target"] == "example":
        return f"{place}, example targets"
    return f"{place}, after {s['at']}" if s["at"] not in (0, 3) else f"{place}, usual"


def _choices(ax: Axes, exhibit: Exhibit, view: View) -> None:
    found = dict(sorted(distances(exhibit, view).items(), key=lambda kv: (kv[0].split(",")[0], kv[1])))
    colours = ["#d55e00" if "usual" in c else "#7f7f7f" for c in found]
    ax.barh(range(len(found)), list(found.values()), color=colours, height=0.7)
    if not found:
        ax.plot([], [])
    ax.set_yticks(range(len(found)), list(found))
    ax.invert_yaxis()
    ax.set_title("What the paper leaves open, the nearest first in each group (orange: chosen before)")
    ax.set(ylabel="choice", xlabel="mean |ours − paper's|, correlations")
