"""Figures of meProp (arXiv:1706.06197v5)."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from repro import stats
from repro.claims import View
from repro.plotting import style
from repro.record import Record
from repro.spec import Arm, Exhibit

ACCURACY = "test_accuracy"
PERCENT = (1, 2, 4, 8, 16, 32)
Point = tuple[float, float, int]


def draw_fig4(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Three panels: against the dense net (zoomed), against random-k, against nets with h = k."""
    figure, axes = style.canvas(3, (12.5, 4.4))
    _against_dense(axes[0], exhibit, view)
    for ax, other in zip(axes[1:], ("random", "small"), strict=True):
        for rule in ("top", other):
            _family(ax, exhibit, view, rule)
        _ratio_axis(ax, PERCENT)
        ax.legend(loc="lower right")
    for ax, name in zip(
        axes, ("meProp against the dense MLP", "Top-k against random-k", "k against h = k"), strict=True
    ):
        ax.set(title=name, ylabel="test accuracy (%)")
    axes[2].set_xlabel("k (meProp) or h (MLP), % of the full width")
    seeds = style.seeds_text(view, view.arms(), ACCURACY)
    figure.legend(
        handles=style.key(f"ours: mean ± sd over seeds, {seeds}"), loc="outside lower center", ncols=2
    )
    style.title(figure, exhibit, record)
    return figure


def _arms(exhibit: Exhibit, rule: str) -> list[tuple[float, Arm]]:
    found = [(float(a.settings["percent"]), a) for a in exhibit.arms if a.settings["rule"] == rule]
    return sorted(found, key=lambda f: f[0])


def _family(ax: Axes, exhibit: Exhibit, view: View, rule: str) -> list[tuple[float, Point]]:
    """Ours and the paper's accuracy against the ratio, for the arms of one rule; returns ours."""
    arms = _arms(exhibit, rule)
    ours = [(x, style.spread(view, a.id, ACCURACY)) for x, a in arms if view.has(a.id, ACCURACY)]
    paper = [(x, a.reported[ACCURACY]) for x, a in arms if ACCURACY in a.reported]
    series = arms[0][1].series
    style.our_points(ax, [x for x, _ in ours], [p for _, p in ours], series)
    style.paper_points(ax, [x for x, _ in paper], [y for _, y in paper], series)
    return ours


def _against_dense(ax: Axes, exhibit: Exhibit, view: View) -> None:
    dense, colour = exhibit.arm("dense"), style.colour("MLP")
    ours = _family(ax, exhibit, view, "top")
    levels = [dense.reported[ACCURACY]]
    ax.axhline(levels[0], color=colour, ls="--", lw=1)
    if view.has("dense", ACCURACY):
        mean, sd, _ = style.spread(view, "dense", ACCURACY)
        ax.axhline(mean, color=colour, lw=1.6, label="dense MLP")
        ax.axhspan(mean - sd, mean + sd, color=colour, alpha=0.15, lw=0)
        levels += [mean - sd, mean + sd]
    paper = [(x, a.reported[ACCURACY]) for x, a in _arms(exhibit, "top") if ACCURACY in a.reported]
    _zoom(ax, ours, paper, levels)
    _ratio_axis(ax, PERCENT)
    ax.legend(loc="lower right")


def _zoom(
    ax: Axes, ours: list[tuple[float, Point]], paper: list[tuple[float, float]], levels: list[float]
) -> None:
    """Limit y to where the nets with k/h ≥ 4 % lie; what is below is named at the lower edge, not dropped."""
    kept = levels + [y for x, y in paper if x >= 4]
    kept += [m + s * sd for x, (m, sd, _) in ours if x >= 4 for s in (-1, 1)]
    pad = 0.12 * (max(kept) - min(kept)) + 0.02
    low, high = min(kept) - 2 * pad, max(kept) + pad
    ax.set_ylim(low, high)
    below = [(x, m, f"ours {m:.2f}") for x, (m, _, _) in ours] + [(x, y, f"paper {y:.2f}") for x, y in paper]
    for row, (x, _, text) in enumerate(b for b in below if b[1] < low):
        y = low + (0.05 + 0.075 * row) * (high - low)
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1}
        colour = style.colour("meProp top-k")
        ax.annotate(f"↓ {text}", (x, y), fontsize=8, color=colour, ha="left", zorder=5, bbox=box)


def _ratio_axis(ax: Axes, ticks: tuple[int, ...]) -> None:
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([str(t) for t in ticks])
    ax.set_xlabel("backprop ratio k / h (%)")


def draw_table7(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Time of the backward products against k, and the speed-up over the dense ones, both log-log."""
    figure, (left, right) = style.canvas(2, (11, 5))
    arms = [(int(a.id.removeprefix("k-")), a) for a in exhibit.arms if a.id.startswith("k-")]
    here = [(k, *_percentiles(view, a.id)) for k, a in arms if view.has(a.id, "backward_ms")]
    _times(left, exhibit, view, arms, here)
    if here and view.has("dense", "backward_ms"):
        base = _percentiles(view, "dense")[0]
        right.plot(
            [h[0] for h in here],
            [base / h[1] for h in here],
            "o-",
            color=style.colour("meProp"),
            label="ours",
        )
    base = exhibit.arm("dense").reported["backward_ms"]
    told = [(k, base / a.reported["backward_ms"]) for k, a in arms]
    style.paper_points(right, [k for k, _ in told], [s for _, s in told], "meProp", label="paper")
    right.axhline(1, color=style.colour("dense"), lw=1, ls=":")
    right.set(title="Speed-up over the dense products", ylabel="dense time / time")
    for ax in (left, right):
        _log_log(ax, [k for k, _ in arms])
        ax.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.15))
    style.title(figure, exhibit, record)
    return figure


def _percentiles(view: View, arm: str) -> tuple[float, float, float]:
    """(median, 10th, 90th percentile) of the repetitions."""
    values = sorted(r[5] for r in view.select(arm, "backward_ms"))
    last = len(values) - 1
    return stats.median(values), values[round(0.1 * last)], values[round(0.9 * last)]


def _times(
    ax: Axes,
    exhibit: Exhibit,
    view: View,
    arms: list[tuple[int, Arm]],
    here: list[tuple[int, float, float, float]],
) -> None:
    colour, dense = style.colour("meProp"), style.colour("dense")
    bars = [[m - low for _, m, low, _ in here], [high - m for _, m, _, high in here]]
    label = "ours, k kept: median, p10 to p90"
    ax.errorbar(
        [h[0] for h in here], [h[1] for h in here], bars, fmt="o-", color=colour, capsize=3, label=label
    )
    if view.has("dense", "backward_ms"):
        middle, low, high = _percentiles(view, "dense")
        ax.axhline(middle, color=dense, lw=1.6, label="ours, dense")
        ax.axhspan(low, high, color=dense, alpha=0.15, lw=0)
    told = [(k, a.reported["backward_ms"]) for k, a in arms if "backward_ms" in a.reported]
    style.paper_points(
        ax, [k for k, _ in told], [t for _, t in told], "meProp", label="paper, its own device and sizes"
    )
    level = exhibit.arm("dense").reported.get("backward_ms")
    if level:
        ax.axhline(level, color=dense, lw=1, ls="--", label="paper, dense")
    ax.set(title="Time of the backward products", ylabel="milliseconds")


def _log_log(ax: Axes, ticks: list[int]) -> None:
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([str(t) for t in ticks])
    ax.set_xlabel("k (gradient entries kept)")
