"""Times of the backward products against k, the gain over the dense ones, and both devices on one law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.meprop.table7.claims import fitted
from repro.exhibits.meprop.table7.spec import DENSE_MS, LAYOUTS, MS
from repro.record.record import Record
from repro.record.view import MissingData, View
from repro.show import panels, style
from repro.show.numbers import percentiles
from repro.spec import Exhibit

Measured = dict[int | None, tuple[float, float, float]]
"""k (None: dense) → (median, 10th, 90th percentile) of the repetitions."""
LAW = (7.2, 0.123)
"""The paper's times: t(k) = 7.2 + 0.123 k ms."""
VARIANTS = {
    "float32, launched one by one": ("float32", "backward_ms", "-"),
    "float32, captured": ("float32", "captured_ms", "--"),
    "TF32, captured": ("tf32", "captured_ms", "-."),
    "bfloat16, captured": ("bfloat16", "captured_ms", ":"),
}
"""label → (precision, metric, line)."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours filled, the paper's hollow: its times are of another device and perhaps other sizes."""
    figure = Figure(figsize=(style.WIDE, 8.6), layout="constrained")
    (times, gains), (variants, law) = figure.subplots(2, 2)
    _times(times, view)
    _gains(gains, view, list(LAYOUTS), list(VARIANTS)[:1])
    gains.set_title("Gain over the dense products, float32")
    _gains(variants, view, list(LAYOUTS)[:1], list(VARIANTS))
    variants.set_title("Launched one by one, captured, on matrix units")
    _law(law, view)
    for ax in (times, gains, variants, law):
        panels.doubling_axis(ax, list(MS), "k (gradient entries kept)")
        panels.plain_log(ax)
        panels.legend_below(ax, 2, -0.16, fontsize=8)
    style.title(figure, exhibit, record)
    return figure


def _measured(view: View, layout: str, precision: str = "float32", metric: str = "backward_ms") -> Measured:
    """What there is."""
    found: Measured = {}
    for k in (None, *MS):
        try:
            arm = view.arm(k=k, layout=layout, precision=precision, zeros=None)
        except MissingData:
            continue
        if view.has(arm, metric):
            found[k] = percentiles(view, arm, metric)
    return found


def _times(ax: Axes, view: View) -> None:
    for layout, mark in zip(LAYOUTS, "os", strict=True):
        ours, shape = _measured(view, layout), layout.replace("x", "×")
        dense = ours.pop(None, None)
        at = [k for k in ours if k is not None]
        y = [ours[k][0] for k in at]
        bars = [[ours[k][0] - ours[k][1] for k in at], [ours[k][2] - ours[k][0] for k in at]]
        look: dict[str, Any] = {
            "color": style.colour("meProp"),
            "alpha": 1.0 if mark == "o" else 0.55,
            "capsize": 3,
        }
        ax.errorbar(at, y, bars, fmt=f"{mark}-", label=f"ours, W {shape}", **look)
        if dense:
            line = "-" if mark == "o" else "-."
            ax.axhline(dense[0], color=style.colour("dense"), lw=1.6, ls=line, label=f"dense, W {shape}")
    style.paper_points(ax, list(MS), list(MS.values()), "meProp", label="paper, GTX 1080")
    ax.axhline(DENSE_MS, color=style.colour("dense"), lw=1, ls="--", label="paper, dense")
    ax.set(title="Time, float32 (bars: p10 to p90)", ylabel="milliseconds")


def _gains(ax: Axes, view: View, layouts: Sequence[str], variants: Sequence[str]) -> None:
    for layout, mark in zip(layouts, "os", strict=False):
        for label in variants:
            precision, metric, line = VARIANTS[label]
            ours = _measured(view, layout, precision, metric)
            dense, at = ours.pop(None, None), [k for k in ours if k is not None]
            if dense and at:
                look: dict[str, Any] = {
                    "color": style.colour("meProp"),
                    "alpha": 1.0 if mark == "o" else 0.55,
                    "ms": 4,
                }
                text = label if len(variants) > 1 else f"ours, W {layout.replace('x', '×')}"
                ax.plot(at, [dense[0] / ours[k][0] for k in at], mark, ls=line, label=text, **look)
    style.paper_points(ax, list(MS), [DENSE_MS / t for t in MS.values()], "meProp", label="paper")
    ax.axhline(1, color=style.colour("dense"), lw=1, ls=":")
    ax.set(ylabel="dense time / time")


def _law(ax: Axes, view: View) -> None:
    """Each series divided by its own slope: a/b + k, whatever the device."""
    for layout, mark in zip(LAYOUTS, "os", strict=True):
        times = {k: m[0] for k, m in _measured(view, layout).items() if k is not None}
        a, b = fitted(times) if len(times) > 1 else (0.0, 0.0)
        if b > 0:
            text = f"W {layout.replace('x', '×')}: a/b = {a / b:.0f}, b = {b:.2g} ms"
            look: dict[str, Any] = {"color": style.colour("meProp"), "alpha": 1.0 if mark == "o" else 0.55}
            ax.plot(list(times), [t / b for t in times.values()], mark, label=text, **look)
    a, b = LAW
    text = f"paper: a/b = {a / b:.0f}, b = {b:.2g} ms"
    style.paper_points(ax, list(MS), [t / b for t in MS.values()], "meProp", label=text, ls="")
    ax.plot(
        list(MS),
        [a / b + k for k in MS],
        color=style.colour("dense"),
        lw=1,
        ls="--",
        label="the paper's law a/b + k",
    )
    ax.set(title="One law: t = a + b k, in units of b", ylabel="t / b")
