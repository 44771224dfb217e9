"""Training error along training: ours, as measured and smoothed, and the paper's; a panel an activation."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg.deep import SERIES, numbers
from repro.exhibits.sg.fig4.claims import METRIC, curves
from repro.exhibits.sg.fig4.spec import ACTS, AT, TOLD
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

LINES = {3: ":", 5: "--", 20: "-", 50: "-."}
FLOOR = 0.008
"""%: below it everything is drawn as here, on a logarithmic axis."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Rule by colour, depth by line; the paper's pale."""
    run = [act for act in ACTS if any(view.has(a, METRIC) for a in view.where(act=act))]
    figure, axes = style.canvas(len(run), (6.5 * len(run), 5.4))
    for ax, act in zip(axes, run, strict=True):
        for (other, rule, depth), text in TOLD.items():
            if other == act:
                _papers(ax, act, rule, depth, numbers(text))
        for arm in (a for a in exhibit.arms if a.setting["act"] == act and view.has(a.id, METRIC)):
            _ours(ax, view, arm)
        ax.set(xscale="log", yscale="log", title=act, xlabel="steps", ylabel="training images wrong (%)")
        ax.legend(fontsize="x-small", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _papers(ax: Axes, act: str, rule: str, depth: int, told: tuple[float, ...]) -> None:
    steps = [1000 * k for k in AT[act]][-len(told) :]
    look: dict[str, Any] = {"color": style.colour(SERIES[rule]), "ls": LINES[depth], "lw": 0.9, "alpha": 0.35}
    label = f"{SERIES[rule]} {depth} (paper)" if depth in (3, 20) else "_"
    ax.plot(steps, [max(100 - v, FLOOR) for v in told], label=label, **look)


def _ours(ax: Axes, view: View, arm: Arm) -> None:
    """The mean over seeds of the smoothed curves, and thin what was measured."""
    mean_target, depth = arm.setting.get("target") == "mean", arm.setting["layers"]
    colour = "#b07d62" if mean_target else style.colour(arm.series)
    label = f"{arm.series} {depth}" + (", target of the mean loss" if mean_target else "")
    for window, look in ((1, {"lw": 0.4, "alpha": 0.5}), (10, {"lw": 1.7, "label": label})):
        own = [*curves(view, arm.id, window).values()]
        steps = sorted(set.intersection(*(set(c) for c in own)))
        wrong = [max(100 - mean([c[s] for c in own]), FLOOR) for s in steps]
        ax.plot(steps, wrong, color=colour, ls=LINES[depth], **look)
