"""The gap of every cell: data sets as dots, our mean a bar, the paper's hollow."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from repro.record import stats
from repro.record.record import Record
from repro.record.view import View
from repro.show import style
from repro.spec import Arm, Exhibit

LINEAR_BELOW = 1e-5
"""The gap axis is linear below this and logarithmic above: the paper prints five decimals."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The gap of every cell: data sets as dots, our mean a bar, the paper's hollow; one panel a loss."""
    losses = {"mse": "MSE", "log": "log loss"}
    figure, axes = style.canvas(len(losses), (11, 5.2), sharey=True)
    arms = [a for a in exhibit.arms if "rate" not in a.setting or view.has(a.id, "gap")]
    cells = list(dict.fromkeys(a.label for a in arms))
    for ax, (loss, name) in zip(axes, losses.items(), strict=True):
        _gap_axis(ax, loss)
        _gaps(ax, [a for a in arms if a.setting["loss"] == loss], cells, view)
        ax.set(title=name)
    axes[0].set_yticks(range(len(cells)), cells)
    axes[0].invert_yaxis()
    sets = style.seeds_text(view, view.arms(), "gap")
    figure.legend(handles=_key(f"our mean, {sets} data sets"), loc="outside lower center", ncols=3)
    style.title(figure, exhibit, record)
    return figure


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
        ax.plot([arm.reported["gap"]], [y], "o", ms=10, mfc="none", mec="#333333", zorder=3)
    ax.axvline(0, color="#999999", lw=0.8)


def _gap_axis(ax: Axes, loss: str) -> None:
    """MSE gaps are all tiny: a linear axis in units of the paper's last decimal; log-loss gaps span five decades."""
    if loss == "mse":
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 1e5:g}"))
        ax.set_xlabel("final loss, SG − backpropagation (10⁻⁵, half the squared distance)")
    else:
        ax.set_xscale("symlog", linthresh=LINEAR_BELOW, linscale=0.6)
        ax.set_xlabel(f"final loss, SG − backpropagation (nats; linear below {LINEAR_BELOW:g})")
