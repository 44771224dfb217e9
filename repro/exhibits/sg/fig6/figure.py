"""The loss and the points at which the SG system stands still, the printed map, and the reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from repro.exhibits.sg.fig6.claims import points
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The loss, the points at which the SG system stands still and six walks; the printed map; the reason."""
    figure, axes = style.canvas(3, (style.WIDE, 4.6))
    image = _loss_map(axes[0], view, "text")
    _loss_map(axes[1], view, "transposed")
    _stuck_points(axes[0], view)
    _walks(axes[0], record.facts["spec"]["params"])
    axes[0].set_title("Σ|a x + b|, as defined")
    axes[1].set_title("Σ|b x + a|, as printed")
    bar = figure.colorbar(image, ax=axes[:2], shrink=0.85, ticks=range(0, 19, 3))
    bar.ax.set_title("L(a, b)", fontsize=9)  # at its side it would read as one with the next axis's label
    _output_gradients(axes[2], view)
    style.title(figure, exhibit, record)
    return figure


def _walks(ax: Axes, params: Mapping[str, Any]) -> None:
    """From each start the way of backpropagation (exact arithmetic, like the record), and of the SG system."""
    xs, rate = [float(x) for x in params["inputs"]], params["rate"]
    looks = {"Bprop": ("black", "-"), "SG": (style.colour("SG"), "-")}
    for series, (colour, line) in looks.items():
        for a, b in params["starts"]:
            path = list(_walk(series, a, b, xs, params["steps"], rate))[::8]
            label = f"from six starts: {'backpropagation' if series == 'Bprop' else 'the SG system'}"
            ax.plot(*zip(*path, strict=True), line, color=colour, lw=2, label=label)
    ends = params["starts"]
    ax.plot([a for a, _ in ends], [b for _, b in ends], "o", ms=6, mfc="white", mec="black", zorder=4)
    panels.legend_below(ax, 1, -0.2)


def _walk(
    series: str, a: float, b: float, xs: list[float], steps: int, rate: float
) -> Iterator[tuple[float, float]]:
    """The points of `repro.exhibits.sg.fig6.work.travel`, again: a picture needs no torch."""
    c = 0.0
    for _ in range(steps + 1):
        yield a, b
        signs = [(f > 0) - (f < 0) for f in (a * x + b for x in xs)]
        used = [c] * len(xs) if series == "SG" else signs
        da, db = math.fsum(g * x for g, x in zip(used, xs, strict=True)), math.fsum(used)
        c -= rate * 2 * math.fsum(c - s for s in signs)
        a, b = a - rate * da, b - rate * db


def _loss_map(ax: Axes, view: View, formula: str) -> ContourSet:
    """Filled contours of the loss, a to the right and b upwards; white: the line b = 0 and the minimum."""
    values = points(view, "loss", formula=formula)
    a, b = sorted({p[0] for p in values}), sorted({p[1] for p in values})
    levels = [1.5 * i for i in range(13)]
    image = ax.contourf(a, b, [[values[x, y] for x in a] for y in b], levels, cmap="viridis")
    ax.axhline(0, color="white", lw=1.5)
    ax.plot([0], [0], "o", color="white", ms=9)
    ax.set(xlabel="a", ylabel="b", aspect="equal")
    ax.grid(False)
    return image


def _stuck_points(ax: Axes, view: View) -> None:
    """The cone at whose grid points the SG system does not move; dots, should they be others."""
    update = points(view, "update", rule="sg")
    still = {p for p, size in update.items() if size == 0}
    edge = max((abs(p[0]) for p in still), default=0)
    if still == {(a, b) for a, b in update if abs(b) < abs(a)} | {(0.0, 0.0)}:
        for sign in (1, -1):
            ax.fill(
                [0, sign * edge, sign * edge], [0, edge, -edge], fc="white", alpha=0.3, ec="white", ls="--"
            )
    else:
        ax.plot([p[0] for p in still], [p[1] for p in still], ".", color="white", ms=2.6, alpha=0.8)
    box = {"facecolor": "#222222", "alpha": 0.75, "edgecolor": "none", "pad": 2}
    text = "light: the SG system does not move"
    ax.text(0.5, 0.04, text, color="white", fontsize=8, ha="center", transform=ax.transAxes, bbox=box)


def _output_gradients(ax: Axes, view: View) -> None:
    """∂L/∂f at the four inputs for a = 1, b = 0, and the constant that the SG fits to them."""
    true = sorted(
        (float(x), v[0]) for x, v in view.by_index(view.arm(rule="bprop"), "output_gradient").items()
    )
    sg = sorted((float(x), v[0]) for x, v in view.by_index(view.arm(rule="sg"), "output_gradient").items())
    at = [p[0] for p in true]
    ax.plot(at, [p[1] for p in true], "o", ms=8, color=style.COLOURS["MSE"], label="∂L/∂f at the four inputs")
    ax.axhline(sg[0][1], color=style.colour("SG"), lw=2, label=f"SG's output at its optimum: {sg[0][1]:g}")
    ax.vlines(at, 0, [p[1] for p in true], color=style.COLOURS["MSE"], lw=1, ls=":")
    ax.set(title="Why: the gradients cancel", xlabel="f(x) at a = 1, b = 0", ylabel="∂L/∂f", xlim=(-3, 3))
    ax.set_ylim(-1.5, 1.9)
    panels.legend_below(ax, 1, -0.16)
