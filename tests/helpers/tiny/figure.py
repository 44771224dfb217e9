"""A bar an arm."""

from matplotlib.figure import Figure


def draw(exhibit, record, view):
    """Heights at the end."""
    figure = Figure()
    figure.subplots().bar(view.arms(), [view.mean(a, "height") for a in view.arms()])
    return figure
