"""Levels solved, what was injected down the side: one panel a task, T = 2."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.dni.rnn_control.spec import KINDS, ORACLES, TASKS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit

METRIC = "levels"


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A dot a seed, a bar at the mean; the synthetic gradient in colour, everything else grey."""
    figure, axes = style.canvas(len(TASKS), (11, 4.6))
    for ax, (task, label) in zip(axes, TASKS.items(), strict=True):
        _panel(ax, view, task)
        ax.set(title=f"{label}, T = 2", xlabel="levels solved")
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, view: View, task: str) -> None:
    said = {**KINDS, **{k: f"true gradient × {f:g}" for k, f in ORACLES.items()}}
    there = [a for a in view.where(task=task, window=2) if view.has(a, METRIC) and _kind(a) in said]
    for n, arm in enumerate(there):
        values = view.final(arm, METRIC)
        colour = style.COLOURS["DNI"] if _kind(arm) == "synthetic" else style.COLOURS["Bprop"]
        ax.plot(values, [n + 0.04 * (i - len(values) / 2) for i in range(len(values))], ".", color=colour)
        ax.plot([mean(values)] * 2, [n - 0.3, n + 0.3], color=colour, lw=2)
    ax.set_yticks(range(len(there)), [said[_kind(a)] for a in there])
    ax.invert_yaxis()


def _kind(arm: str) -> str:
    """What an arm injects, from its id: "copy-2-32-mean-lane" → "mean_lane"; variants keep their whole name."""
    tail = arm.split("-", 4 if arm.startswith("repeat") else 3)[-1]
    return tail if tail in ORACLES else tail.replace("-", "_")
