"""What figures of deep nets share: a metric by layer, ours and the paper's, and where the SG stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repro.record.view import View
from repro.show import style
from repro.show.numbers import spread_of
from repro.spec import Arm, Exhibit


def usual(exhibit: Exhibit, rules: Sequence[str], usual_l2: float | None = None, **setting: Any) -> list[Arm]:
    """The arm of each rule with this setting and penalty whose target is an example's own gradient."""
    found = [a for a in exhibit.arms if _line(a, usual_l2) == "-"]
    found = [a for a in found if all(a.setting.get(k) == v for k, v in setting.items())]
    return [a for rule in rules for a in found if a.setting["rule"] == rule]


def _line(arm: Arm, l2: float | None) -> str:
    """Solid where target and penalty are the usual ones."""
    if arm.setting.get("target", "example") != "example":
        return ":"
    return "-" if arm.setting.get("l2") == l2 else "--" if arm.setting.get("l2") else "-."


def compare(
    ax: Axes,
    exhibit: Exhibit,
    view: View,
    metric: str,
    rules: Sequence[str],
    told: Mapping[str, Sequence[float]],
    first: int = 1,
    scale: float = 1.0,
    usual_l2: float | None = None,
    **setting: Any,
) -> None:
    """Every arm of these rules with this setting, and the paper's numbers, rule → of layers from `first` on.

    `usual_l2`: the penalty that is drawn solid. `scale`: of the paper's numbers in our unit.
    """
    for arm in exhibit.arms:
        if arm.setting["rule"] in rules and all(arm.setting.get(k) == v for k, v in setting.items()):
            if view.has(arm.id, metric):
                series(ax, view, arm, metric, ls=_line(arm, usual_l2), label=_name(arm))
    for arm in usual(exhibit, rules, usual_l2, **setting):
        numbers = dict(enumerate(told.get(arm.setting["rule"], ()), first))
        label = "_" if view.has(arm.id, metric) else arm.series
        look = {"ms": 3.5, "lw": 0.7, "label": label}
        style.paper_points(ax, [*numbers], [v * scale for v in numbers.values()], arm.series, **look)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.plot([], [], "o--", color="#333333", mfc="none", ms=3.5, lw=0.7, label="hollow: the paper's")
    ax.fill_between([], [], [], color="#333333", alpha=0.15, lw=0, label="band: ± sd over seeds")


def _name(arm: Arm) -> str:
    target = ", target of the mean loss" if arm.setting.get("target") == "mean" else ""
    return arm.series + target + (f", L2 {arm.setting['l2']:g}" if "l2" in arm.setting else "")


def series(ax: Axes, view: View, arm: Arm, metric: str, **look: Any) -> None:
    """Mean over seeds at each run's end, by layer, with the sd as a band."""
    rows = view.select(arm.id, metric)
    end = {seed: max(r[3] for r in rows if r[1] == seed) for seed in {r[1] for r in rows}}
    found: dict[int, list[float]] = {}
    for _, seed, _, step, index, value in rows:
        if step == end[seed]:
            found.setdefault(int(index), []).append(value)
    x = sorted(found)
    points = [spread_of(found[i]) for i in x]
    colour = style.colour(arm.series)
    look = {"color": colour, "marker": "o", "ms": 3.5, "lw": 1.5, "label": arm.series, **look}
    ax.plot(x, [m for m, _, _ in points], **look)
    low, high = [m - sd for m, sd, _ in points], [m + sd for m, sd, _ in points]
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)


def mark_sg(ax: Axes, exhibit: Exhibit, shown: Sequence[str] = ("sg",), layers: int = 20) -> None:
    """A dotted line where the one SG of nets with so many layers stands."""
    of = [a.setting for a in exhibit.arms if a.setting["rule"] == "sg" and a.setting["layers"] == layers]
    for place in {s["after"] for s in of} if "sg" in shown else ():
        look: dict[str, Any] = {
            "color": style.colour("SG"),
            "lw": 0.9,
            "ls": (0, (1, 3)),
            "label": "where the SG stands",
        }
        ax.axvline(place + 0.5, **look)
