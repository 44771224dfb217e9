"""Percent of wrong counts over the digits read: A above, B below."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repro.exhibits.dni.fig5.spec import CHANCE
from repro.record.record import Record
from repro.record.view import View
from repro.show import panels, style
from repro.spec import Exhibit

READ: dict[str, dict[str, str]] = {  # net → arm → "thousand of data time: %", off the paper's curves
    "a": {
        "bprop": "8: 56.5, 10: 52.8, 15: 44.6, 20: 36.7, 30: 20.9, 40: 13.9, 50: 10.5, 60: 8.6, 80: 6.8, 100: 6.0",
        "no_bprop": "4: 47.4, 6: 37.2, 8: 26.9, 10: 19.6, 15: 11.8, 20: 8.5, 30: 6.3, 50: 5.6, 80: 5.5, 100: 5.5",
        "dni": "4: 50.3, 6: 42.4, 8: 35.3, 10: 25.9, 15: 14.1, 20: 10.1, 30: 7.4, 50: 6.0, 80: 5.7, 100: 5.6",
    },
    "b": {
        "bprop": "10: 78.6, 15: 69.3, 20: 65.2, 30: 50.2, 40: 43.3, 50: 39.1, 60: 35.9, 80: 32.2, 100: 30.5",
        "no_bprop": "8: 79.7, 10: 75.8, 15: 70.6, 20: 68.6, 30: 66.2, 50: 65.7, 80: 64.9, 100: 65.0",
        "dni": "4: 66.8, 6: 57.5, 8: 52.3, 10: 49.3, 15: 44.8, 20: 40.6, 30: 36.0, 50: 34.0, 80: 33.9, 100: 33.4",
    },
}


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """Ours with bands over seeds; the paper's readings hollow, dashed."""
    figure, axes = style.canvas(2, (style.WIDE, 4.8))
    t = int(record.facts["spec"]["params"]["window"])
    for ax, net, what in zip(axes, "ab", (f"odd digits in {t}", f"threes in {t * t}"), strict=True):
        _panel(ax, exhibit, view, net, t * t)
        ax.axhline(CHANCE[net], color="#999999", lw=0.8, ls=":")
        ax.set(
            title=f"{net.upper()}: {what}",
            xlabel="thousand digits of a stream",
            xscale="log",
            ylabel="wrong counts (%)",
        )
        ax.xaxis.set_major_formatter("{x:g}")
    constant = Line2D([], [], color="#999999", lw=0.8, ls=":", label="always the same count")
    arms = [line for line in axes[1].lines if not str(line.get_label()).startswith("_")]
    keys = [*arms, *style.key("ours: mean ± sd over seeds"), constant]
    figure.legend(handles=keys, loc="outside lower center", ncols=3)
    style.title(figure, exhibit, record)
    return figure


def _panel(ax: Axes, exhibit: Exhibit, view: View, net: str, digits: int) -> None:
    """`digits` a step."""
    for arm in exhibit.arms:
        colour = style.colour(arm.series)
        if view.has(arm.id, f"test_error_{net}"):
            steps = view.curve(arm.id, f"test_error_{net}")
            ours = {step * digits / 1000: values for step, values in steps.items()}
            panels.band(ax, ours, colour, arm.label)
        if arm.id in READ[net]:
            read = [pair.split(": ") for pair in READ[net][arm.id].split(", ")]
            style.paper_points(ax, [float(x) for x, _ in read], [float(y) for _, y in read], arm.series, ms=4)
