"""Figures of Understanding Synthetic Gradients (arXiv:1703.00522v1)."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from repro import stats
from repro.claims import View
from repro.plotting import style
from repro.record import Record
from repro.spec import Arm, Exhibit

LINEAR_BELOW = 1e-5
"""The gap axis is linear below this and logarithmic above: the paper prints five decimals."""


def draw_table2(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The gap of every cell: data sets as dots, our mean a bar, the paper's hollow; one panel a loss."""
    losses = {"mse": "MSE", "log": "log loss"}
    figure, axes = style.canvas(len(losses), (11, 5.2), sharey=True)
    cells = list(dict.fromkeys(a.label for a in exhibit.arms))
    for ax, (loss, name) in zip(axes, losses.items(), strict=True):
        _gap_axis(ax, loss)
        gaps(ax, [a for a in exhibit.arms if a.settings["loss"] == loss], cells, view)
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


def gaps(ax: Axes, arms: list[Arm], cells: list[str], view: View) -> Axes:
    """One row a cell: dots for data sets, a bar for their mean, a hollow circle for the paper's number."""
    for arm in arms:
        y, colour = cells.index(arm.label), style.colour(arm.series)
        if view.has(arm.id, "gap"):
            values = view.final(arm.id, "gap")
            ax.plot(values, [y] * len(values), "o", ms=4, color=colour, alpha=0.4, mew=0)
            ax.plot([stats.mean(values)], [y], "|", ms=15, mew=2.2, color=colour, zorder=4)
        ax.plot([arm.reported["gap"]], [y], "o", ms=10, mfc="none", mec="#333333", zorder=3)
    ax.axvline(0, color="#999999", lw=0.8)
    return ax


def _gap_axis(ax: Axes, loss: str) -> None:
    """MSE gaps are all tiny: a linear axis in units of the paper's last decimal; log-loss gaps span five decades."""
    if loss == "mse":
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 1e5:g}"))
        ax.set_xlabel("final loss, SG − backpropagation (10⁻⁵, half the squared distance)")
    else:
        ax.set_xscale("symlog", linthresh=LINEAR_BELOW, linscale=0.6)
        ax.set_xlabel(f"final loss, SG − backpropagation (nats; linear below {LINEAR_BELOW:g})")


def draw_fig6(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The loss and the points at which the SG system stands still, the printed map, and the reason."""
    figure, axes = style.canvas(3, (13, 4.6))
    image = loss_map(axes[0], view, "objective")
    loss_map(axes[1], view, "printed")
    stuck_points(axes[0], view)
    axes[0].set_title("L(a, b) = Σ|a x + b|, as defined")
    axes[1].set_title("as printed: Σ|b x + a|, transposed")
    figure.colorbar(image, ax=axes[:2], label="L(a, b)", shrink=0.85, ticks=range(0, 19, 3))
    output_gradients(axes[2], view)
    style.title(figure, exhibit, record)
    return figure


def _grid(view: View, arm: str, metric: str) -> dict[tuple[float, float], float]:
    found = view.by_index(arm, metric)
    return {(float(a), float(b)): v[0] for (a, b), v in ((i.split(";"), v) for i, v in found.items())}


def loss_map(ax: Axes, view: View, arm: str) -> ContourSet:
    """Filled contours of the loss, a to the right and b upwards; white: the line b = 0 and the minimum."""
    values = _grid(view, arm, "loss")
    a, b = sorted({p[0] for p in values}), sorted({p[1] for p in values})
    levels = [1.5 * i for i in range(13)]
    image = ax.contourf(a, b, [[values[x, y] for x in a] for y in b], levels, cmap="viridis")
    ax.axhline(0, color="white", lw=1.5)
    ax.plot([0], [0], "o", color="white", ms=9)
    ax.set(xlabel="a", ylabel="b", aspect="equal")
    ax.grid(False)
    return image


def stuck_points(ax: Axes, view: View) -> Axes:
    """A dot at each grid point where the SG system does not move; the edges of the cone they fill."""
    still = [p for p, size in _grid(view, "sg", "update").items() if size == 0]
    ax.plot([p[0] for p in still], [p[1] for p in still], ".", color="white", ms=2.6, alpha=0.8)
    edge = max((abs(p[0]) for p in still), default=0)
    for sign in (1, -1):
        ax.plot([-edge, edge], [-sign * edge, sign * edge], "--", color="white", lw=1)
    box = {"facecolor": "#222222", "alpha": 0.75, "edgecolor": "none", "pad": 2}
    text = "dots, |b| < |a|: the SG system does not move"
    ax.text(0.5, 0.04, text, color="white", fontsize=8, ha="center", transform=ax.transAxes, bbox=box)
    return ax


def output_gradients(ax: Axes, view: View) -> Axes:
    """∂L/∂f at the four inputs for a = 1, b = 0, and the constant that the SG fits to them."""
    true = sorted((float(x), v[0]) for x, v in view.by_index("bprop", "output_gradient").items())
    sg = sorted((float(x), v[0]) for x, v in view.by_index("sg", "output_gradient").items())
    at = [p[0] for p in true]
    ax.plot(at, [p[1] for p in true], "o", ms=8, color=style.COLOURS["MSE"], label="∂L/∂f at the four inputs")
    ax.axhline(sg[0][1], color=style.colour("SG"), lw=2, label=f"SG's output at its optimum: {sg[0][1]:g}")
    ax.vlines(at, 0, [p[1] for p in true], color=style.COLOURS["MSE"], lw=1, ls=":")
    ax.set(title="Why: the gradients cancel", xlabel="f(x) at a = 1, b = 0", ylabel="∂L/∂f", xlim=(-3, 3))
    ax.set_ylim(-1.5, 1.9)
    ax.legend(loc="upper left")
    return ax
