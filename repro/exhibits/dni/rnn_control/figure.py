"""Levels solved, what was injected down the side, at the smallest width: windows of 2 and 3, variants of 2 below."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator

from repro.exhibits.dni.rnn_control.spec import KINDS, ORACLES, TASKS, WIDTHS, name
from repro.record.record import Record
from repro.record.stats import mean
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

METRIC, LINE, DASHED = "levels", 0.30, (0, (4, 3))
"""What is shown; inches a line; means to compare with."""
SHOWN = (2, 3)
"""Windows; what there is of others stands in the notebook's table."""
MORE_BITS = "-4bits"
"""Ends the ids of arms whose task is another one: they are compared with each other."""
Block = tuple[str, list[str], list[str]]
"""Title, the ids of its arms on Copy and on Repeat Copy."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Seeds, their mean and its 95 % interval; dashed lines at the means of nothing and of δ̂."""
    blocks = _blocks(view)
    sizes = [len(copy) + 2.4 for _, copy, _ in blocks]
    figure = Figure(figsize=(style.WIDE, LINE * sum(sizes) + 1.2), layout="constrained")
    axes = figure.subplots(
        len(blocks), len(TASKS), squeeze=False, sharex="col", sharey="row", height_ratios=sizes
    )
    for n, (row, (title, *ids)) in enumerate(zip(axes, blocks, strict=True)):
        for ax, task, own in zip(row, TASKS.values(), ids, strict=True):
            ax.set(title=f"{task}, {title}" if ax is row[0] else task, xlabel="levels solved")
            ax.xaxis.set_major_locator(MultipleLocator(5))
            ax.tick_params(labelbottom=True)
            _panel(ax, view, [exhibit.arm(i) for i in own], brief=n > 0)
        row[0].invert_yaxis()
    means = zip((KINDS["nothing"], KINDS["synthetic"]), ("nothing", "δ̂"), strict=True)
    lines = [Line2D([], [], color=style.colour(k), lw=1, ls=DASHED, label=f"mean of {w}") for k, w in means]
    figure.legend(handles=[*panels.seeds_key(), *lines], loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure


def _blocks(view: View) -> list[Block]:
    """Those of which there is anything."""
    kinds = [k.replace("_", "-") for k in (*KINDS, *ORACLES)]
    there = [w for w in WIDTHS if view.has(name("copy", 2, w, "nothing"), METRIC)]
    made = [(f"T = {t}, {w} units", t, w, kinds) for w in there[:1] for t in SHOWN]
    known = {a.removeprefix("copy-2-32-") for a in view.arms() if a.startswith("copy-2-32-")}
    several = [k + MORE_BITS for k in kinds if k + MORE_BITS in known]
    made.append(("T = 2, 32 units, 4 bits a symbol", 2, 32, several))
    made.append(("T = 2, 32 units, other settings", 2, 32, sorted(known - {*kinds, *several})))
    found: list[Block] = []
    for title, window, width, whats in made:
        both = [[name(task, window, width, k) for task in TASKS] for k in whats]
        ran = [ids for ids in both if any(view.has(i, METRIC) for i in ids)]
        if ran:
            found.append((title, [copy for copy, _ in ran], [repeat for _, repeat in ran]))
    return found


def _panel(ax: Axes, view: View, arms: list[Arm], brief: bool) -> None:
    task, window, width, bits = (arms[0].setting[k] for k in ("task", "window", "width", "bits"))
    for kind in ("nothing", "synthetic"):
        base = name(task, window, width, kind + (MORE_BITS if bits > 1 else ""))
        if view.has(base, METRIC):
            ax.axvline(mean(view.final(base, METRIC)), color=style.colour(KINDS[kind]), lw=1, ls=DASHED)
    values = {y: (view.final(a.id, METRIC), _colour(a)) for y, a in enumerate(arms) if view.has(a.id, METRIC)}
    panels.seeds_down(ax, values)
    said = [a.label.partition(": ")[2] for a in arms]
    if brief:
        said = [w.replace(" (truncated BPTT)", "").replace(" (DNI)", "") for w in said]
        said = [w.removesuffix(", 4 bits a symbol") for w in said]
    ax.set(ylim=(-0.7, len(arms) - 0.3), yticks=range(len(arms)), yticklabels=said)


def _colour(arm: Arm) -> str:
    return style.colour(arm.series) if arm.series in (KINDS["synthetic"], "true gradient") else panels.GREY
