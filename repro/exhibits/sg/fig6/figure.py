"""The loss and the points at which the SG system stands still, the printed map, and the reason."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from repro.exhibits.sg.fig6.claims import points
from repro.record.record import Record
from repro.record.view import View
from repro.show import style
from repro.spec import Exhibit


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """The loss and the points at which the SG system stands still, the printed map, and the reason."""
    figure, axes = style.canvas(3, (13, 4.6))
    image = _loss_map(axes[0], view, "text")
    _loss_map(axes[1], view, "transposed")
    _stuck_points(axes[0], view)
    axes[0].set_title("L(a, b) = Σ|a x + b|, as defined")
    axes[1].set_title("as printed: Σ|b x + a|, transposed")
    figure.colorbar(image, ax=axes[:2], label="L(a, b)", shrink=0.85, ticks=range(0, 19, 3))
    _output_gradients(axes[2], view)
    style.title(figure, exhibit, record)
    return figure


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
    """A dot at each grid point where the SG system does not move; the edges of the cone they fill."""
    still = [p for p, size in points(view, "update", rule="sg").items() if size == 0]
    ax.plot([p[0] for p in still], [p[1] for p in still], ".", color="white", ms=2.6, alpha=0.8)
    edge = max((abs(p[0]) for p in still), default=0)
    for sign in (1, -1):
        ax.plot([-edge, edge], [-sign * edge, sign * edge], "--", color="white", lw=1)
    box = {"facecolor": "#222222", "alpha": 0.75, "edgecolor": "none", "pad": 2}
    text = "dots, |b| < |a|: the SG system does not move"
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
    ax.legend(loc="upper left")
