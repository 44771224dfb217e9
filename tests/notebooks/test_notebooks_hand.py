"""A record in the hand: a frame, axes, sentences that quote it; a naive version beside the fast one."""

import math
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from record_fakes import DATA, fake_record, rows_of

import repro
from repro.exhibits import get
from repro.notebook import show
from repro.notebook.agree import DisagreeError
from repro.notebook.display import Number, Picture
from repro.notebook.training import StoppedError, told
from repro.record.record import Record
from repro.record.store import save


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    for e in map(get, ("meprop/fig4", "meprop/table7", "sg/fig6")):
        save(fake_record(e, "cpu", rows_of(e, "cpu"), DATA if e.kind == "training" else None), tmp_path)
    return tmp_path


def test_a_record_is_a_tidy_frame_with_units_and_provenance(recorded):
    frame = repro.load("meprop/fig4")
    assert list(frame) == ["arm", "label", "series", "seed", "metric", "step", "index", "value", "unit"]
    assert set(frame.unit) == {"%"} and len(frame) == len(rows_of(get("meprop/fig4"), "cpu"))
    assert frame.attrs["paper"].startswith("arXiv:1706.06197v5") and len(frame.attrs["sha256"]) == 64
    assert frame.attrs["reported"]["dense"] == {"test_accuracy": 97.82}
    assert repro.load("meprop/fig4", "cpu").equals(frame)


@pytest.mark.parametrize("exhibit_id", ["meprop/fig4", "meprop/table7", "sg/fig6"])
def test_plot_draws_into_given_axes_and_returns_them(recorded, exhibit_id):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    shown = show.open(exhibit_id)
    assert shown.plot(ax=ax) is ax and (ax.lines or ax.containers)
    assert shown.plot().figure is not ax.figure


def test_sentences_quote_the_record_and_say_so_where_it_has_nothing(recorded):
    shown = show.open("meprop/fig4")
    assert f"{shown.mean('dense', 'test_accuracy'):.1f}" == "97.8"
    assert f"{shown.mean('dense', 'end_accuracy'):.1f} %" == "– %"
    assert f"{Number(math.nan) - 3:+.2f}" == "–" and f"{Number(3) - 1:+.2f}" == "+2.00"
    assert shown.either("F4-1", "yes", "no", "open") == "yes"
    assert shown.either("F4-8", "yes", "no", "open") == "open"
    assert shown.gain("top-1", "random-1", "test_accuracy") == "+9.20 [+9.15, +9.24]"
    assert shown.gain("top-1", "random-1", "end_accuracy") == "–"
    with pytest.raises(KeyError):
        shown.either("F4-99", "yes", "no")
    assert repr(show.say("\n    two\n    lines ")) == "two lines"
    assert repr(show.say(f"{math.nan:.2f} bananas")) == "– bananas"


def test_the_mean_at_the_end_is_that_of_each_seeds_own_end(recorded):
    """The best evaluation of seed 0 came at step 100, that of seed 1 at step 200."""
    exhibit = get("meprop/fig4")
    others = [r for r in rows_of(exhibit, "cpu") if r[0] != "dense"]
    ends = [("dense", s, "test_accuracy", 100 * (s % 2 + 1), "", 90.0 + s) for s in range(10)]
    save(fake_record(exhibit, "cpu", others + ends), recorded)
    assert show.open("meprop/fig4", profile="cpu").mean("dense", "test_accuracy") == 94.5
    assert show.open("meprop/fig4", profile="cpu").mean("dense", "test_accuracy", step=200) == 95.0


@pytest.mark.parametrize("flip", [False, True], ids=["holds here", "does not hold here"])
def test_what_an_open_claim_indicates_is_no_answer(recorded, monkeypatch, flip):
    """On a stand-in F4-1 "holds here" or "does not hold here"; a sentence says neither yes nor no."""
    shown = show.open("meprop/fig4")
    facts = {**shown._record.facts, "data": {**shown._record.facts["data"], "stand_in": True}}
    swapped = {"top-1": "random-1", "random-1": "top-1"} if flip else {}
    rows = tuple((swapped.get(r[0], r[0]), *r[1:]) for r in shown._record.rows)
    monkeypatch.setattr(shown, "_record", Record(facts, rows))
    (judged,) = (j for j in shown._record.judgements(shown.exhibit) if j.claim.id == "F4-1")
    assert (judged.verdict, judged.here) == ("open", "does not hold here" if flip else "holds here")
    assert shown.either("F4-1", "yes", "no", "open") == "open"
    assert shown.either("F4-1", "yes", "no") == "(open here)", "no hole in a sentence"


def test_a_number_of_one_index_is_that_indexs_mean(recorded):
    shown = show.open("sg/fig6")
    assert shown.mean("objective", "loss", index="3;0") == 18.0
    assert math.isnan(shown.mean("objective", "loss", index="no such place"))


def test_without_a_record_nothing_is_quoted_or_decided(monkeypatch, tmp_path):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    none = show.recorded("sg/fig3")
    assert f"{none.mean('sg-20', 'block_distance', index=11):.2f}" == "–"
    assert none.either("F3-2", "yes", "no", "open") == "open"


def test_versions_that_agree_and_versions_that_do_not():
    assert repr(show.agree({"W": [1.0, 2.0]}, {"W": [1.0, 2.0 + 1e-6]})).startswith(
        "max |Δ| ≤ 1e-05 over all 2"
    )
    for other in ({"W": [1.0, 2.1]}, {"V": [1.0, 2.0]}, {"W": [1.0]}, {"W": [1.0, math.nan]}):
        with pytest.raises(DisagreeError):
            show.agree({"W": [1.0, 2.0]}, other)


def test_without_a_record_the_first_cell_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    nothing = show.recorded("sg/fig6")
    assert "No committed record" in repr(nothing.in_short())
    assert f"{nothing.mean('sg', 'x'):.1f}, {nothing.gain('sg', 'bp', 'x')}" == "–, –"
    assert nothing.either("F6-1", "yes", "no", "open") == "open"


def test_training_says_what_is_there_already():
    assert told(6, 0, 0, "x").startswith("all 6 runs are trained already: from the cache")
    assert told(6, 2, 1, "an hour") == (
        "6 runs, 4 trained already (from the cache); 2 to train in 1 groups (all of them: an hour)"
    )


def test_a_stop_is_one_line_and_what_was_asked_for_is_passed_on(places, monkeypatch, capsys):
    asked = []

    def stopped(exhibit, profile, options, tell):
        asked.append((profile, options))
        raise KeyboardInterrupt

    monkeypatch.setattr("repro.runner.run.run_exhibit", stopped)
    given = {"profile": "smoke", "seeds": "0-2", "workers": 2, "device": "cpu", "data": str(places)}
    shown = show.open("sg/table2", source="run", steps=7, **given)
    assert repr(shown) == "sg/table2 at profile smoke, from a run of its own; changed: steps = 7"
    with pytest.raises((StoppedError, KeyboardInterrupt)) as error:
        shown.record()
    assert "kept: run this cell again to go on from there" in str(error.value)
    assert error.value._render_traceback_() == [f"StoppedError: {error.value}"], (
        "IPython asks it for its lines"
    )
    assert error.value.__suppress_context__
    assert re.match(r"\d+ runs; \d+ to train in \d+ groups \(all of them: ", capsys.readouterr().out)
    ((profile, options),) = asked
    assert (profile, options.seeds, options.workers, options.device) == ("smoke", (0, 1, 2), 2, "cpu")
    assert options.changes == {"steps": 7} and options.data_dir == str(places)
    with pytest.raises((StoppedError, KeyboardInterrupt)):
        show.open("sg/table2", source="run", profile="paper", device="cpu").record()
    assert re.search(
        r"\(all of them: a GPU; here, on a CPU, some \d+ hours of one core\)", capsys.readouterr().out
    )


def test_what_is_kept_lies_below_the_repository_and_is_named(recorded, monkeypatch):
    """Not where the kernel happens to run: JupyterLab starts it beside the notebook."""
    monkeypatch.setenv("REPRO_ROOT", str(recorded))
    shown = show.open("sg/fig6", out="look")
    assert f"Kept as sg/fig6/cpu (json, csv, svg) in {recorded / 'look'}." in repr(shown.record())
    assert {p.name for p in (recorded / "look/sg/fig6").iterdir()} == {"cpu.json", "cpu.csv", "cpu.svg"}


def test_a_picture_on_which_nothing_is_decided_says_so(recorded):
    exhibit = get("meprop/fig4")
    from repro.show.draw import draw

    empty = fake_record(exhibit, "quick", rows_of(exhibit, "quick"), {**DATA, "stand_in": True})
    assert "every claim is open" in draw(exhibit, empty).get_suptitle()
    full = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"), DATA)
    assert "every claim is open" not in draw(exhibit, full).get_suptitle()


def image(shown):
    """(attributes of the one image that some HTML is, the SVG that its address holds), as a browser reads them."""
    found = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, given: found.append((tag, dict(given)))
    reader.handle_data = found.append
    reader.feed(shown)
    ((tag, given),) = found
    kind, _, address = given["src"].partition(",")
    assert tag == "img" and kind == "data:image/svg+xml" and not {"#", "\n"} & set(address)
    return given, unquote(address)


def test_a_picture_is_an_image_with_its_words_and_no_sign_of_it_is_lost():
    svg = """<svg><a href='#b'/><p style='font: "DejaVu Sans"'>5 %, R&amp;D, %20, ∇</p></svg>"""
    given, same = image(Picture("what 'it' \"shows\": <a> & b", svg)._repr_html_())
    assert same == svg and given["alt"] == "what 'it' \"shows\": <a> & b"


def test_the_pictures_of_notebooks_are_such_and_lack_no_part(recorded):
    picture = show.open("meprop/fig4").figure()
    given, svg = image(picture._repr_html_())
    assert given["alt"] == picture.alt and len(ElementTree.fromstring(svg)) > 0
    used, there = (set(re.findall(p, svg)) for p in (r"#([\w-]+)['\")]", r" id='([^']*)'"))
    assert there == used & there and {u for u in used if not re.fullmatch("[0-9a-f]{6}", u)} <= there
