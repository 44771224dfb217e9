"""What panels of pictures have in common."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.record.view import View
from repro.show import depths, panels
from repro.spec import Arm


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


def test_words_above_points_stand_in_the_order_of_the_arms() -> None:
    """Not in that of a set of names, which is another in each process: pictures are committed."""
    arms = [Arm(f"arm-{n}", "", "Bprop", {"layers": n}) for n in range(12)]
    view = View([(a.id, seed, "m", 1, "", 1.0 + seed) for a in arms for seed in (0, 1)], arms)
    ax = Figure().subplots()
    notes = {a.id: f"word {n}" for n, a in enumerate(arms) if n != 3}
    panels.against(ax, view, arms, {a.id: a.setting["layers"] for a in arms}, "m", notes)
    assert _words(ax) == [f"word {n}" for n in range(12) if n != 3]


def test_courses_of_any_depth_have_a_line() -> None:
    arms = [Arm(f"dense-{n}", "", "MLP", {"rule": "dense", "layers": n}) for n in (1, 2, 5, 6, 21)]
    ax = Figure().subplots()
    depths._courses(
        ax, View([(a.id, 0, depths.DEV, t, "", 90.0) for a in arms for t in (1, 2, 3)], arms), arms
    )
    assert [line.get_linestyle() for line in ax.lines] == ["--", "-", "--", "-", "--"]
