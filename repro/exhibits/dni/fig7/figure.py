"""The scatter: test error against the probability of acting, four panels as the paper's, and backpropagation."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from repro.exhibits.dni.fig7.spec import BINS, READ_AT, REPORTED
from repro.record.dots import dots, moments
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit

SHADES = ("#d7301f", "#f28e1c", "#c9a800", "#3a9a4d", "#2b9ec9")
"""Red to turquoise from the first of five moments to the end, as in the paper."""
PLACES = {"ud-dni": (0, 0), "ud-cdni": (0, 1), "fud-dni": (1, 0), "fud-cdni": (1, 1)}
TITLES = ("updates decoupled", "forwards and updates decoupled")


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Our dots, filled; the paper's means over bins of p hollow and dashed, in the colour of the moment."""
    figure = Figure(figsize=(style.WIDE, 9.6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    bprop = _there(view, "bprop")
    for arm, place in PLACES.items():
        ax = axes[place]
        if arm == "ud-cdni" and bprop:
            _cloud(ax, view, "bprop", 1.0, color="#555555", marker="x", s=22, lw=1.1)
        for part, shade in zip(READ_AT, SHADES, strict=True):
            told = REPORTED[arm].get(part)
            if told:
                at = [((a + b) / 2, e) for (a, b), e in zip(BINS, told, strict=True) if e is not None]
                style.paper_points(ax, [x for x, _ in at], [e for _, e in at], "", color=shade, ms=5)
            if _there(view, arm):
                _cloud(ax, view, arm, part, color=shade, marker="o", s=16, lw=0)
        if not _there(view, arm):
            panels.absent(ax, ": the paper's alone")
        series = exhibit.arm(arm).series
        ax.set(title=f"{series}, {TITLES[place[0]]}", xlabel="p of acting in a step", ylabel="test error (%)")
        ax.set_xlim(0, 1)
        ax.tick_params(labelbottom=True)  # which `sharex` leaves to the lower row
    for ax in axes.flat:
        ax.set_ylim(1.2, 100)
        panels.percent_axis(ax)
        ax.yaxis.set_major_locator(FixedLocator([2, 3, 5, 10, 20, 50, 90]))
    figure.legend(handles=_key(record, bprop), loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure


def _there(view: View, arm: str) -> bool:
    return view.has(arm, "p_update") and view.has(arm, "test_error")


def _cloud(ax: Axes, view: View, arm: str, part: float, **look: object) -> None:
    """The dots of an arm at a part of training, if errors were read there (to a step or a hundredth)."""
    steps = moments(view, arm, "test_error")
    near = min(steps, key=lambda s: abs(s - part * steps[-1]))
    if abs(near - part * steps[-1]) <= max(1.0, 0.001 * steps[-1]):
        at = dots(view, arm, "p_update", "test_error", near).values()
        ax.scatter([p for p, _ in at], [e for _, e in at], alpha=0.75, zorder=3, **look)  # type: ignore[arg-type]


def _key(record: Record, bprop: bool) -> list[Line2D]:
    """What colours and marks mean."""
    names = [f"after {100 * part:g} % of training" for part in READ_AT]
    made = [
        Line2D([], [], color=c, marker="o", ms=5, ls="", label=n) for c, n in zip(SHADES, names, strict=True)
    ]
    made.append(
        Line2D(
            [], [], color="#333333", marker="o", ms=6, lw=1, ls="--", mfc="none", label="paper, by bins of p"
        )
    )
    crosses = Line2D([], [], color="#555555", marker="x", ms=5, ls="", label="backpropagation at the end")
    return [*made, *([crosses] if bprop else [])]
