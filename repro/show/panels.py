"""Panels that figures share: curves with their spread, final values against something, axes that say numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from repro.record.stats import mean, paired
from repro.record.view import View
from repro.show import style
from repro.show.numbers import spread_of
from repro.spec import Arm

Point = tuple[float, float, int]
"""mean, sd, n."""
MISSING: Point = (math.nan, math.nan, 0)
GREY = "#8c8c8c"
"""Of what is neither the method nor its limit."""
PERCENT_TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 90)
LEADING = (
    (1.0,),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0),
    (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
    tuple(1 + i / 5 for i in range(45)),
)
"""First digits of ticks on a logarithmic axis, from few to many."""


def against(
    ax: Axes,
    view: View,
    arms: Sequence[Arm],
    x: Mapping[str, float],
    metric: str,
    notes: Mapping[str, str] | None = None,
    **look: Any,
) -> list[tuple[float, Point]]:
    """Final values of a series' arms, ours and the paper's, each at its `x`; returns ours.

    The line of ours breaks where an arm between two others is missing. `notes`: a word above an arm's point.
    """
    ours = {a.id: style.spread(view, a.id, metric) for a in arms if view.has(a.id, metric)}
    told = [(x[a.id], a.reported[metric]) for a in arms if metric in a.reported]
    if arms:
        series = arms[0].series
        points = [ours.get(a.id, MISSING) for a in arms]
        style.our_points(ax, [x[a.id] for a in arms] if ours else [], points, series, **look)
        for arm in (
            a for a in ours if a in (notes or {})
        ):  # in the order of the arms: pictures are committed
            top = (x[arm], ours[arm][0] + ours[arm][1])
            ax.annotate((notes or {})[arm], top, (0, 5), textcoords="offset points", fontsize=8, ha="center")
        label = "_" if ours else series  # in the legend once, also when ours is not there
        style.paper_points(ax, [at for at, _ in told], [y for _, y in told], series, label=label, **look)
    return [(x[arm], point) for arm, point in ours.items()]


def thinned(curve: Mapping[int, Sequence[float]], most: int = 50) -> dict[int, Sequence[float]]:
    """At most so many points of a long curve, evenly, the last among them: pictures are committed."""
    steps = list(curve)
    every = -(-len(steps) // most)
    return {s: curve[s] for s in reversed(steps[::-1][::every])}


def labels_at_ends(ax: Axes, ends: Sequence[tuple[float, str, str]], gap: float = 0.055) -> None:
    """A line's name beside its last value, (value, name, colour) each, moved apart where they would touch.

    The limits of y must stand; `gap` is a part of the axis. Without any line the axes say so.
    """
    if not ends:
        absent(ax)
    free = -gap
    for y, name, colour in sorted(ends):
        place = float(ax.transAxes.inverted().transform(ax.transData.transform((0, y)))[1])
        free = max(place, free + gap)
        at = (1.01, free)
        ax.annotate(name, at, xycoords="axes fraction", color=colour, va="center", fontsize=9)


def absent(ax: Axes, more: str = "") -> None:
    """Words in empty axes: what they are for has not been run, `more` what they show in its place."""
    ax.text(0.5, 0.55, f"not in this record{more}", ha="center", transform=ax.transAxes)


def band(ax: Axes, curve: Mapping[Any, Sequence[float]], colour: str, label: str, line: str = "-") -> None:
    """A curve over steps: the mean over seeds, ± sd as a band that stays above 0."""
    x, points = list(curve), [spread_of(values) for values in curve.values()]
    ax.plot(x, [m for m, _, _ in points], color=colour, lw=1.5, ls=line, label=label)
    low, high = [max(m - sd, m / 3) for m, sd, _ in points], [m + sd for m, sd, _ in points]
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)


def percent_axis(ax: Axes) -> None:
    """y: percent, logarithmic, with plain numbers; finer ones where it spans little. The limits must stand."""
    plain_log(ax)
    low, high = ax.get_ylim()
    coarse = [t for t in PERCENT_TICKS if low <= t <= high]
    if len(coarse) > 2:
        ax.yaxis.set_major_locator(FixedLocator(coarse))


def plain_log(ax: Axes) -> None:
    """y: logarithmic, with three plain numbers or more. The limits must stand."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    sets = [
        [m * 10.0**p for p in powers for m in leading if low <= m * 10.0**p <= high] for leading in LEADING
    ]
    ax.yaxis.set_major_locator(FixedLocator(next((s for s in sets if len(s) > 2), sets[-1])))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))


def doubling_axis(ax: Axes, ticks: Sequence[float], label: str) -> None:
    """x: logarithmic, a tick at each value."""
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{t:g}" for t in ticks])
    ax.set_xlabel(label)


def gains(
    ax: Axes, words: Sequence[str], ours: Sequence[float | None], told: Sequence[float], series: str
) -> None:
    """How many times as fast, a place a word: ours filled where there is one, the paper's hollow, a line at 1."""
    made = {x: gain for x, gain in enumerate(ours) if gain is not None}
    if made:
        ax.plot(list(made), list(made.values()), "o", color=style.colour(series), label="ours")
    style.paper_points(ax, range(len(told)), told, series, ls="", label="paper")
    ax.axhline(1, color=style.colour("dense"), lw=1)
    ax.set_xticks(range(len(words)), words, fontsize=8)
    ax.set(title="Gains", xlabel="part of a step", xlim=(-0.5, len(words) - 0.5))
    plain_log(ax)
    ax.legend(loc="upper right", fontsize=8)  # gains fall from part to part


def stacked(
    ax: Axes, x: float, parts: Mapping[str, float], colours: Mapping[str, str], alpha: float = 1.0
) -> None:
    """A bar of parts at x, one upon the other; the legend has each name once, those of pale ones (`alpha`) not."""
    at = 0.0
    for name, share in parts.items():
        known = name in ax.get_legend_handles_labels()[1] or alpha < 1
        ax.bar(x, share, 0.36, bottom=at, color=colours[name], alpha=alpha, label="_" if known else name)
        at += share


def apart(ax: Axes, x: float) -> None:
    """A dotted line: what lies beyond it is of another kind."""
    ax.axvline(x, color="#999999", lw=0.8, ls=(0, (1, 3)))


def legend_below(ax: Axes, columns: int, lower: float = -0.14, **look: Any) -> None:
    """The legend under the axes, each label once."""
    handles, labels = ax.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    look = {"loc": "upper center", "ncols": columns, "bbox_to_anchor": (0.5, lower), **look}
    ax.legend(list(once.values()), list(once), **look)


def seeds_down(ax: Axes, values: Mapping[int, tuple[Sequence[float], str]]) -> None:
    """A line an arm, place → (values of its seeds, colour): dots, larger where seeds agree, mean and 95 % interval.

    Marks of a colour are one path, so that pictures of a hundred arms stay small. Without any
    value the axes say so.
    """
    if not values:
        absent(ax)
    for colour in dict.fromkeys(c for _, c in values.values()):
        own = {y: v for y, (v, c) in values.items() if c == colour}
        dots = [(list(v).count(x), x, y) for y, v in own.items() for x in dict.fromkeys(v)]
        for n in sorted({count for count, *_ in dots}):  # the round ends of lines without length
            here = [((x, x + 1e-3), (y, y)) for count, x, y in dots if count == n]
            look: dict[str, Any] = {"lw": 3 * math.sqrt(n), "solid_capstyle": "round", "alpha": 0.45}
            _strokes(ax, here, color=colour, **look)
        ends = {y: paired(v).interval() for y, v in own.items()}
        _strokes(ax, [(e, (y, y)) for y, e in ends.items() if math.isfinite(e[0])], color=colour, lw=1.5)
        bars = [((mean(v), mean(v)), (y - 0.33, y + 0.33)) for y, v in own.items()]
        _strokes(ax, bars, color=colour, lw=2.5)
    ax.tick_params(axis="y", left=False)
    ax.grid(False, axis="y")


def _strokes(ax: Axes, strokes: Sequence[tuple[Sequence[float], Sequence[float]]], **look: Any) -> None:
    x, y = ([v for stroke in strokes for v in (*stroke[i], math.nan)] for i in (0, 1))
    ax.plot(x, y, **look)


def seeds_key() -> list[Line2D]:
    """Legend handles that explain the marks of `seeds_down`."""
    return [
        Line2D([], [], color=GREY, marker="o", ls="", alpha=0.45, label="seeds; the larger the more"),
        Line2D([], [], color=GREY, marker="|", ms=12, mew=2.5, lw=1.5, label="mean, 95 % interval"),
    ]
