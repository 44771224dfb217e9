"""Four panels: P1's residuals, P2's cosines, C1's gates, T1's rises."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg.theory.claims import values
from repro.exhibits.sg.theory.spec import DELTAS
from repro.record import stats
from repro.record.record import Record
from repro.record.view import MissingData, View
from repro.show import style
from repro.spec import Exhibit

COLOURS = ("#0173b2", "#de8f05", "#029e73", "#cc78bc")


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A dot is a random problem."""
    figure = Figure(figsize=(style.WIDE, 8.2), layout="constrained")
    axes = [*figure.subplots(2, 2).flat]
    _spread(
        axes[0],
        {
            f"{name}, {loss}": _values(view, metric, statement="P1", loss=loss)
            for name, metric in (("SG − ∂L/∂h", "residual"), ("update", "update"))
            for loss in ("mse", "log")
        },
        1e-18,
    )
    axes[0].set(title="P1: exact under MSE, not under log loss", ylabel="relative size (0 is drawn at 1e-18)")
    _cosines(axes[1], view)
    _gates(axes[2], view)
    _rises(axes[3], view)
    style.title(figure, exhibit, record)
    return figure


def _values(view: View, metric: str, **setting: object) -> list[float]:
    try:
        return values(view, metric, **setting)
    except MissingData:
        return []


def _spread(ax: Axes, groups: Mapping[str, list[float]], floor: float) -> None:
    """A column a group, its dots side by side in order of size."""
    for n, found in enumerate(groups.values()):
        y = sorted(max(v, floor) for v in found)
        ax.plot(
            [n + 0.7 * ((i + 0.5) / len(y) - 0.5) for i in range(len(y))], y, ".", ms=4, color=COLOURS[n % 4]
        )
    ax.set_yscale("log")
    ax.set_xticks(range(len(groups)), [g.replace(", ", "\n") for g in groups], fontsize=8)
    ax.set_xlabel("each dot a random problem")


def _cosines(ax: Axes, view: View) -> None:
    """The lowest cosine against δ; dashed: δ, what the proposition asks; solid: √(1 − ρ²), what there can be."""
    grid = [i / 50 for i in range(1, 51)]
    ax.plot(grid, grid, "--", color="#777777", lw=1, label="promised: δ")
    ax.plot(
        grid,
        [(1 - ((1 - d) / (1 + d)) ** 2) ** 0.5 for d in grid],
        color="#777777",
        lw=1,
        label="possible: √(1 − ρ²)",
    )
    for d in DELTAS:
        found = _values(view, "cosine", statement="P2", delta=d)
        ax.plot(
            [d] * len(found), found, "o", ms=4, color=COLOURS[0], label="found" if d == DELTAS[0] else None
        )
    ax.set(title="P2: how far an error can turn", xlabel="δ; errors ≤ (1 − δ)/(1 + δ) of the gradient")
    ax.set_ylabel("lowest cosine of a problem")
    ax.legend(loc="lower right")


def _gates(ax: Axes, view: View) -> None:
    """The median gap and its range, along training."""
    for n, gate in enumerate(("corrected", "printed")):
        curve = view.curve(view.arm(statement="C1", gate=gate), "gap")
        x = list(curve)
        ax.plot(
            x,
            [max(stats.median(v), 1e-17) for v in curve.values()],
            "o-",
            ms=4,
            color=COLOURS[n],
            label=f"{gate}: median, range",
        )
        low, high = ([max(f(v), 1e-17) for v in curve.values()] for f in (min, max))
        ax.fill_between(x, low, high, color=COLOURS[n], alpha=0.12, lw=0)
    ax.set(
        yscale="log",
        title="C1: the gate, its sign corrected",
        xlabel="iteration",
        ylabel="gap to least squares",
    )
    ax.legend(loc="lower left")


def _rises(ax: Axes, view: View) -> None:
    """How many problems see ‖f‖ + ‖ξ‖ rise, of each rate."""
    shown = {
        "printed": ("printed", "rises"),
        "corrected": ("corrected", "rises"),
        "corrected,\nproof's ξ": ("corrected", "rises_frozen"),
        "halved": ("halved", "rises"),
    }
    counts = []
    for bound, metric in shown.values():
        found = _values(view, metric, statement="T1", bound=bound)
        counts.append(100 * sum(v > 0 for v in found) / max(len(found), 1))
    bars = ax.bar(range(len(shown)), counts, color=COLOURS)
    ax.bar_label(bars, [f"{c:.0f} %" for c in counts])
    ax.set_xticks(range(len(shown)), list(shown), fontsize=8)
    ax.set(title="T1: ‖f‖ + ‖ξ‖ rises on the way", ylabel="% of problems", xlabel="rate", ylim=(0, 105))
