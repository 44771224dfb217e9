"""Accuracy of the linear classifier and error of the linear regressor by layer, ours and the paper's."""

from __future__ import annotations

from matplotlib.figure import Figure

from repro.exhibits.sg.deep import SERIES
from repro.exhibits.sg.fig8.spec import IMAGES, MSE, RIGHT
from repro.record.record import Record
from repro.record.view import View
from repro.show import layers, style
from repro.spec import Exhibit

PANELS = (
    ("probe_accuracy", RIGHT, 1.0, "a linear classifier on each layer", "training images right (%)"),
    (
        "image_error",
        MSE,
        1 / IMAGES,
        "a linear map of each layer back to the image",
        f"squared error (the paper's / {IMAGES})",
    ),
)


def draw(exhibit: Exhibit, record: Record, view: View) -> Figure:
    """A line a rule; the paper's hollow."""
    figure, axes = style.canvas(2, (style.WIDE, 5))
    for ax, (metric, told, scale, name, label) in zip(axes, PANELS, strict=True):
        layers.compare(ax, exhibit, view, metric, tuple(SERIES), told, scale=scale)
        layers.mark_sg(ax, exhibit)
        ax.set(title=name, xlabel="hidden layer", ylabel=label)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    style.title(figure, exhibit, record)
    return figure
