"""Figures of tables with a dense net and meProp on several tasks: scores, and below them what meProp is above."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.record.record import Record
from repro.record.stats import mean, paired
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

ACCURACY = "test_accuracy"
WHAT = {"pos": "right tags (%)", "parsing": "right heads (%)", "mnist": "right images (%)"}
SHIFT, WIDTH = 0.13, 0.55
"""Ours stand to the left of a place, the paper's to the right; places of two nets of a pair are `WIDTH` apart."""
Groups = Mapping[str, Mapping[str, str]]
"""Word → rule → an arm's id, with {} in the place of the task."""


def compare(exhibit: Exhibit, record: Record, view: View, tasks: Mapping[str, str], groups: Groups) -> Figure:
    """A column a task (id → name); controls are told in words."""
    figure = Figure(figsize=(style.WIDE, 6.4), layout="constrained")
    axes = figure.subplots(2, len(tasks), height_ratios=(3, 2), squeeze=False)
    for column, (task, name) in enumerate(tasks.items()):
        own = {
            word: {rule: exhibit.arm(arm.format(task)) for rule, arm in rules.items()}
            for word, rules in groups.items()
        }
        _scores(axes[0][column], view, own)
        _gaps(axes[1][column], view, own)
        ran = any(view.has(a.id, ACCURACY) for arms in own.values() for a in arms.values())
        axes[0][column].set(title=name + ("" if ran else " (not run)"), ylabel=WHAT[task])
    shown = [a.id for a in exhibit.arms if view.has(a.id, ACCURACY)]
    ours = f"ours: above ± sd, a small dot a seed, below 95 % interval, {style.seeds_text(view, shown, ACCURACY)}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _scores(ax: Axes, view: View, own: Mapping[str, Mapping[str, Arm]]) -> None:
    kept, ticks, told = list[float](), dict[float, str](), list[str]()
    for at, (word, arms) in enumerate(own.items()):
        for n, rule in enumerate(r for r in arms if r != "random"):
            arm, x = arms[rule], 2 * at * WIDTH * 1.3 + n * WIDTH
            ticks[x] = ("dense" if rule == "dense" else "meProp") + (f"\n{word}" if n == 0 else "\n")
            if ACCURACY in arm.reported:
                style.paper_points(ax, [x + SHIFT], [arm.reported[ACCURACY]], arm.series)
                kept.append(arm.reported[ACCURACY])
            if view.has(arm.id, ACCURACY):
                values = view.final(arm.id, ACCURACY)
                style.our_points(ax, [x - SHIFT], [style.spread(view, arm.id, ACCURACY)], arm.series)
                ax.plot(
                    [x - SHIFT - 0.1] * len(values),
                    values,
                    ".",
                    color=style.colour(arm.series),
                    ms=4,
                    alpha=0.6,
                )
                kept += values
        lot = arms.get("random")
        if lot and view.has(lot.id, ACCURACY):
            told.append(f"{word}, by lot: {mean(view.final(lot.id, ACCURACY)):.2f} %")
    pad = 0.08 * (max(kept) - min(kept)) + 0.02
    ax.set_ylim(min(kept) - pad, max(kept) + pad * (1 + 2.2 * len(told)))  # room for the controls' numbers
    if told:  # beside the scale, which they would stretch
        ax.text(0.02, 0.98, "\n".join(told), transform=ax.transAxes, va="top", fontsize=8, in_layout=False)
    ax.set_xticks(list(ticks), list(ticks.values()), fontsize=8)
    ax.set_xlim(min(ticks) - 0.4, max(ticks) + 0.4)
    ax.set_xlabel("net")


def _gaps(ax: Axes, view: View, own: Mapping[str, Mapping[str, Arm]]) -> None:
    names = []
    for at, (word, arms) in enumerate((w, a) for w, a in own.items() if "top" in a):
        top, dense = arms["top"], arms["dense"]
        names.append(word)
        its = top.reported[ACCURACY] - dense.reported[ACCURACY]
        style.paper_points(ax, [at + SHIFT], [its], top.series)
        if view.has(top.id, ACCURACY) and view.has(dense.id, ACCURACY):
            gap = paired(view.paired(top.id, dense.id, ACCURACY))
            half = gap.interval()[1] - gap.mean
            point = (gap.mean, half if math.isfinite(half) else 0.0, gap.n)
            style.our_points(ax, [at - SHIFT], [point], top.series)
    ax.axhline(0, color=style.colour("dense"), lw=1)
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set(title="meProp above dense", ylabel="points", xlabel="pair")
