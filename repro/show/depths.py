"""Figures of accuracy by number of hidden layers: levels, differences to a baseline, dev scores on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from repro.record.record import Record
from repro.record.stats import mean, paired
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

ACCURACY, DEV = "test_accuracy", "dev_accuracy"
LINES = ("-", "-.", ":", "--")
"""Lines of courses, from two hidden layers on, and then again."""


def compare(exhibit: Exhibit, record: Record, view: View, rules: Sequence[str]) -> Figure:
    """`rules`: the baseline and what is set against it; the other arms are controls. The paper's hollow."""
    course = any(view.has(a.id, DEV) for a in exhibit.arms)
    figure, axes = style.canvas(2 + course, (style.WIDE, 4.8))
    own = {rule: [a for a in exhibit.arms if a.setting["rule"] == rule] for rule in rules}
    _levels(axes[0], exhibit, view, own)
    _gaps(axes[1], view, *own.values())
    if course:
        _courses(axes[2], view, [a for arms in own.values() for a in (arms[0], arms[-1])])
    depths = sorted({a.setting["layers"] for arms in own.values() for a in arms})
    for ax in axes[:2]:
        ax.set_xticks(depths)
        ax.set_xlim(depths[0] - 0.5, depths[-1] + 0.5)
        ax.set_xlabel("hidden layers")
    for ax in axes:
        panels.legend_below(ax, 1, -0.2, fontsize=8)
    ours = f"ours: mean over seeds, {style.seeds_text(view, view.arms(), ACCURACY)}; left ± sd, middle 95 % interval"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2, fontsize=9)
    style.title(figure, exhibit, record)
    return figure


def _levels(ax: Axes, exhibit: Exhibit, view: View, own: Mapping[str, Sequence[Arm]]) -> None:
    kept: list[float] = []
    for shift, arms in zip((-0.06, 0.06), own.values(), strict=True):
        x = {a.id: a.setting["layers"] + shift for a in arms}
        ours = panels.against(ax, view, arms, x, ACCURACY)
        kept += [m + s * sd for _, (m, sd, _) in ours for s in (-1, 1)]
        kept += [a.reported[ACCURACY] for a in arms]
    pad = 0.1 * (max(kept) - min(kept)) + 0.02
    ax.set_ylim(min(kept) - pad, max(kept) + pad * 4)  # room for the controls' numbers
    ax.set_yticks([t for t in ax.get_yticks() if min(kept) - pad <= t <= 100])
    others = [a for a in exhibit.arms if a.setting["rule"] not in own and view.has(a.id, ACCURACY)]
    told = [
        f"{a.series}, {a.setting['layers']} layers: {mean(view.final(a.id, ACCURACY)):.2f} %" for a in others
    ]
    if told:  # beside the scale, which they would stretch
        ax.text(0.02, 0.98, "\n".join(told), transform=ax.transAxes, va="top", fontsize=8, in_layout=False)
    ax.set(title="Test accuracy", ylabel="test accuracy (%)")


def _gaps(ax: Axes, view: View, base: Sequence[Arm], own: Sequence[Arm]) -> None:
    """What each of `own` is above the baseline of its depth."""
    series, points = own[0].series, {}
    beside = {a.setting["layers"]: a for a in base}
    for arm in own:
        other = beside[arm.setting["layers"]]
        if view.has(arm.id, ACCURACY) and view.has(other.id, ACCURACY):
            gap = paired(view.paired(arm.id, other.id, ACCURACY))
            half = gap.interval()[1] - gap.mean
            points[arm.setting["layers"]] = (gap.mean, half if math.isfinite(half) else 0.0, gap.n)
    told = {
        n: a.reported[ACCURACY] - beside[n].reported[ACCURACY] for a in own for n in (a.setting["layers"],)
    }
    style.our_points(ax, list(points), list(points.values()), series, ls="")
    style.paper_points(ax, list(told), list(told.values()), series, ls="", label="_" if points else series)
    ax.axhline(0, color=style.colour(base[0].series), lw=1, label=base[0].series)
    ax.set(title="Difference to the dense net", ylabel="points above the dense net")


def _courses(ax: Axes, view: View, arms: Sequence[Arm]) -> None:
    """Mean dev accuracy along training, zoomed to its later part."""
    low, high = [], []
    for arm in (a for a in arms if view.has(a.id, DEV)):
        found: dict[int, list[float]] = {}
        for row in view.select(arm.id, DEV):
            found.setdefault(row[3], []).append(row[5])
        curve = panels.thinned(found)
        y = [mean(v) for v in curve.values()]
        label = f"{arm.series}, {arm.setting['layers']} layers"
        line, mark = LINES[(arm.setting["layers"] - 2) % len(LINES)], "o" if len(y) < 3 else None
        ax.plot(list(curve), y, line, color=style.colour(arm.series), lw=1.4, label=label, marker=mark)
        low.append(min(y[len(y) // 4 :]))
        high.append(max(y))
    if low:
        pad = 0.05 * (max(high) - min(low)) + 0.02
        ax.set_ylim(min(low) - pad, max(high) + pad)
    ax.set(title="On the way", ylabel="dev accuracy (%)", xlabel="step")
    ax.xaxis.set_major_locator(MaxNLocator(3))  # numbers of six digits would touch
