"""A panel a task: the small dense net beside meProp, ours filled with a dot a seed, the paper's hollow."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.meprop.table3.spec import REPORTED, SERIES, TASKS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

ACCURACY = "test_accuracy"
WHAT = {
    "pos": "words with the right tag (%)",
    "parsing": "words with the right head (%)",
    "mnist": "right test images (%)",
}
SHIFT = 0.16
"""Ours stand to the left of a place, the paper's to the right."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Each task on a scale of its own; a task that was not run shows the paper's numbers alone."""
    figure, axes = style.canvas(len(TASKS), (style.WIDE, 4.2))
    for ax, task in zip(axes, TASKS, strict=True):
        _panel(ax, exhibit, record, view, task)
    ran = [a.id for a in exhibit.arms if view.has(a.id, ACCURACY)]
    ours = f"ours: mean ± sd, a small dot a seed, {style.seeds_text(view, ran, ACCURACY)}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, exhibit: Exhibit, record: Record, view: View, task: str) -> None:
    names = []
    for at, rule in enumerate(SERIES):
        arm = exhibit.arm(f"{task}-{rule}")
        names.append(_name(arm, exhibit, record))
        style.paper_points(ax, [at + SHIFT], [REPORTED[task][rule]], arm.series)
        if view.has(arm.id, ACCURACY):
            values, x = view.final(arm.id, ACCURACY), at - SHIFT
            style.our_points(ax, [x], [style.spread(view, arm.id, ACCURACY)], arm.series)
            ax.plot([x - 0.1] * len(values), values, ".", color=style.colour(arm.series), ms=4, alpha=0.6)
    told, ran = REPORTED[task], [rule for rule in SERIES if view.has(f"{task}-{rule}", ACCURACY)]
    head = f"{TASKS[task]}{'' if ran else ' (not run)'}\npaper {told['top'] - told['small']:+.2f}"
    if len(ran) == len(SERIES):
        head += f", ours {mean(view.paired(f'{task}-top', f'{task}-small', ACCURACY)):+.2f}"
    ax.set(title=f"{head} points", ylabel=WHAT[task], xlim=(-0.6, len(SERIES) - 0.4))
    ax.set_xlabel("model")
    ax.set_xticks(range(len(SERIES)), names)


def _name(arm: Arm, exhibit: Exhibit, record: Record) -> str:
    """What an arm is, with the paper's sizes and, where this record's nets are smaller, with ours."""
    paper = int(exhibit.param("hidden").value)
    net, spec = arm.series.split()[0], record.facts["spec"]
    ours = int(spec["params"]["hidden"]) if arm.id in spec["arms"] else paper
    return f"{net}\n{_sizes(arm, paper)}" + (f"\n(ours: {_sizes(arm, ours)})" if ours != paper else "")


def _sizes(arm: Arm, hidden: int) -> str:
    k = max(1, round(arm.setting["percent"] * hidden / 100))
    return f"h = {k}" if arm.setting["rule"] == "small" else f"k = {k} of {hidden}"
