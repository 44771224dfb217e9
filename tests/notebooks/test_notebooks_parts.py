"""The parts of a notebook: tables, source, parameters, template; without a kernel."""

from pathlib import Path

import pytest
from record_fakes import STAND_IN, fake_record, rows_of, save_all

from repro.errors import BadValueError, RecordError, UnknownNameError
from repro.exhibits import get, ids
from repro.notebook import show
from repro.notebook.arguments import PARAMETERS, choose_profile, parse_changes, parse_seeds, refuse_misspelt
from repro.notebook.build import new_notebook
from repro.notebook.source import source_of
from repro.notebook.template import HEADINGS
from repro.record.store import save


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A results folder with a cpu record of each exhibit."""
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    save_all(tmp_path, "cpu")
    return tmp_path


def test_source_is_cut_out_without_importing():
    function = source_of("repro.kernels.topk:top_k").text
    method = source_of("repro.rules.every_layer:SyntheticGradients.regress").text
    assert function.startswith("def top_k(") and function.rstrip().endswith(")")
    assert method.startswith("def regress(self")
    assert source_of("repro.record.record:Record").text.startswith("@dataclass(frozen=True)\nclass Record")


def test_unknown_source_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'top_k'"):
        source_of("repro.kernels.topk:topk")


def test_seeds_and_changes():
    assert parse_seeds("0, 2") == (0, 2) and parse_seeds(" ") is None
    assert parse_changes('epochs=2 drops="[[0.6, 0.1]]"') == {"epochs": "2", "drops": "[[0.6, 0.1]]"}
    for bad in ("0;1", "a"):
        with pytest.raises(BadValueError, match="whole numbers"):
            parse_seeds(bad)
    with pytest.raises(BadValueError, match="not name=value"):
        parse_changes("epochs 2")


def test_the_best_profile_is_the_largest_recorded(recorded):
    exhibit = get("sg/fig6")
    assert choose_profile(exhibit, "recorded", "") == "cpu"
    assert choose_profile(exhibit, "run", "") == "quick"
    save(fake_record(exhibit, "paper", rows_of(exhibit, "paper")), recorded)
    assert choose_profile(exhibit, "recorded", "") == "paper"


def test_misspelt_values_are_refused_at_once(recorded):
    for wrong in ({"source": "recrded"}, {"profile": "qick"}, {"source": "run", "settings": "epoch=2"}):
        with pytest.raises(UnknownNameError, match="did you mean"):
            show.open("meprop/fig4", **wrong)


def test_without_a_record_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    with pytest.raises(RecordError, match='set source = "run"'):
        show.open("sg/fig6")


@pytest.mark.parametrize("exhibit_id", ids())
def test_all_that_a_notebook_shows_is_the_same_twice(exhibit_id, recorded):
    def texts():
        shown = show.open(exhibit_id)
        parts = (shown, shown.specification(), shown.record(), shown.numbers(), shown.claims())
        return [repr(p) for p in (*parts, shown.deviations(), shown.provenance(), shown.cite())]

    first = texts()
    assert first == texts()
    assert str(Path.cwd()) not in "".join(first)


def test_a_stand_in_is_said_loudly(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    exhibit = get("meprop/fig4")
    save(fake_record(exhibit, "quick", rows_of(exhibit, "quick"), STAND_IN), tmp_path)
    shown = show.open("meprop/fig4")
    assert repr(shown.record()).startswith("**STAND-IN DATA")
    assert {row[4].split(" (")[0] for row in shown.claims().rows} == {"open"}


@pytest.mark.parametrize("exhibit_id", ids())
def test_the_template_has_the_fixed_headings(exhibit_id):
    sources = [c["source"] for c in new_notebook(get(exhibit_id))["cells"] if c["cell_type"] == "markdown"]
    found = [s.splitlines()[0] for s in sources if s.startswith("#")]
    assert found[0].startswith(f"# {exhibit_id}: ")
    assert found[1:] == [f"## {h}" for h in HEADINGS]


def test_what_a_committed_record_would_ignore_is_refused(recorded):
    for more in ({"seeds": "3"}, {"settings": "steps=5"}):
        with pytest.raises(BadValueError, match='need source "run"'):
            show.open("sg/fig6", **more)


def test_a_name_that_all_but_spells_a_parameter_is_refused():
    refuse_misspelt(["exhibit", "show", "x", *[name for name, *_ in PARAMETERS]])
    for name in ("sorce", "seed", "setings", "profil"):
        with pytest.raises(UnknownNameError, match=f"unknown notebook parameter '{name}': did you mean"):
            refuse_misspelt([name])


def test_papermill_can_read_every_parameter():
    assert not [comment for *_, comment in PARAMETERS if "=" in comment]
