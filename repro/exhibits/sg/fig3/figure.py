"""Distance from the last layer by layer, ours and the paper's; beside it dissimilarities between digits, by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.exhibits.sg.fig3.spec import TOLD
from repro.record.record import Record
from repro.record.view import View
from repro.show import layers, style
from repro.spec import Exhibit

METRIC, SQUARE = "block_distance", "dissimilarity"
SHOWN, AT = ("bprop", "sg", "sg_star"), (1, 5, 9, 12, 20)


def draw(exhibit: Exhibit, record: Record, view: View, shown: Sequence[str] = SHOWN) -> Figure:
    """The dots on the left; on the right, where they are known, a row a rule and a square a layer."""
    there = {a.series: a.id for a in layers.usual(exhibit, shown) if view.has(a.id, SQUARE)}
    figure = Figure(
        figsize=(style.WIDE if there else 7, 1.4 + 1.15 * max(len(shown), 3)), layout="constrained"
    )
    parts = figure.subfigures(1, 2 if there else 1, width_ratios=(1.15, 1) if there else None, squeeze=False)[
        0
    ]
    ax = parts[0].subplots()
    layers.compare(ax, exhibit, view, METRIC, shown, TOLD)
    layers.mark_sg(ax, exhibit, shown)
    ax.set(xlabel="hidden layer", ylabel="distance from layer 20 (mean square, same class)")
    ax.legend(fontsize="small")
    if there:
        _squares(parts[1], view, there)
    style.title(figure, exhibit, record)
    return figure


def _squares(figure: Any, view: View, arms: dict[str, str]) -> None:
    """Mean dissimilarity of two digits, dark 0 to light 1, of five layers of each arm."""
    figure.suptitle("mean dissimilarity of two digits, 0 to 9 (dark: alike, light: not)", fontsize=9)
    axes = figure.subplots(len(arms), len(AT), squeeze=False)
    for ax, layer in zip(axes[0], AT, strict=True):
        ax.set_title(f"layer {layer}", fontsize=9)
    for row, (series, arm) in zip(axes, arms.items(), strict=True):
        found = view.matrix(arm, SQUARE)
        row[0].set_ylabel(series, fontsize=9)
        for ax, layer in zip(row, AT, strict=True):
            _square(ax, {(a, b): v for (i, a, b), v in found.items() if i == str(layer)})


def _square(ax: Axes, pairs: dict[tuple[str, str], float]) -> None:
    grid = [[pairs[str(min(a, b)), str(max(a, b))] for b in range(10)] for a in range(10)]
    ax.imshow(grid, vmin=0, vmax=1.1, cmap="viridis")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
