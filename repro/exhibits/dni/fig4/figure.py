"""Left: T_task solved over data time on Repeat Copy; right: validation bits per character."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.dni.table1.spec import METHODS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit

PANELS = {
    ("repeat_copy", "solved"): ("Repeat Copy", "longest T_task solved"),
    ("ptb", "validation_bpc"): ("Penn Treebank", "bits per character (validation)"),
}
SHOWN = ("bptt", "aux")


def draw(
    exhibit: Exhibit,
    record: Record,
    view: View,
    shown: tuple[str, ...] = SHOWN,
    panels: Iterable[tuple[str, str]] = tuple(PANELS),
) -> Figure:
    """A line an arm, its mean over seeds: the method by colour, T by width."""
    there = [p for p in panels if any(view.has(a, p[1]) for a in view.where(task=p[0]))]
    figure, axes = style.canvas(len(there), (5.6 * len(there), 4.4))
    for ax, panel in zip(axes, there, strict=True):
        curves(ax, exhibit, view, *panel, shown)
        ax.set(title=PANELS[panel][0], xlabel="data time (steps a lane)", ylabel=PANELS[panel][1])
    style.title(figure, exhibit, record)
    return figure


def curves(ax: Axes, exhibit: Exhibit, view: View, task: str, metric: str, shown: tuple[str, ...]) -> None:
    """Every arm of these methods on one task."""
    for method in shown:
        for arm in view.where(task=task, peepholes=True, **METHODS[method][1]):
            if view.has(arm, metric):
                t, label = int(exhibit.arm(arm).setting["window"]), METHODS[method][0]
                at = {step * t: mean(v) for step, v in view.curve(arm, metric).items()}
                colour = style.COLOURS[label]
                ax.plot(
                    [*at], [*at.values()], color=colour, lw=0.6 + 0.4 * min(t, 8), label=f"{label}, T = {t}"
                )
    ax.legend(fontsize="x-small")
