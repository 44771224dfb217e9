"""Training error along training: ours, as measured and smoothed, and the paper's; a panel an activation."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.sg.deep import SERIES, numbers
from repro.exhibits.sg.fig4.claims import METRIC, curves
from repro.exhibits.sg.fig4.spec import ACTS, AT, TOLD
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

LINES = {3: ":", 5: "--", 20: "-", 50: "-."}
MEAN = "#b07d62"
PAPERS: dict[str, Any] = {"marker": "o", "ms": 3, "mfc": "none", "lw": 0.7, "alpha": 0.6}
FLOOR = 0.008
"""%: below it everything is drawn as here, on a logarithmic axis."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Rule by colour, depth by line; the paper's hollow."""
    run = [act for act in ACTS if any(view.has(a, METRIC) for a in view.where(act=act))]
    figure, axes = style.canvas(len(run), (style.WIDE if len(run) > 1 else 7.2, 5.6))
    for ax, act in zip(axes, run, strict=True):
        for (other, rule, depth), text in TOLD.items():
            if other == act:
                _papers(ax, act, rule, depth, numbers(text))
        for arm in (a for a in exhibit.arms if a.setting["act"] == act and view.has(a.id, METRIC)):
            _ours(ax, view, arm)
        ax.set(xscale="log", yscale="log", title=act, xlabel="steps", ylabel="training images wrong (%)")
    for ax in axes:
        panels.plain_log(ax)
    figure.legend(handles=_key(), loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure


def _key() -> list[Line2D]:
    """What colours, lines and marks mean."""
    colours = {s: style.colour(s) for s in (SERIES["bprop"], SERIES["sg"])}
    colours["SG, target of the mean loss"] = MEAN
    made = [Line2D([], [], color=c, lw=1.7, label=name) for name, c in colours.items()]
    made += [Line2D([], [], color="#333333", ls=ls, label=f"{n} layers") for n, ls in LINES.items()]
    made.append(Line2D([], [], color="#333333", lw=0.4, label="thin: ours as measured"))
    return [*made, Line2D([], [], color="#333333", label="hollow: the paper's", **PAPERS)]


def _papers(ax: Axes, act: str, rule: str, depth: int, told: tuple[float, ...]) -> None:
    steps = [1000 * k for k in AT[act]][-len(told) :]
    wrong = [max(100 - v, FLOOR) for v in told]
    look: dict[str, Any] = {**PAPERS, "color": style.colour(SERIES[rule]), "ls": LINES[depth]}
    ax.plot(steps, wrong, **look)


def _ours(ax: Axes, view: View, arm: Arm) -> None:
    """The mean over seeds of the smoothed curves, and thin what was measured."""
    mean_target, depth = arm.setting.get("target") == "mean", arm.setting["layers"]
    colour = MEAN if mean_target else style.colour(arm.series)
    for window, look in ((1, {"lw": 0.4, "alpha": 0.5}), (10, {"lw": 1.7})):
        own = [*curves(view, arm.id, window).values()]
        steps = sorted(set.intersection(*(set(c) for c in own)))
        wrong = [max(100 - mean([c[s] for c in own]), FLOOR) for s in steps]
        ax.plot(steps, wrong, color=colour, ls=LINES[depth], lw=look["lw"], alpha=look.get("alpha"))
