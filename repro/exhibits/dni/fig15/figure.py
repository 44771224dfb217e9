"""Training error over training, a panel a depth, a colour a method; the test error beside it, dashed."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.fig15.spec import DEPTHS
from repro.exhibits.dni.judging import ERROR
from repro.exhibits.dni.stretch import TRAIN
from repro.record.record import Record
from repro.record.view import View
from repro.show import courses, style
from repro.spec import Exhibit

DARK = "#333333"


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Both panels with the same limits, so that depths can be compared; the paper's test errors where they fit in."""
    figure, axes = style.canvas(len(DEPTHS), (style.WIDE, 5.2), sharey=True)
    low, high = _limits(view)
    told = False
    for ax, n in zip(axes, DEPTHS, strict=True):
        arms = [a for a in exhibit.arms if a.setting["layers"] == n]
        lines = [
            courses.Line(a.id, a.series, style.colour(a.series), line, metric, metric == TRAIN)
            for a in arms
            for metric, line in ((TRAIN, "-"), (ERROR, "--"))
        ]
        ax.set_ylim(low, high)
        courses.draw(ax, view, lines, "wrong answers (%)")
        for a in arms:
            if low < a.reported[ERROR] < high:
                style.paper_points(ax, [1.0], [a.reported[ERROR]], a.series, clip_on=False)
                told = True
        ax.set_title(f"{n} layers")
    axes[1].set_ylabel("")
    seeds = style.seeds_text(view, view.arms(), TRAIN)
    words = (
        "the paper's test error (its curves are not known)"
        if told
        else "no number of the paper's curves is known"
    )
    key = [
        Line2D([], [], color=DARK, lw=1.5, label=f"training images; mean ± sd over seeds, {seeds}"),
        Line2D([], [], color=DARK, lw=1.5, ls="--", label="test images"),
        Line2D([], [], color=DARK, ls="", marker="o" if told else "", mfc="none", label=words),
    ]
    figure.legend(handles=key, loc="outside lower center", ncols=3, fontsize=9)
    style.title(figure, exhibit, record)
    return figure


def _limits(view: View) -> tuple[float, float]:
    """Of the axis, which is logarithmic, around all that was measured."""
    found = [v for a in view.arms() for m in (TRAIN, ERROR) if view.has(a, m)
             for values in view.curve(a, m).values() for v in values]  # fmt: skip
    return max(min(found, default=1.0), 0.05) * 0.93, max(*found, 1.0) * 1.07
