"""Curves against the fraction of training."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repro.record.view import View
from repro.show import courses

ROWS = [("a", s, "test_error", t, "", 40.0 / (1 + t / 50) + s) for s in (0, 1) for t in range(10, 201, 10)]
VIEW = View(ROWS)


def _drawn(*lines: courses.Line) -> Axes:
    ax = Figure().subplots()
    courses.draw(ax, VIEW, lines, "test error (%)")
    return ax


def test_a_curve_is_the_mean_over_seeds_by_the_fraction_of_training() -> None:
    ax = _drawn(courses.Line("a", "Bprop", "#777777", "--"))
    (curve,) = [line for line in ax.lines if line.get_label() == "Bprop"]
    x, y = (np.asarray(v) for v in (curve.get_xdata(), curve.get_ydata()))
    assert (x[0], x[-1], curve.get_linestyle()) == (0.05, 1.0, "--")
    assert y[0] == 40.0 / 1.2 + 0.5 and y[-1] == 8.5
    assert [t.get_text() for t in ax.texts] == ["Bprop"]
    cuts = [np.asarray(line.get_xdata())[0] for line in ax.lines if line is not curve]
    assert cuts == [0.6, 0.8]


def test_what_is_missing_is_named_and_empty_axes_say_so() -> None:
    some = _drawn(courses.Line("a", "DNI", "#777777"), courses.Line("b", "cDNI", "#777777"))
    assert [t.get_text() for t in some.texts] == ["DNI", "not in this record:\ncDNI"]
    none = _drawn(courses.Line("b", "cDNI", "#777777"))
    assert [t.get_text() for t in none.texts] == ["not in this record"]


def test_a_line_may_go_without_its_name_at_the_end() -> None:
    named, silent = (
        courses.Line("a", "DNI", "#777777"),
        courses.Line("a", "DNI", "#777777", ":", at_end=False),
    )
    assert [t.get_text() for t in _drawn(named, silent).texts] == ["DNI"]
