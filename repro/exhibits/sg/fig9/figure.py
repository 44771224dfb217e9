"""Pictures of one data set, correlations of all, and the loss that is reached, for three kinds of SG."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.sg.fig2.figure import name, sheet, usual
from repro.exhibits.sg.implied import BLOCKS, GIVEN, ITERATIONS
from repro.record.record import Record
from repro.record.view import View
from repro.show import grids, style
from repro.spec import Exhibit

WEAK = ("h", "y")


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Above eight blocks of pictures; in the middle their correlations; below the true loss."""
    figure = Figure(figsize=(11, 14.5), layout="constrained")
    above, middle, below = grids.parts(figure, (5.8, 3.4, 1.9))
    for ax, given in zip(above.subplots(1, 2), WEAK, strict=True):
        blocks = {name(block): usual(exhibit, block, given) for block in BLOCKS}
        grids.pictures(ax, view, blocks, ITERATIONS)
        ax.set_title(GIVEN[given])
    rows = middle.subplots(2, 4, sharey=True, sharex=True)
    for row, given in zip(rows, WEAK, strict=True):
        for ax, block in zip(row, BLOCKS, strict=True):
            grids.correlations(ax, view, usual(exhibit, block, given), sheet(block, given))
            ax.set_title(name(block), fontsize=9)
        row[0].set_ylabel(f"{GIVEN[given]}: correlation")
    axes = below.subplots(1, 4, sharey=True, sharex=True)
    for ax, block in zip(axes, BLOCKS, strict=True):
        grids.losses(ax, view, {text: usual(exhibit, block, given)[1] for given, text in GIVEN.items()})
        ax.set_title(name(block), fontsize=9)
    axes[0].set_ylabel("true loss, SG everywhere")
    axes[0].legend(fontsize=7.5)
    style.title(figure, exhibit, record)
    return figure
