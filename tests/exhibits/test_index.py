"""The index of exhibits is their folders; `repro new` adds one."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_exhibit
from tiny.spec import EXHIBIT as BARE

import repro.exhibits
from repro.cli import main
from repro.errors import BadValueError, ExhibitError, UnknownNameError
from repro.exhibits import EXTRA, all_exhibits, get, ids, read
from repro.record.run import runs


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """`folders("dni/fig4", …)` → the ids that the index then has."""
    monkeypatch.setattr(repro.exhibits, "__file__", str(tmp_path / "__init__.py"))
    yield tmp_path
    repro.exhibits._folders.cache_clear()


def test_by_paper_then_by_name_with_numbers_as_numbers(folders):
    for name in ("sg/fig1", "dni/table2", "dni/fig16", "dni/fig4", "meprop/fig4", "other/fig1", "dni/notes"):
        (folders / name).mkdir(parents=True)
        if name != "dni/notes":
            (folders / name / "spec.py").touch()
    repro.exhibits._folders.cache_clear()
    assert ids() == ["dni/fig4", "dni/fig16", "dni/table2", "sg/fig1", "meprop/fig4"]


def test_what_get_fills_in():
    exhibit = get("dni/table2")
    assert exhibit.package == exhibit.trained_by == "repro.exhibits.dni.table2"
    assert [c.id for c in exhibit.claims][:2] == ["D2-1", "D2-2"]
    assert [e.id for e in all_exhibits()] == ids()
    with pytest.raises(UnknownNameError, match="did you mean 'dni/table2'"):
        get("dni/tabel2")


def test_one_that_lies_elsewhere(monkeypatch):
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    assert get("meprop/tiny") == tiny_exhibit.EXHIBIT and ids()[-1] == "meprop/tiny"
    monkeypatch.setitem(EXTRA, "meprop/tiny", tiny_exhibit.SLOWER)
    assert get("meprop/tiny") is tiny_exhibit.SLOWER


def test_one_that_shows_the_runs_of_another(monkeypatch):
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    shown, tiny = read("tiny_shown"), tiny_exhibit.EXHIBIT
    for profile in ("smoke", "quick"):
        assert runs(shown, shown.profile(profile)) == runs(tiny, tiny.profile(profile))
    assert (shown.package, shown.trained_by) == ("tiny_shown", "tiny")
    assert [c.id for c in shown.claims] == ["fast"] and shown.metrics == tiny.metrics


def test_its_own_runs_beside_anothers_are_refused(monkeypatch):
    both = sys.modules["tiny_shown.spec"].EXHIBIT
    monkeypatch.setattr("tiny_shown.spec.EXHIBIT", replace(both, arms=BARE.arms))
    with pytest.raises(BadValueError, match="shows the runs of meprop/tiny; leave out its own arms"):
        read.__wrapped__("tiny_shown")


WHOLE = "from repro.exhibits.sg.fig6.spec import EXHIBIT"


@pytest.mark.parametrize(
    ("spec", "claims", "words"),
    [
        (
            "EXHIBIT = (",
            "",
            "half.spec does not import: SyntaxError: '(' was never closed (half/spec.py, line 1)",
        ),
        (
            "\nEXHIBIT = x",
            "",
            "half.spec does not import: NameError: name 'x' is not defined (half/spec.py, line 2)",
        ),
        (
            WHOLE,
            "claims = 1 / 0",
            "half.claims does not import: ZeroDivisionError: division by zero (ha",
        ),
        (
            WHOLE,
            None,
            "there is no half.claims: an exhibit has a spec and claims",
        ),
        ("import torhc", "", "half.spec does not import: torhc is not installed here"),
        ("EXHBIT = None", "", "half.spec has no EXHIBIT"),
        ("EXHIBIT = None", "claims = []", "EXHIBIT of half.spec is None; expected Exhibit"),
        (WHOLE, "claims = None", "claims of half.claims is None; expected Sequence"),
    ],
)
def test_a_half_written_one_is_named(tmp_path, monkeypatch, spec, claims, words):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(repro.exhibits, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setitem(EXTRA, "meprop/half", "half")
    (tmp_path / "half").mkdir()
    for name, text in (("__init__", ""), ("spec", spec), ("claims", claims)):
        if text is not None:
            (tmp_path / "half" / f"{name}.py").write_text(text)
    try:
        with pytest.raises(ExhibitError) as refused:
            get("meprop/half")
    finally:
        for name in [m for m in sys.modules if m.partition(".")[0] == "half"]:
            del sys.modules[name]
    assert str(refused.value).startswith(words)


def test_reading_all_of_them_loads_no_torch():
    code = "import sys; from repro.exhibits import all_exhibits; all_exhibits(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"torch", "numpy", "matplotlib"} & set(done.stdout.split())


def test_drawing_loads_no_torch():
    """Who has the package without its extras reads, draws and cites."""
    code = (
        "import sys; from importlib import import_module; from repro.exhibits import all_exhibits; "
        "[import_module(f'{e.package}.figure') for e in all_exhibits()]; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "matplotlib" in done.stdout.split() and "torch" not in done.stdout.split()


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty repository in which `repro new` builds."""
    monkeypatch.setenv("REPRO_ROOT", str(tmp_path))
    return tmp_path


def test_new_makes_a_folder_that_is_listed_and_a_notebook(house, monkeypatch, capsys):
    assert main(["new", "sg/fig99"]) == 0
    assert "next: repro run sg/fig99 --profile smoke" in capsys.readouterr().out
    folder = house / "repro" / "exhibits" / "sg" / "fig99"
    made = {p.name for p in folder.iterdir()}
    assert made == {"__init__.py", "spec.py", "claims.py", "figure.py", "work.py"}
    assert (house / "notebooks" / "sg" / "fig99.ipynb").exists()
    assert not [p for p in folder.iterdir() if "skeleton" in p.read_text(encoding="utf-8")]
    monkeypatch.setattr("repro.exhibits.sg.__path__", [str(folder.parent)])
    monkeypatch.setitem(EXTRA, "sg/fig99", "repro.exhibits.sg.fig99")
    assert main(["list"]) == 0
    assert "sg/fig99" in capsys.readouterr().out
    assert get("sg/fig99").id == "sg/fig99" and runs(get("sg/fig99"), get("sg/fig99").profile("smoke"))


def test_new_makes_the_notebook_alone_of_an_exhibit_that_has_none(house, capsys):
    assert main(["new", "dni/table2"]) == 0
    assert [p.name for p in house.rglob("*") if p.is_file()] == ["table2.ipynb"]
    assert "TODO" in (house / "notebooks" / "dni" / "table2.ipynb").read_text(encoding="utf-8")
    assert main(["new", "dni/table2"]) == 2


def test_a_name_with_a_dash_has_a_folder_without(house, monkeypatch, capsys):
    """The id that `new` was given is that of the index: what it says is next can be done."""
    taken = house / "repro" / "exhibits" / "sg" / "its_code.py"
    taken.parent.mkdir(parents=True)
    taken.write_text("X = 1\n")
    assert main(["new", "sg/its-code"]) == 2
    assert "repro/exhibits/sg/its_code.py has that name: choose another" in capsys.readouterr().err
    assert main(["new", "sg/my-thing"]) == 0
    assert "next: repro run sg/my-thing --profile smoke" in capsys.readouterr().out
    folder = house / "repro" / "exhibits" / "sg" / "my_thing"
    assert folder.is_dir() and (house / "notebooks" / "sg" / "my-thing.ipynb").exists()
    assert "my_thing" not in (house / "notebooks" / "sg" / "my-thing.ipynb").read_text(encoding="utf-8")
    monkeypatch.setattr("repro.exhibits.sg.__path__", [str(folder.parent)])
    monkeypatch.setattr(repro.exhibits, "__file__", str(house / "repro" / "exhibits" / "__init__.py"))
    repro.exhibits._folders.cache_clear()
    try:
        assert "sg/my-thing" in ids()
        made = get("sg/my-thing")
        assert (made.id, made.package) == ("sg/my-thing", "repro.exhibits.sg.my_thing")
    finally:
        repro.exhibits._folders.cache_clear()


def test_new_makes_the_notebook_alone_of_one_with_a_dash(house):
    assert main(["new", "dni/rnn-control"]) == 0
    assert [p.name for p in house.rglob("*") if p.is_file()] == ["rnn-control.ipynb"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sg/my_thing", "did you mean sg/my-thing?"),
        ("sg/my-", "expected small letters and digits, with dashes between"),
        ("sg/my--thing", "expected small letters and digits, with dashes between"),
        ("fig5", "expected paper/name"),
        ("dna/fig5", "did you mean 'dni'"),
        ("dni/Fig 5", "expected small letters and digits"),
        ("dni/../fig5", "expected small letters and digits"),
        ("dni/class", "expected small letters and digits"),
    ],
)
def test_new_refuses_bad_names(house, capsys, name, words):
    assert main(["new", name]) == 2
    assert words in capsys.readouterr().err and not any(house.iterdir())


@pytest.mark.parametrize("there", ["repro/exhibits/dni/fig99/spec.py", "notebooks/dni/fig99.ipynb"])
def test_new_overwrites_nothing(house, capsys, there):
    path: Path = house / there
    path.parent.mkdir(parents=True)
    path.write_text("mine", encoding="utf-8")
    assert main(["new", "dni/fig99"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert [p for p in house.rglob("*") if p.is_file()] == [path] and path.read_text() == "mine"
