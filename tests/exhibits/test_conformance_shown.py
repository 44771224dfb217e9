"""Every exhibit, found by itself, draws and tabulates what there is, so that it can be read."""

from every_exhibit import invented, of_profiles
from matplotlib.text import Text
from record_fakes import DATA

from repro.show.draw import SVG_LIMIT, draw, svg_text
from repro.show.kinds import numbers
from repro.show.style import COLOURS, SMALLEST, WIDE


@of_profiles
def test_it_draws_at_every_profile_and_its_axes_say_what_they_are(exhibit, profile):
    axes = [a for a in draw(exhibit, invented(exhibit.id, profile)).axes if a.get_label() != "<colorbar>"]
    assert all(a.has_data() and a.get_xlabel() for a in axes)
    assert axes[0].get_ylabel() or axes[0].get_yticklabels()


def test_it_draws_and_tabulates_what_there_is_when_runs_are_missing(exhibit):
    record = invented(exhibit.id, "cpu")
    (first, seed), (last, _) = record.rows[0][:2], record.rows[-1][:2]
    arms_lost = [tuple(r for r in record.rows if r[0] != arm) for arm in (first, last)]
    run_lost = tuple(r for r in record.rows if r[:2] != (first, seed))
    for rows in (*arms_lost, run_lost):
        left = type(record)(record.facts, rows)
        if exhibit.kind != "analytic":  # of which each part is needed
            draw(exhibit, left)
        numbers(exhibit, left)


def test_its_picture_is_small_and_titled(exhibit):
    figure = draw(exhibit, invented(exhibit.id, "cpu"))
    assert len(svg_text(figure).encode()) <= SVG_LIMIT
    for part in (exhibit.id, exhibit.place, "arXiv:1706.06197v5", "profile cpu", DATA["note"]):
        assert part in figure.get_suptitle()


def test_its_picture_can_be_read_in_a_window_of_900_pixels(exhibit):
    """Where a notebook has 700 for it. Looked at in JupyterLab: pictures of 13 inches had letters of 4 to 5."""
    figure = draw(exhibit, invented(exhibit.id, "cpu"))
    assert figure.get_figwidth() <= WIDE
    said = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    assert not [t for t in said if t.get_fontsize() < SMALLEST]


def test_every_trained_series_has_its_colour(exhibit):
    assert exhibit.kind == "analytic" or {a.series for a in exhibit.arms} <= COLOURS.keys()
