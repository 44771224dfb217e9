"""Figures: drawn for every exhibit and profile, labelled with paper and data, the same bytes in every process."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from record_fakes import DATA, STAND_IN, fake_record, rows_of

from repro.exhibits import INDEX, all_exhibits, get
from repro.plotting import draw, save_svg
from repro.plotting.draw import SVG_LIMIT, png_bytes, svg_text
from repro.plotting.style import COLOURS

CASES = [(e.id, p.name) for e in all_exhibits() for p in e.profiles]


@cache
def figure_of(exhibit_id, profile="cpu", stand_in=False):
    data = STAND_IN if stand_in else DATA
    exhibit = get(exhibit_id)
    return draw(exhibit, fake_record(exhibit, profile, rows_of(exhibit, profile), data))


@pytest.mark.parametrize(("exhibit_id", "profile"), CASES)
def test_every_exhibit_draws_at_every_profile(exhibit_id, profile):
    axes = [a for a in figure_of(exhibit_id, profile).axes if a.get_label() != "<colorbar>"]
    assert all(a.has_data() for a in axes)


@pytest.mark.parametrize("exhibit_id", INDEX)
def test_pictures_are_small(exhibit_id):
    assert len(svg_text(figure_of(exhibit_id)).encode()) <= SVG_LIMIT
    assert len(png_bytes(figure_of(exhibit_id))) <= 80_000


@pytest.mark.parametrize("exhibit_id", INDEX)
def test_the_title_names_exhibit_paper_profile_and_data(exhibit_id):
    exhibit = get(exhibit_id)
    title = figure_of(exhibit_id).get_suptitle()
    for part in (exhibit_id, exhibit.place, "arXiv:1706.06197v5", "profile cpu", DATA["note"]):
        assert part in title


def test_a_stand_in_is_in_the_title_in_red():
    figure = figure_of("meprop/fig4", "quick", True)
    assert STAND_IN["note"] in figure.get_suptitle()
    assert figure._suptitle.get_color() == "#a00000"


def test_axes_have_labels():
    for exhibit_id in INDEX:
        axes = [a for a in figure_of(exhibit_id).axes if a.get_label() != "<colorbar>"]
        assert all(a.get_xlabel() for a in axes), exhibit_id
        assert axes[0].get_ylabel() or axes[0].get_yticklabels(), exhibit_id


def test_error_bars_say_what_they_are_over():
    for exhibit_id in ("dni/table2", "meprop/fig4"):
        texts = [t.get_text() for legend in figure_of(exhibit_id).legends for t in legend.get_texts()]
        assert "ours: mean ± sd over seeds, n = 3" in texts
        assert "paper" in texts


def test_points_below_the_zoom_are_named_not_dropped():
    texts = [t.get_text() for t in figure_of("meprop/fig4").axes[0].texts]
    assert "↓ paper 95.99" in texts
    assert any(t.startswith("↓ ours 95.9") or t.startswith("↓ ours 96.0") for t in texts)


def test_every_trained_series_has_a_fixed_colour():
    named = {a.series for e in all_exhibits() if e.kind != "analytic" for a in e.arms}
    assert named <= COLOURS.keys()
    assert len({COLOURS[s] for s in ("DNI", "cDNI", "Bprop", "No Bprop", "stale gradients")}) == 5


_SAVE = """
import sys
from record_fakes import DATA, fake_record, rows_of
from repro.exhibits import get
from repro.plotting import draw, save_svg
e = get("sg/table2")
save_svg(draw(e, fake_record(e, "cpu", rows_of(e, "cpu"), DATA)), sys.argv[1])
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


def test_saving_leaves_no_temporary_file(tmp_path):
    path = save_svg(figure_of("sg/fig6"), tmp_path / "a" / "b.svg")
    assert [p.name for p in path.parent.iterdir()] == ["b.svg"]
