"""Pictures of one data set, correlations of all, and the loss that is reached, for three kinds of SG."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from repro.exhibits.sg.fig2.figure import key, name, sheet, usual
from repro.exhibits.sg.implied import BLOCKS, GIVEN, ITERATIONS
from repro.record.record import Record
from repro.record.view import View
from repro.show import grids, panels, style
from repro.spec import Exhibit

WEAK = ("h", "y")


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Above eight blocks of pictures; in the middle their correlations; below the true loss."""
    there = [b for b in BLOCKS if any(view.has(a.id, "picture") for a in usual(exhibit, b, "h"))] or BLOCKS
    tall = 0.46 * _rows(exhibit, view, there) + 1
    figure = Figure(figsize=(style.WIDE, tall + 7.4), layout="constrained")
    above, middle, below = grids.parts(figure, (tall, 4.5, 2.5))
    for ax, given in zip(above.subplots(1, 2), WEAK, strict=True):
        blocks = {name(block): usual(exhibit, block, given) for block in there}
        grids.pictures(ax, view, blocks, ITERATIONS)
        ax.set_title(GIVEN[given])
    above.supxlabel(grids.COLUMNS, fontsize=8)
    rows = middle.subplots(2, len(there), squeeze=False, sharey=True, sharex=True)
    for row, given in zip(rows, WEAK, strict=True):
        for ax, block in zip(row, there, strict=True):
            grids.correlations(ax, view, usual(exhibit, block, given), sheet(block, given))
            ax.set_title(name(block), fontsize=9)
        row[0].set_ylabel(f"{GIVEN[given]}: correlation")
    key(middle)
    axes = below.subplots(1, len(there), squeeze=False, sharey=True, sharex=True)[0]
    for ax, block in zip(axes, there, strict=True):
        grids.losses(ax, view, {text: usual(exhibit, block, given)[1] for given, text in GIVEN.items()})
        ax.set_title(name(block), fontsize=9)
    axes[0].set_ylabel("true loss, SG everywhere")
    panels.plain_log(axes[0])
    axes[0].legend(fontsize=8)
    style.title(figure, exhibit, record)
    return figure


def _rows(exhibit: Exhibit, view: View, blocks: Sequence[tuple[str, str]]) -> int:
    """Rows of pictures: an iteration that was looked at, of each block."""
    arms = [a for block in blocks for a in usual(exhibit, block, "h")[:1] if view.has(a.id, "picture")]
    return sum(t in ITERATIONS for a in arms for t in view.curve(a.id, "picture"))
