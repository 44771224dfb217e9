"""What panels of pictures have in common."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.show import panels


def _words(ax: Axes) -> list[str]:
    return [t.get_text() for t in ax.texts]


def test_axes_without_anything_to_show_say_so() -> None:
    seeds, lines, empty = (Figure().subplots() for _ in range(3))
    panels.seeds_down(seeds, {0: ([1.0, 2.0], "#333333")})
    panels.labels_at_ends(lines, [(0.5, "a", "#333333")])
    assert _words(seeds) == [] and _words(lines) == ["a"]
    panels.seeds_down(empty, {})
    panels.labels_at_ends(lines, [])
    assert _words(empty) == ["not in this record"] and _words(lines)[1:] == ["not in this record"]
