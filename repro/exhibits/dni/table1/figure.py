"""A panel a task over T: what is solved; bits per character, and how many fewer than BPTT's."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.table1.spec import METHODS, REPORTED, TASKS, name
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit

METRICS = {"copy": "solved", "repeat_copy": "solved", "ptb": "bpc"}
APART = 0.14
"""Between methods at one T, in places of the axis."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled with a small dot a seed, a line a method; the paper's hollow. Only where there is one of ours."""
    windows = {task: _windows(view, task) for task in TASKS}
    there = [task for task in TASKS if windows[task]]
    panels = [(t, False) for t in there] + [("ptb", True)] * ("ptb" in there)
    rows = 2 if len(panels) > 2 else 1
    columns = max(-(-len(panels) // rows), 1)
    figure = Figure(figsize=(4.2 * columns, 3.9 * rows + 0.5), layout="constrained")
    axes = [*figure.subplots(rows, columns, squeeze=False).flat]
    for ax, (task, beside) in zip(axes, panels, strict=False):
        for n, method in enumerate(METHODS):
            _line(ax, view, task, method, windows[task], (n - 1) * APART, beside)
        what = "bits per character" if task == "ptb" else "longest T_task solved"
        ax.set_xticks(range(len(windows[task])), list(map(str, windows[task])))
        ax.set(title=TASKS[task], xlabel="window T", ylabel="bits fewer than BPTT" if beside else what)
        ax.set_xlim(-0.5, len(windows[task]) - 0.5)
    for ax in axes[len(panels) :]:
        ax.remove()
    lines = [Line2D([], [], color=style.colour(label), lw=2, label=label) for label, _ in METHODS.values()]
    keys = [*lines, *style.key("ours: mean over seeds, a small dot each")]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize="small")
    style.title(figure, exhibit, record)
    return figure


def _windows(view: View, task: str) -> list[int]:
    """The T at which there is a method of ours; they are places of the axis, evenly apart."""
    every = dict.fromkeys(t for method in METHODS for t in REPORTED[task][method])
    return sorted(t for t in every if any(view.has(name(task, m, t), METRICS[task]) for m in METHODS))


def _line(
    ax: Axes, view: View, task: str, method: str, windows: Sequence[int], shift: float, beside: bool
) -> None:
    """One method's numbers; `beside`: what BPTT with the same T and seed has more."""
    metric, told = METRICS[task], REPORTED[task][method]
    at = {n + shift: t for n, t in enumerate(windows) if view.has(name(task, method, t), metric)}
    if beside:
        bptt = REPORTED[task]["bptt"]
        at = {x: t for x, t in at.items() if view.has(name(task, "bptt", t), metric)}
        ours = {x: view.paired(name(task, "bptt", t), name(task, method, t), metric) for x, t in at.items()}
        paper = {x: bptt[t] - told[t] for x, t in at.items()}
    else:
        ours = {x: view.final(name(task, method, t), metric) for x, t in at.items()}
        paper = {x: told[t] for x, t in at.items()}
    series = METHODS[method][0]
    colour = style.colour(series)
    ax.plot([x for x, own in ours.items() for _ in own], [v for own in ours.values() for v in own], ".",
            color=colour, ms=4, alpha=0.5, lw=0)  # fmt: skip
    ax.plot([*ours], [mean(v) for v in ours.values()], "o-", color=colour)
    style.paper_points(ax, [*paper], [*paper.values()], series)
