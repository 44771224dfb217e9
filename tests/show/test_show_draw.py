"""Figures: what they say of their data and their spread, and the same bytes in every process."""

import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from record_fakes import DATA, RESULTS, STAND_IN, fake_record, rows_of

from repro.exhibits import get
from repro.record.record import seeds_of
from repro.record.store import load
from repro.record.view import View
from repro.show.draw import draw, save_svg, svg_text
from repro.show.panels import plain_log
from repro.show.style import COLOURS, behind, undecided


@cache
def figure_of(exhibit_id, profile="cpu", stand_in=False):
    data = STAND_IN if stand_in else DATA
    exhibit = get(exhibit_id)
    return draw(exhibit, fake_record(exhibit, profile, rows_of(exhibit, profile), data))


def test_a_stand_in_is_in_the_title_in_red():
    figure = figure_of("meprop/fig4", "quick", True)
    assert STAND_IN["note"] in figure.get_suptitle()
    assert figure._suptitle.get_color() == "#a00000"


def test_error_bars_say_what_they_are_over():
    for exhibit_id, n in (("dni/table2", "3"), ("meprop/fig4", "3 to 10")):
        texts = [t.get_text() for legend in figure_of(exhibit_id).legends for t in legend.get_texts()]
        assert f"ours: mean ± sd over seeds, n = {n}" in texts
        assert "paper" in texts


def test_the_papers_lines_are_in_a_legend_and_ours_have_their_names_at_their_ends():
    fig4, table2 = figure_of("meprop/fig4"), figure_of("dni/table2")
    boxes = [*fig4.legends, *(ax.get_legend() for ax in fig4.axes)]
    named = {t.get_text() for box in boxes if box for t in box.get_texts()}
    assert {"dense MLP, paper", "dense MLP, ours ± sd"} <= named
    for ax in table2.axes[:3]:
        assert ax.get_legend() is None and {"3 layers", "6 layers"} <= {t.get_text() for t in ax.texts}


def mixed():
    """dni/table2 without 4 layers of Bprop, and with one seed of No Bprop there, made on a second device."""
    exhibit = get("dni/table2")
    rows = [r for r in rows_of(exhibit, "cpu") if r[0] != "bprop-4"]
    rows = [r for r in rows if r[0] != "no_bprop-4" or r[1] == 0]
    record = fake_record(exhibit, "cpu", rows, DATA)
    first = record.facts["environment"][0]
    own = [f"{a}/{s}" for a, s in {r[:2] for r in rows} if a != "no_bprop-4"]
    record.facts["environment"] = [
        {**first, "device": "A", "runs": own},
        {**first, "device": "B", "runs": ["no_bprop-4/0"]},
    ]
    return exhibit, record


def test_what_stands_behind_the_few_is_said_where_it_is_not_that_of_the_most():
    exhibit, record = mixed()
    view = View(record.rows, exhibit.arms)
    assert behind(record, view, view.arms(), "test_error") == ("n = 3 on A", {"no_bprop-4": "n = 1 on B"})
    figure = draw(exhibit, record)
    texts = [t.get_text() for legend in figure.legends for t in legend.get_texts()]
    assert "ours: mean ± sd over seeds, n = 3 on A; a: n = 1 on B" in texts
    assert [t.get_text() for t in figure.axes[3].texts] == ["a"]


def test_a_line_breaks_where_a_depth_was_not_run():
    figure = draw(*mixed())
    lines = [
        (c.get_label(), [math.isnan(y) for y in c.lines[0].get_ydata()]) for c in figure.axes[3].containers
    ]
    assert ("Bprop", [False, True, False, False]) in lines
    assert not [label for label, gaps in lines if label != "Bprop" and any(gaps)]


@pytest.mark.parametrize(
    "limits", [(0.35, 0.75), (0.22, 0.65), (1.7, 2.9), (0.03, 2), (0.2, 400), (60, 1500)]
)
def test_a_logarithmic_axis_has_plain_numbers(limits):
    """Never one alone, nor 6 × 10⁻¹, nor so many that they touch."""
    ax = Figure().subplots()
    ax.set(yscale="log", ylim=limits)
    plain_log(ax)
    texts = [label.get_text() for label in ax.get_yticklabels()]
    assert 3 <= len(texts) <= 8 and all(limits[0] <= float(t) <= limits[1] for t in texts)


def test_points_below_the_zoom_are_named_not_dropped():
    (text,) = (t.get_text() for t in figure_of("meprop/fig4").axes[0].texts)
    assert "↓ paper 95.99 at 1 %" in text
    assert "↓ ours 95.9" in text or "↓ ours 96.0" in text


def test_the_methods_that_a_figure_compares_have_colours_of_their_own():
    assert len({COLOURS[s] for s in ("DNI", "cDNI", "Bprop", "No Bprop", "stale gradients")}) == 5


def test_one_run_has_no_error_bar():
    exhibit = get("meprop/fig4")
    rows = [r for r in rows_of(exhibit, "cpu") if r[1] == 0]
    low, high = draw(exhibit, fake_record(exhibit, "cpu", rows, DATA)).axes[0].get_ylim()
    assert 90 < low < high < 100


_SAVE = """
import sys
from record_fakes import DATA, fake_record, rows_of
from repro.exhibits import get
from repro.show.draw import draw, save_svg, svg_text
e = get("sg/table2")
record = fake_record(e, "cpu", rows_of(e, "cpu"), DATA)
save_svg(draw(e, record), sys.argv[1], record)
"""


def test_svg_is_the_same_in_two_processes(tmp_path):
    tests = Path(__file__).resolve().parents[1]
    path = os.pathsep.join([str(tests.parent), str(tests)])
    texts = []
    for n in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": n}
        out = tmp_path / n / "figure.svg"
        subprocess.run([sys.executable, "-c", _SAVE, str(out)], env=environment, check=True, timeout=120)
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]
    assert b"<dc:date>" not in texts[0]


def test_the_last_digits_of_a_layout_change_no_byte():
    """They differ from one drawing to the next in the same process."""
    texts = []
    for more in (0.0, 1e-12):
        figure = Figure()
        for left in (0.1, 0.6):
            ax = figure.add_axes((left + more, 0.1, 0.3, 0.8))
            ax.plot([0, 1])
            ax.set_axis_off()
        texts += [svg_text(figure), svg_text(figure, outlines=False)]
    assert texts[:2] == texts[2:] and len(set(re.findall(r"url\(#(p\w+)\)", texts[0]))) == 2


def test_saving_leaves_no_temporary_file(tmp_path):
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    path = save_svg(figure_of("sg/fig6"), tmp_path / "a" / "b.svg", record)
    assert [p.name for p in path.parent.iterdir()] == ["b.svg"]
    assert record.facts["csv"]["sha256"] in path.read_text(), "it names its numbers"


@pytest.mark.parametrize(
    "settings",
    [
        {"text.usetex": True},
        {"savefig.bbox": "tight", "savefig.facecolor": "black", "savefig.transparent": True},
        {
            "font.weight": "bold",
            "axes.unicode_minus": False,
            "axes.xmargin": 0.3,
            "xtick.minor.visible": True,
        },
    ],
    ids=lambda s: ",".join(s),
)
def test_the_users_own_matplotlib_settings_change_no_byte(settings):
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "quick", rows_of(exhibit, "quick"))
    usual = svg_text(draw(exhibit, record))
    with mpl.rc_context(settings):
        assert svg_text(draw(exhibit, record)) == usual
        assert mpl.rcParams[next(iter(settings))] == next(iter(settings.values())), "the user's own stay"


_SEABORN = """
import sys
import repro.show.style
assert "scipy.stats" not in sys.modules
import seaborn
assert not seaborn._statistics._no_scipy
"""


def test_a_picture_waits_for_no_statistics_and_the_users_seaborn_has_them():
    """scipy.stats is half of the time before a first picture, in each of some twenty kernels."""
    subprocess.run([sys.executable, "-c", _SEABORN], check=True, timeout=120)


@pytest.mark.parametrize(
    ("verdicts", "finding", "said"),
    [
        (("open", "open"), "open", "Nothing is decided here: every claim is open on this record"),
        (
            ("open", "open"),
            "reproduced",
            "No claim of the paper's is decided here: all of them are open on this record",
        ),
        (("open", "not reproduced"), "open", ""),
    ],
)
def test_a_picture_says_what_is_not_decided_on_it(verdicts, finding, said):
    """A finding of ours that is decided is not "nothing"."""
    judged = [(v, False) for v in verdicts] + [(finding, True)]
    made = [SimpleNamespace(verdict=v, claim=SimpleNamespace(finding=f)) for v, f in judged]
    assert "".join(undecided(None, SimpleNamespace(judgements=lambda _: made))) == said


def test_curves_without_the_papers_say_what_their_bands_are():
    record = load(RESULTS, "dni/fig12", "quick")
    (legend,) = draw(get("dni/fig12"), record).legends
    said = f"ours: mean ± sd over seeds, n = {len(seeds_of(record.facts))}; of the paper's"
    assert legend.get_title().get_text().startswith(said)


def test_no_accuracy_above_100_percent_has_a_tick():
    """Though there is room above for what the controls came to."""
    (levels, *_) = draw(get("meprop/table6"), load(RESULTS, "meprop/table6", "quick")).axes
    assert levels.get_ylim()[1] > 100 >= max(levels.get_yticks())
