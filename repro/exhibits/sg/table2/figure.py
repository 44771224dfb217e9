"""The gap of every cell: data sets as dots, our mean a bar, the paper's hollow."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, PercentFormatter

from repro.exhibits.sg.table2.arms import RATES
from repro.record import stats
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

LINEAR_BELOW = 1e-5
"""The gap axis is linear below this and logarithmic above: the paper prints five decimals."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The gap of every cell: data sets as dots, our mean a bar, the paper's hollow; below, the gap along training."""
    losses = {"mse": "MSE", "log": "log loss"}
    arms = [a for a in exhibit.arms if _cell(a) or (view.has(a.id, "gap") and not _twice(a))]
    cells = list(dict.fromkeys(a.label for a in arms))
    figure = Figure(figsize=(style.WIDE, 4.6 + 0.32 * len(cells)), layout="constrained")
    ratios = (0.32 * len(cells), 3.6)
    above, below = figure.subplots(2, len(losses), sharey="row", height_ratios=ratios)
    for ax, curves, (loss, name) in zip(above, below, losses.items(), strict=True):
        own = [a for a in arms if a.setting["loss"] == loss]
        _gap_axis(ax, loss)
        _gaps(ax, own, cells, view)
        ax.set(title=f"{name}: at the end")
        _along(curves, [a for a in own if "target" not in a.setting and not a.setting["deep"]], view)
        curves.set(title=f"{name}: along training, shallow")
    above[0].set_yticks(range(len(cells)), cells)
    above[0].invert_yaxis()
    below[0].set_ylabel("|loss SG − loss BP|")
    sets = style.seeds_text(view, view.arms(), "gap")
    figure.legend(handles=_key(f"our mean, {sets} data sets"), loc="outside lower center", ncols=3)
    style.title(figure, exhibit, record)
    return figure


def _cell(arm: Arm) -> bool:
    """Whether it is a cell of the paper's table: an arm of ours says what its target or its precision is."""
    return not {"target", "precision"} & {*arm.setting}


def _twice(arm: Arm) -> bool:
    """Whether it is what a cell of the table is at the rate of quick and cpu."""
    return (arm.setting.get("rate"), arm.setting.get("target")) == (RATES[0], "batch")


def _along(ax: Axes, arms: list[Arm], view: View) -> None:
    """The gap at 1, 10, 50 and 100 % of the steps: what depends on when one stops."""
    ends = []
    for n, arm in enumerate(a for a in arms if view.has(a.id, "gap")):
        curve = view.curve(arm.id, "gap")
        y = [max(abs(stats.mean(v)), 1e-7) for v in curve.values()]
        colour = f"C{n}"
        ax.plot([s / max(curve) for s in curve], y, "o-", ms=3.5, lw=1.3, color=colour)
        ends.append((y[-1], arm.label.replace(", shallow", ""), colour))
    ax.set(xscale="log", yscale="log", ylim=(5e-8, 1))
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel("of all steps (gaps below 1e-7 are drawn there)")
    panels.labels_at_ends(ax, ends, 0.06)


def _key(mean: str) -> list[Line2D]:
    """The legend, in a colour of neither panel."""
    looks: dict[str, dict[str, Any]] = {
        "one data set": {"marker": "o", "ms": 4, "alpha": 0.4, "mew": 0},
        mean: {"marker": "|", "ms": 15, "mew": 2.2},
        "paper": {"marker": "o", "ms": 10, "mfc": "none"},
    }
    return [Line2D([], [], color="#333333", ls="", label=label, **look) for label, look in looks.items()]


def _gaps(ax: Axes, arms: list[Arm], cells: list[str], view: View) -> None:
    """One row a cell: dots for data sets, a bar for their mean, a hollow circle for the paper's number."""
    for arm in arms:
        y, colour = cells.index(arm.label), style.colour(arm.series)
        if view.has(arm.id, "gap"):
            values = view.final(arm.id, "gap")
            ax.plot(values, [y] * len(values), "o", ms=4, color=colour, alpha=0.4, mew=0)
            ax.plot([stats.mean(values)], [y], "|", ms=15, mew=2.2, color=colour, zorder=4)
        if "gap" in arm.reported:
            ax.plot([arm.reported["gap"]], [y], "o", ms=10, mfc="none", mec="#333333", zorder=3)
    ax.axvline(0, color="#999999", lw=0.8)


def _gap_axis(ax: Axes, loss: str) -> None:
    """MSE gaps are all tiny: a linear axis in units of the paper's last decimal; log-loss gaps span five decades."""
    if loss == "mse":
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 1e5:g}"))
        ax.set_xlabel("loss SG − loss BP (10⁻⁵)")
    else:
        ax.set_xscale("symlog", linthresh=LINEAR_BELOW, linscale=0.6)
        ax.xaxis.set_major_locator(FixedLocator([-1e-2, -1e-4, 0, 1e-4, 1e-2]))  # all decades overlap
        ax.set_xlabel(f"loss SG − loss BP (nats; linear below {LINEAR_BELOW:g})")
