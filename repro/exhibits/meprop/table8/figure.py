"""Gain over the dense backward pass against k, beside the paper's."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.meprop.table8.spec import DENSE_MS, MS
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.show.numbers import percentiles
from repro.spec import Exhibit

VARIANTS = {
    "float32, eager": ("float32", "overall_ms", "-"),
    "float32, captured": ("float32", "captured_ms", "--"),
    "TF32, captured": ("tf32", "captured_ms", "-."),
}
"""label → (precision, metric, line)."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Left the times, ours alone, since the paper's are of an epoch; right the gains, the paper's hollow."""
    figure, (left, right) = style.canvas(2, (style.WIDE, 5))
    for label, (precision, metric, line) in VARIANTS.items():
        _variant(left, right, exhibit, view, label, precision, metric, line)
    style.paper_points(right, list(MS), [DENSE_MS / t for t in MS.values()], "meProp", label="paper")
    left.set(title="Time of the whole backward pass", ylabel="milliseconds")
    right.axhline(1, color=style.colour("dense"), lw=1, ls=":")
    right.set(title="Gain over the dense pass", ylabel="dense time / time")
    for ax in (left, right):
        panels.doubling_axis(ax, list(MS), "k (gradient columns kept)")
        panels.plain_log(ax)
        panels.legend_below(ax, 2, -0.15)
    style.title(figure, exhibit, record)
    return figure


def _variant(
    left: Axes, right: Axes, exhibit: Exhibit, view: View, label: str, precision: str, metric: str, line: str
) -> None:
    arms: dict[Any, str] = {
        a.setting.get("k"): a.id for a in exhibit.arms if a.setting["precision"] == precision
    }
    ours = {k: percentiles(view, arm, metric)[0] for k, arm in arms.items() if view.has(arm, metric)}
    dense, colour = ours.pop(None, None), style.colour("meProp")
    if ours:
        left.plot(list(ours), list(ours.values()), "o", ls=line, color=colour, label=f"ours, {label}")
    if dense:
        left.axhline(dense, color=style.colour("dense"), ls=line, label=f"ours, dense, {label}")
    if ours and dense:
        gains = [dense / t for t in ours.values()]
        right.plot(list(ours), gains, "o", ls=line, color=colour, label=f"ours, {label}")
