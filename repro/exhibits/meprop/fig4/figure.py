"""Three panels: against the dense net (zoomed), against random-k, against nets with h = k."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.meprop.fig4.spec import PERCENT
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Arm, Exhibit

ACCURACY = "test_accuracy"
OTHERS = {"random": "Top-k against random-k", "small": "k against h = k"}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow."""
    figure, axes = style.canvas(3, (style.WIDE, 5))
    _against_dense(axes[0], exhibit, view)
    for ax, other in zip(axes[1:], OTHERS, strict=True):
        for rule in ("top", other):
            _family(ax, _arms(exhibit, rule), view)
    for ax, name in zip(axes, ("meProp against the dense MLP", *OTHERS.values()), strict=True):
        panels.doubling_axis(ax, PERCENT, "backprop ratio k / h (%)")
        panels.legend_below(ax, 2, -0.16, fontsize=8)
        ax.set(title=name, ylabel="test accuracy (%)")
    axes[2].set_xlabel("k or h, % of the full width")
    ours = f"ours: mean ± sd over seeds, {style.seeds_text(view, view.arms(), ACCURACY)}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _arms(exhibit: Exhibit, rule: str) -> list[Arm]:
    return sorted(
        (a for a in exhibit.arms if a.setting["rule"] == rule), key=lambda a: float(a.setting["percent"])
    )


def _family(ax: Axes, arms: Sequence[Arm], view: View) -> list[tuple[float, panels.Point]]:
    """Ours and the paper's accuracy against the ratio, for the arms of one rule; returns ours."""
    return panels.against(ax, view, arms, {a.id: float(a.setting["percent"]) for a in arms}, ACCURACY)


def _against_dense(ax: Axes, exhibit: Exhibit, view: View) -> None:
    dense, colour = exhibit.arm("dense"), style.colour("MLP")
    arms = _arms(exhibit, "top")
    ours = _family(ax, arms, view)
    levels = [dense.reported[ACCURACY]]
    ax.axhline(levels[0], color=colour, ls="--", lw=1, label="dense MLP, paper")
    if view.has(dense.id, ACCURACY):
        mean, sd, _ = style.spread(view, dense.id, ACCURACY)
        ax.axhline(mean, color=colour, lw=1.6, label="dense MLP, ours ± sd")
        ax.axhspan(mean - sd, mean + sd, color=colour, alpha=0.15, lw=0)
        levels += [mean - sd, mean + sd]
    paper = [(float(a.setting["percent"]), a.reported[ACCURACY]) for a in arms if ACCURACY in a.reported]
    _zoom(ax, ours, paper, levels)


def _zoom(
    ax: Axes,
    ours: list[tuple[float, panels.Point]],
    paper: list[tuple[float, float]],
    levels: list[float],
) -> None:
    """Limit y to where the nets with k/h ≥ 4 % lie; what is below is named in a box, not dropped."""
    kept = levels + [y for x, y in paper if x >= 4]
    kept += [m + s * sd for x, (m, sd, _) in ours if x >= 4 for s in (-1, 1)]
    pad = 0.12 * (max(kept) - min(kept)) + 0.02
    low, high = min(kept) - 2 * pad, max(kept) + pad
    ax.set_ylim(low, high)
    below = [(x, m, f"ours {m:.2f}") for x, (m, _, _) in ours] + [(x, y, f"paper {y:.2f}") for x, y in paper]
    told = [f"↓ {text} at {x:g} %" for x, y, text in sorted(below) if y < low]
    if told:  # the upper left corner is free: small k lies far below
        ax.text(0.03, 0.97, "\n".join(told), transform=ax.transAxes, va="top", fontsize=8)
