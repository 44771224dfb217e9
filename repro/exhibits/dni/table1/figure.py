"""A panel a task: what is solved, or bits per character, over T; the paper's numbers hollow."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.dni.table1.spec import METHODS, TASKS
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

METRICS = {"copy": "solved", "repeat_copy": "solved", "ptb": "bpc"}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, a line a method; the paper's hollow."""
    found = {task: _of(exhibit, view, task) for task in TASKS}
    there = [task for task in TASKS if any(found[task].values())]
    figure, axes = style.canvas(len(there), (4.2 * len(there), 4.4))
    for ax, task in zip(axes, there, strict=True):
        for method, arms in found[task].items():
            _line(ax, arms, METRICS[task], METHODS[method][0], view)
        what = "bits per character" if task == "ptb" else "longest T_task solved"
        ax.set(title=TASKS[task], xlabel="window T", ylabel=what)
        ax.legend()
    figure.legend(handles=style.key("ours: mean over seeds"), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _of(exhibit: Exhibit, view: View, task: str) -> dict[str, list[Arm]]:
    """Method → its arms with numbers, by T."""
    ids = {m: view.where(task=task, peepholes=True, **METHODS[m][1]) for m in METHODS}
    return {m: [exhibit.arm(a) for a in own if view.has(a, METRICS[task])] for m, own in ids.items()}


def _line(ax: Axes, arms: list[Arm], metric: str, series: str, view: View) -> None:
    if not arms:
        return
    at, colour = [float(a.setting["window"]) for a in arms], style.COLOURS[series]
    ax.plot(at, [mean(view.final(a.id, metric)) for a in arms], "o-", color=colour, label=series)
    ax.plot(at, [a.reported[metric] for a in arms], "o--", mfc="none", lw=1, color=colour)
