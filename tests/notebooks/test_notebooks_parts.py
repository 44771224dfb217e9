"""The parts of a notebook: tables, source, parameters, template; without a kernel."""

from pathlib import Path

import pytest
from record_fakes import STAND_IN, fake_record, rows_of, save_all

from repro.errors import BadValueError, RecordError, UnknownNameError
from repro.exhibits import get, ids
from repro.notebook import show
from repro.notebook.arguments import choose_profile, parse_seeds
from repro.notebook.build import new_notebook
from repro.notebook.short import in_short
from repro.notebook.source import source_of
from repro.notebook.template import HEADINGS
from repro.record.store import save
from repro.show.claims import AFTER


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


@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        (None, None),
        ("", None),
        ("0, 2", (0, 2)),
        ("0-2", (0, 1, 2)),
        ([0, 1], (0, 1)),
        (range(2), (0, 1)),
        (3, (3,)),
    ],
)
def test_seeds_as_people_write_them(given, seeds):
    assert parse_seeds(given) == seeds


@pytest.mark.parametrize("given", ["0;1", "a", [0, 0], [], [-1], [0.5], [True], 2.5, {"a": 1}, "3-1"])
def test_seeds_that_are_none(given):
    with pytest.raises(BadValueError, match="seeds"):
        parse_seeds(given)


def test_the_best_profile_is_the_largest_recorded(recorded):
    exhibit = get("sg/fig6")
    assert choose_profile(exhibit, "recorded", "") == "cpu"
    assert choose_profile(exhibit, "run", "") == "quick"
    save(fake_record(exhibit, "paper", rows_of(exhibit, "paper")), recorded)
    assert choose_profile(exhibit, "recorded", "") == "paper"


def test_misspelt_values_are_refused_at_once(recorded):
    for wrong in ({"source": "recrded"}, {"profile": "qick"}, {"source": "run", "epoch": 2}):
        with pytest.raises(UnknownNameError, match="did you mean"):
            show.open("meprop/fig4", **wrong)


def test_natural_values_are_understood(recorded, monkeypatch):
    given = {"seeds": [0, 1], "epochs": 2, "sparsify_output": False, "batch": None, "workers": 2}
    shown = show.open("meprop/fig4", source="run", profile="smoke", **given)
    assert shown.changes == {"epochs": 2, "sparsify_output": False} and shown.seeds == (0, 1)
    assert {r.params["epochs"] for r in shown.planned} == {2.0}
    listed = show.open("dni/table2", source="run", dni_sg_hidden=[64, 64], rate_drops="[[0.5, 0.1]]")
    dni = next(r for r in listed.planned if r.arm == "dni-3")
    assert dni.params["dni_sg_hidden"] == (64, 64) and dni.params["rate_drops"] == ((0.5, 0.1),)
    wrongs = [
        {"epochs": "many"},
        {"batch": True},
        {"workers": "2"},
        {"workers": 0},
        {"device": 1},
        {"out": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(BadValueError):
            show.open("meprop/fig4", source="run", **wrong)
    for name in ("out", "REPRO_RUNS"):  # nothing is trained for a folder that cannot be written
        monkeypatch.setenv("REPRO_RUNS", str(recorded / "runs" if name == "out" else "/proc/nowhere"))
        with pytest.raises(BadValueError, match="cannot write in /proc/nowhere"):
            show.open("meprop/fig4", source="run", **({"out": "/proc/nowhere"} if name == "out" else {}))


def test_an_output_folder_in_the_home_is_found_and_made_with_the_record(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shown = show.open("sg/fig6", profile="quick", out="~/look ü")
    assert shown.out == f"{tmp_path}/look ü" and not any(tmp_path.iterdir())
    shown.record()
    assert (tmp_path / "look ü" / "sg" / "fig6" / "quick.json").is_file()


@pytest.mark.parametrize(
    "given",
    [[0.5], [[0.5]], [[0.5, 0.1, 1.0]], [["a", 0.1]], [[[0.5, 0.1]]], [[0.5, -0.1]], [0.5, [0.5, 0.1]], 3],
)
def test_a_nested_value_has_the_papers_form(given):
    with pytest.raises(BadValueError, match="parameter rate_drops is"):
        show.open("dni/table2", source="run", profile="smoke", rate_drops=given)


def test_a_data_folder_that_is_not_there_is_refused_and_not_made(recorded, tmp_path):
    with pytest.raises(BadValueError, match="is no folder"):
        show.open("meprop/fig4", source="run", data=str(tmp_path / "nope"))
    assert not (tmp_path / "nope").exists()


def test_without_a_record_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    with pytest.raises(RecordError, match='set source = "run"'):
        show.open("sg/fig6")


@pytest.mark.parametrize("exhibit_id", ids())
def test_all_that_a_notebook_shows_is_the_same_twice(exhibit_id, recorded):
    def texts():
        shown = show.open(exhibit_id)
        parts = (
            shown,
            shown.in_short(),
            shown.specification(),
            shown.record(),
            shown.numbers(),
            shown.claims(),
        )
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
    assert found[0].startswith(f"# {exhibit_id} · ")
    assert found[1:] == [f"## {h}" for h in HEADINGS]


def test_what_a_committed_record_would_ignore_is_refused(recorded):
    for more in ({"seeds": "3"}, {"steps": 5}):
        with pytest.raises(BadValueError, match='needs source "run"'):
            show.open("sg/fig6", **more)


def test_a_paragraph_whose_numbers_are_not_there_is_not_said(recorded):
    there = show.open("sg/control", profile="cpu")
    number, gain = there.mean("sg-20", "train_accuracy"), there.gain("sg-20", "bprop-20", "train_accuracy")
    lacking = there.mean("sg-20", "train_accuracy", step=-1)
    assert (
        show.say("a\n b", lacking, number).text == show.say("a b", gain).text == show.say("a b").text == "a b"
    )
    assert show.say("a b", lacking, "–") is None


def test_who_is_ahead_is_said_only_where_the_interval_decides(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_RESULTS", str(tmp_path))
    exhibit = get("sg/control")
    level = {"sg-20": (90.0, 91.0, 92.0), "bprop-20": (80.0, 81.2, 82.1), "sg-20-noise": (80.0, 99.0, 93.0)}
    rows = [
        (arm, seed, "train_accuracy", 10, "", v)
        for arm, own in level.items()
        for seed, v in enumerate(own, 110)
    ]
    save(fake_record(exhibit, "cpu", rows), tmp_path)
    shown = show.open("sg/control", profile="cpu")
    assert shown.ahead("sg-20", "bprop-20", "train_accuracy") is True
    assert shown.ahead("bprop-20", "sg-20", "train_accuracy") is False
    assert shown.ahead("sg-20", "sg-20-noise", "train_accuracy") is None
    assert shown.ahead("sg-20", "sg-20-mean", "train_accuracy") is None


@pytest.mark.parametrize(
    ("late", "marks"),
    [((), 0), (("F6-4",), 1), (("F6-1", "F6-2"), 2)],
)
def test_the_mark_of_what_was_judged_late_is_explained_where_it_stands(late, marks):
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", rows_of(exhibit, "cpu"))
    record.facts["claims"].update(dict.fromkeys(late, "0" * 64))
    lines = in_short(exhibit, record).splitlines()
    assert sum(" †: " in line for line in lines) == marks
    assert lines.count(f"{AFTER}.") == bool(marks)


def test_a_mark_that_no_line_has_is_not_explained():
    """What is open stands there by its id alone."""
    exhibit = get("sg/fig6")
    record = fake_record(exhibit, "cpu", ())
    record.facts["claims"].update({c.id: "0" * 64 for c in exhibit.claims})
    assert {j.verdict for j in record.judgements(exhibit)} == {"open"}
    assert "†" not in in_short(exhibit, record)


def test_a_claim_is_shown_with_what_it_leaves_to_the_one_before_it():
    exhibit = get("sg/fig6")
    told = in_short(exhibit, fake_record(exhibit, "cpu", rows_of(exhibit, "cpu")))
    assert "starts there with c = 0 does not move, backpropagation does [there: on b = 0] (F6" in told


@pytest.mark.parametrize(("profile", "told"), [("cpu", True), ("quick", True), ("paper", False)])
def test_a_deviation_of_other_profiles_does_not_explain_a_record(profile, told):
    exhibit = get("sg/fig3")
    said = in_short(exhibit, fake_record(exhibit, profile, rows_of(exhibit, profile)))
    why = said.split("**Why different.**")[1]
    assert ("1, size (cpu, quick)" in why) is told and "2, unit of the SG's target" in why
