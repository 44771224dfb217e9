"""The table as the code has it, and what the rules train."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg.table1.claims import PRINTED, ROWS, cells
from repro.exhibits.sg.table1.spec import COLUMNS, SERIES
from repro.record.record import Record
from repro.record.view import MissingData, View
from repro.show import panels, style
from repro.spec import Exhibit

TEXT = ("∂L̂/∂h", "module s", "target t", "L_SG(t, s)")
FORMULAS = {  # of `repro.rules.unified.COLUMNS`, as a test holds: a picture needs no torch
    "sg": ("SG(h, y)", "SG(h, y)", "∂L/∂h", "‖t − s‖²"),
    "sg_prop": ("SG(h, y) + α ∂L_SG/∂h", "SG(h, y)", "∂L/∂h", "‖t − s‖²"),
    "bprop": ("∂L/∂h", "h", "−∂L/∂h", "−⟨t, s⟩"),
    "dfa": ("(∂L/∂p) Aᵀ", "h A", "−∂L/∂p", "−⟨t, s⟩"),
    "fa": ("(∂L/∂g) Aᵀ", "h A", "−∂L/∂g", "−⟨t, s⟩"),
    "kickback": ("(∂L/∂p) 1ᵀ", "h 1", "−∂L/∂p", "−⟨t, s⟩"),
}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Above, Table 1; below, accuracy of each rule and how far its surrogate lies along the true gradient."""
    figure = Figure(figsize=(style.WIDE, 7.8), layout="constrained")
    axes = figure.subplot_mosaic([["table", "table"], ["accuracy", "cosine"]], height_ratios=(1.15, 1))
    _table(axes["table"], view)
    _accuracy(axes["accuracy"], exhibit, view)
    _cosine(axes["cosine"], exhibit, view)
    style.title(figure, exhibit, record)
    return figure


def _table(ax: Axes, view: View) -> None:
    """Formulas as the code's columns have them; yes and no as the rules answer, in red where the paper differs."""
    rows = [*TEXT, *ROWS]
    ax.plot([], [])
    ax.set(xlim=(-0.5, 5.5), ylim=(len(rows) - 0.5, -0.5), xlabel="yes and no: asked of the rules' code")
    ax.set_xticks(range(6), [SERIES[r] for r in COLUMNS], fontsize=10)
    ax.set_yticks(range(len(rows)), rows, fontsize=9)
    ax.xaxis.tick_top()
    ax.grid(False)
    for x, rule in enumerate(COLUMNS):
        for y, text in enumerate(FORMULAS[rule]):
            ax.text(x, y, text, ha="center", va="center", fontsize=8.5)
        for y, (row, printed) in enumerate(zip(ROWS, PRINTED[rule], strict=True), len(TEXT)):
            try:
                found = cells(view, rule)[row]
            except MissingData:
                continue
            colour = "black" if found == printed else "#d00000"
            ax.text(x, y, "yes" if found else "no", ha="center", va="center", fontsize=9, color=colour)


def _accuracy(ax: Axes, exhibit: Exhibit, view: View) -> None:
    """Solid: log loss; dashed: MSE."""
    for arm in exhibit.arms:
        curve = view.curve(arm.id, "train_accuracy") if view.has(arm.id, "train_accuracy") else {}
        line = "-" if arm.setting["loss"] == "log" else "--"
        label = arm.series if line == "-" else f"{arm.series}, MSE"
        panels.band(ax, curve, style.colour(arm.series), label, line)
    ax.set(xlabel="iterations", ylabel="training accuracy (%)", title="What they train")
    panels.legend_below(ax, 3, -0.17, fontsize=8)


def _cosine(ax: Axes, exhibit: Exhibit, view: View) -> None:
    """At the end, by layer."""
    for arm in exhibit.arms:
        found = view.by_index(arm.id, "cosine") if view.has(arm.id, "cosine") else {}
        if arm.setting["loss"] == "log":
            y = [sum(v) / len(v) for _, v in sorted(found.items())]
            look: dict[str, Any] = {
                "color": style.colour(arm.series),
                "label": arm.series,
                "ms": 5,
                "lw": 1.3,
            }
            if arm.series == "Kickback":  # at 0, as what is frozen: a ring around the other's dot
                look |= {"ms": 10, "mew": 1.8, "mfc": "none"}
            ax.plot([int(i) for i in sorted(found)], y, "o-", **look)
    ax.axhline(0, color="#999999", lw=0.8)
    ax.set(xlabel="hidden layer", ylabel="cosine with ∂L/∂h", title="What they use, beside the true gradient")
    ax.set_xticks([1, 2, 3])
    panels.legend_below(ax, 3, -0.17, fontsize=8)
