"""Panels of a metric on the way: curves against the fraction of training, named at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from repro.record.stats import mean
from repro.record.view import View
from repro.show import panels


class Line(NamedTuple):
    """An arm's curve: its name at the end ("" for none) and in what is said to be missing, colour, line style."""

    arm: str
    name: str
    colour: str
    line: str = "-"
    metric: str = "test_error"
    at_end: bool = True


def draw(ax: Axes, view: View, lines: Sequence[Line], label: str, cuts: Sequence[float] = (0.6, 0.8)) -> None:
    """Mean ± sd over seeds, y in percent and logarithmic; dotted where the rate is cut.

    Of lines without an arm in the record the names are told in a corner; where there are no lines, the axes say so.
    """
    ends, missing = [], []
    for own in lines:
        if not view.has(own.arm, own.metric):
            missing.append(own.name)
            continue
        curve = view.curve(own.arm, own.metric)
        last = max(curve)
        drawn = {step / last: values for step, values in panels.thinned(curve).items()}
        panels.band(ax, drawn, own.colour, own.name, own.line)
        if own.at_end:
            ends.append((mean(curve[last]), own.name, own.colour))
    for cut in cuts:
        panels.apart(ax, cut)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set(xlim=(0, 1), xlabel="of all iterations (dotted: rate ÷ 10)", ylabel=label)
    panels.percent_axis(ax)
    panels.labels_at_ends(ax, ends)
    if missing and ends:
        told = "\n".join(["not in this record:", *dict.fromkeys(missing)])
        ax.text(0.02, 0.02, told, transform=ax.transAxes, fontsize=8, color=panels.GREY)
