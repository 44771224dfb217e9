"""The committed notebooks: made by the template, executed, small, without errors, warnings or machine paths."""

import ast
import json
import re
from pathlib import Path

import pytest

from repro.exhibits import all_exhibits, get
from repro.notebook.arguments import PARAMETERS
from repro.notebook.build import METADATA
from repro.notebook.template import HEADINGS, cells
from repro.record.store import best_profile

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
COMMITTED = sorted(FOLDER.glob("*/*.ipynb"))
ABSOLUTE = re.compile(r"(?<![\w./:])/(?:home|root|Users|tmp|work|usr|opt|var|mnt)/|[A-Z]:\\\\")


@pytest.fixture(params=COMMITTED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def notebook(request):
    return request.param


@pytest.fixture
def content(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))


def code_cells(content):
    return [c for c in content["cells"] if c["cell_type"] == "code"]


def test_every_recorded_exhibit_has_its_notebook():
    wanted = {e.id for e in all_exhibits() if best_profile(e, FOLDER.parent / "results")}
    assert {f"{p.parent.name}/{p.stem}" for p in COMMITTED} == wanted


def test_it_is_what_the_template_makes(notebook, content):
    made = cells(get(f"{notebook.parent.name}/{notebook.stem}"))
    found = [(c["cell_type"], c["id"], c["metadata"], "".join(c["source"])) for c in content["cells"]]
    assert found == [(c["cell_type"], c["id"], c["metadata"], c["source"]) for c in made]


def test_headings_stand_in_order(content):
    text = "\n".join("".join(c["source"]) for c in content["cells"] if c["cell_type"] == "markdown")
    assert re.findall(r"^## (.*)$", text, re.M) == list(HEADINGS)


def test_one_parameters_cell_of_commented_literals(content):
    tagged = [c for c in content["cells"] if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    source = "".join(tagged[0]["source"])
    assert all("  # " in line for line in source.splitlines())
    values = {n.targets[0].id: ast.literal_eval(n.value) for n in ast.parse(source).body}
    assert values == {name: default for name, default, _ in PARAMETERS}


def test_every_code_cell_was_executed_in_order(content):
    counts = [c["execution_count"] for c in code_cells(content)]
    assert counts == list(range(1, len(counts) + 1))  # nbval compares nothing where the count is null


def test_cells_are_short(content):
    assert all(len("".join(c["source"]).splitlines()) <= 10 for c in code_cells(content))


def test_no_errors_and_nothing_on_stderr(content):
    for cell in code_cells(content):
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


def test_kernel_and_language(content):
    assert content["metadata"] == METADATA
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)


def test_small_and_without_absolute_paths(notebook):
    text = notebook.read_text(encoding="utf-8")
    assert len(text.encode()) <= 200 * 1024
    assert not ABSOLUTE.search(re.sub(r'"image/png": "[^"]*"', "", text))
