"""What a parameters cell says: papermill's too. Nothing that does nothing passes."""

import subprocess
import sys
from pathlib import Path

import pytest

from repro.errors import UnknownNameError
from repro.exhibits import all_exhibits, get, ids
from repro.notebook.arguments import PARAMETERS, names_of, parameters_source
from repro.notebook.build import new_notebook
from repro.notebook.given import literals, parameters, set_by
from repro.record.store import load

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "dni" / "table2.ipynb"
CELL = parameters_source(get("dni/table2"))


def papermill(*arguments, **options):
    command = [sys.executable, "-m", "papermill", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=ROOT, **options
    )


def test_values_come_from_the_notebook_and_none_is_left_out():
    injected = "# Parameters\nsteps = 30\n"
    namespace = {"source": "run", "profile": None, "steps": 30, "other": 1}
    assert parameters(get("dni/table2"), namespace, [CELL, injected]) == {"source": "run", "steps": 30}


@pytest.mark.parametrize("cell", ["# Parameters\nsetps = 30\n", CELL + "\nsetps = 30"])
def test_a_name_that_would_do_nothing_is_refused(cell):
    with pytest.raises(UnknownNameError, match=r"unknown parameter.*'setps': did you mean 'steps'"):
        parameters(get("dni/table2"), {}, [CELL, cell])


def test_names_of_other_cells_are_nobodys_business():
    history = [CELL, "step = 3\nsetps = 4", "%matplotlib inline\nsorce = 3"]
    assert parameters(get("dni/table2"), {"step": 3, "setps": 4}, history) == {}


def test_the_latest_version_of_a_cell_counts():
    assert parameters(get("dni/table2"), {}, [CELL + "\nsetps = 30", CELL]) == {}


def test_what_a_cell_sets():
    assert set_by("a: int = 3\nb = c = 4\nd.e = 5\nif b:\n    f = 6") == {"a", "b", "c"}
    assert [name for name, _ in literals("a = (")] == []


def test_what_the_paper_has_for_some_arms_stands_beside_its_usual_value():
    lines = dict(line.split(":", 1) for line in parameters_source(get("meprop/table1")).splitlines())
    assert "# paper: 10, for some 1, 10,000 (section 4)" in lines["batch"]
    assert "# assumed 20, for some 61, 100 " in lines["epochs"]
    assert "for some" not in lines["hidden"] and "# paper: 500 (" in lines["hidden"]


@pytest.mark.parametrize("exhibit_id", ids())
def test_every_hyper_parameter_is_in_the_cell_and_papermill_can_read_it(exhibit_id, tmp_path):
    import nbformat
    from papermill.inspection import _infer_parameters
    from papermill.iorw import load_notebook_node

    exhibit = get(exhibit_id)
    nbformat.write(new_notebook(exhibit), tmp_path / "x.ipynb")
    found = {p.name: p for p in _infer_parameters(load_notebook_node(str(tmp_path / "x.ipynb")))}
    assert list(found) == names_of(exhibit)
    assert {p.inferred_type_name for p in found.values()} <= {"int", "float", "str", "bool", "list"}
    assert all(found[n].help == said for n, *_, said in PARAMETERS)
    for p in exhibit.params:
        told = found[p.name]
        assert told.default == "None"
        assert told.help.startswith("assumed " if p.assumed else "paper: ")


def test_no_hyper_parameter_has_the_name_of_a_common_one():
    for exhibit in all_exhibits():
        assert len(set(names_of(exhibit))) == len(names_of(exhibit)), exhibit.id


@pytest.mark.slow
def test_papermill_changes_a_hyper_parameter_by_its_name(places):
    out = places / "out.ipynb"
    options = ("-p", "source", "run", "-p", "profile", "smoke", "-p", "out", places / "kept")
    done = papermill(NOTEBOOK, out, *options, "-p", "steps", "30", "-y", "seeds: [0]")
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = (places / "kept/dni/table2").glob("smoke-custom-*.json")
    record = load(places / "kept", "dni/table2", path.stem)
    assert record.facts["spec"]["params"]["steps"] == 30 and record.facts["custom"] == ["steps"]
    assert "changed: steps = 30" in out.read_text(encoding="utf-8")


@pytest.mark.slow
def test_papermill_is_refused_a_misspelt_one(places):
    done = papermill(NOTEBOOK, places / "out.ipynb", "-p", "source", "run", "-p", "setps", "30")
    assert done.returncode != 0 and "did you mean 'steps'" in done.stderr
