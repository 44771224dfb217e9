"""Time of the backward products against k, and the speed-up over the dense ones, both log-log."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.show.numbers import percentiles
from repro.spec import Exhibit

MS = "backward_ms"
Measured = dict[int, tuple[float, float, float]]
"""k → (median, 10th, 90th percentile) of the repetitions."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow: its times are of another device and other sizes."""
    figure, (left, right) = style.canvas(2, (11, 5))
    dense, *arms = exhibit.arms
    ours: Measured = {a.setting["k"]: percentiles(view, a.id, MS) for a in arms if view.has(a.id, MS)}
    base = percentiles(view, dense.id, MS) if view.has(dense.id, MS) else None
    told = {a.setting["k"]: a.reported[MS] for a in arms if MS in a.reported}
    _times(left, ours, base, told, dense.reported.get(MS))
    _gains(right, ours, base, told, dense.reported.get(MS))
    for ax in (left, right):
        panels.doubling_axis(ax, [a.setting["k"] for a in arms], "k (gradient entries kept)")
        ax.set_yscale("log")
        panels.legend_below(ax, 2, -0.15)
    style.title(figure, exhibit, record)
    return figure


def _times(
    ax: Axes,
    ours: Measured,
    base: tuple[float, float, float] | None,
    told: dict[int, float],
    level: float | None,
) -> None:
    colour, dense = style.colour("meProp"), style.colour("dense")
    middle = [m for m, _, _ in ours.values()]
    bars = [[m - low for m, low, _ in ours.values()], [high - m for m, _, high in ours.values()]]
    label = "ours, k kept: median, p10 to p90"
    ax.errorbar(list(ours), middle, bars, fmt="o-", color=colour, capsize=3, label=label)
    if base:
        ax.axhline(base[0], color=dense, lw=1.6, label="ours, dense")
        ax.axhspan(base[1], base[2], color=dense, alpha=0.15, lw=0)
    label = "paper, its own device and sizes"
    style.paper_points(ax, list(told), list(told.values()), "meProp", label=label)
    if level:
        ax.axhline(level, color=dense, lw=1, ls="--", label="paper, dense")
    ax.set(title="Time of the backward products", ylabel="milliseconds")


def _gains(
    ax: Axes,
    ours: Measured,
    base: tuple[float, float, float] | None,
    told: dict[int, float],
    level: float | None,
) -> None:
    if ours and base:
        gains = [base[0] / m for m, _, _ in ours.values()]
        ax.plot(list(ours), gains, "o-", color=style.colour("meProp"), label="ours")
    if level:
        style.paper_points(ax, list(told), [level / t for t in told.values()], "meProp", label="paper")
    ax.axhline(1, color=style.colour("dense"), lw=1, ls=":")
    ax.set(title="Speed-up over the dense products", ylabel="dense time / time")
