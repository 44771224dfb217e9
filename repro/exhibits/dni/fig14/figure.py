"""Curves of test error, a panel a method, depth by shade; and final error against depth."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from repro.exhibits.dni.fig14.spec import DEPTHS
from repro.exhibits.dni.judging import ERROR
from repro.record.record import Record
from repro.record.view import View
from repro.show import courses, panels, style
from repro.spec import Exhibit

PANELS = {
    "DNI: linear models (dash-dotted: with hidden layers)": (
        ("dni-linear", "", "DNI", "-"),
        ("dni", "hidden, ", "DNI", "-."),
    ),
    "cDNI: linear models": (("cdni", "", "cDNI", "-"),),
    "Bprop": (("bprop", "", "Bprop", "-"),),
}
"""Title → (arm without its depth, words before the depth, shades, line)."""
LOOK = {
    "no_bprop": ("v", -0.08),
    "bprop": ("s", -0.04),
    "cdni": ("D", 0.0),
    "dni-linear": ("o", 0.04),
    "dni": ("^", 0.08),
}
"""Marker of each method, and its shift sideways, so that equal values of two stay visible."""


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Three panels on the way, one at the end; y is shared by the curves."""
    figure = Figure(figsize=(style.WIDE, 9.0), layout="constrained")
    axes = [*figure.subplots(2, 2).flat]
    shown = [v for a in exhibit.arms if a.setting["rule"] != "no_bprop" and view.has(a.id, ERROR)
             for values in view.curve(a.id, ERROR).values() for v in values]  # fmt: skip
    for ax, (name, methods) in zip(axes, PANELS.items(), strict=False):
        lines = [
            courses.Line(f"{arm}-{n}", f"{words}{n} layers", style.RAMPS[shades][n - DEPTHS[0]], line)
            for arm, words, shades, line in methods
            for n in DEPTHS
        ]
        if shown:
            ax.set_ylim(min(shown) * 0.93, max(shown) * 1.07)
        courses.draw(ax, view, lines, "test error (%)")
        ax.set_title(name)
    _by_depth(axes[3], exhibit, view)
    usual, _ = style.behind(record, view, view.arms(), ERROR)
    ours = f"ours: mean ± sd over seeds, {usual}"
    figure.legend(handles=style.key(ours), loc="outside lower center", ncols=2)
    style.title(figure, exhibit, record)
    return figure


def _by_depth(ax: Axes, exhibit: Exhibit, view: View) -> None:
    for method, (marker, shift) in LOOK.items():
        arms = [a for a in exhibit.arms if a.id.rpartition("-")[0] == method]
        panels.against(
            ax, view, arms, {a.id: a.setting["layers"] + shift for a in arms}, ERROR, marker=marker
        )
    ax.xaxis.set_major_locator(FixedLocator(DEPTHS))
    ax.set(
        title="At the end (DNI: with hidden layers, cDNI: linear)",
        xlabel="layers",
        ylabel="final test error (%)",
    )
    panels.percent_axis(ax)
    panels.legend_below(ax, 3, fontsize=8)
