"""The committed notebooks: authored, executed, small, without errors, warnings or machine paths."""

import ast
import json
import re
from pathlib import Path

import pytest

from repro.exhibits import all_exhibits, get
from repro.notebook.arguments import names_of
from repro.notebook.given import set_by
from repro.notebook.template import HEADINGS, TODO, generated
from repro.record.standing import best_profile
from repro.show.style import WIDE

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
START = FOLDER / "start"
"""Notebooks of no exhibit: for whoever wants to use the rules."""
COMMITTED = sorted(p for p in FOLDER.glob("*/*.ipynb") if p.parent != START)
ABSOLUTE = re.compile(r"(?<![\w./:])/(?:home|root|Users|tmp|work|usr|opt|var|mnt)/|[A-Z]:\\\\")


@pytest.fixture(params=COMMITTED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def notebook(request):
    return request.param


@pytest.fixture
def exhibit(notebook):
    return get(f"{notebook.parent.name}/{notebook.stem}")


@pytest.fixture
def content(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))


def code_cells(content):
    return [c for c in content["cells"] if c["cell_type"] == "code"]


def authored(content, exhibit):
    return [c for c in content["cells"] if c["id"] not in generated(exhibit)]


def source(cell):
    return "".join(cell["source"])


def test_every_recorded_exhibit_has_its_notebook():
    wanted = {e.id for e in all_exhibits() if best_profile(e, FOLDER.parent / "results")}
    assert {f"{p.parent.name}/{p.stem}" for p in FOLDER.glob("*/*.ipynb")} >= wanted


def test_its_generated_cells_are_todays(content, exhibit):
    found = {c["id"]: source(c) for c in content["cells"] if c["id"] in generated(exhibit)}
    assert found == generated(exhibit)
    assert [c["id"] for c in content["cells"] if c["metadata"].get("tags") == ["parameters"]] == [
        "parameters"
    ]


def test_headings_stand_in_order(content):
    text = "\n".join(source(c) for c in content["cells"] if c["cell_type"] == "markdown")
    assert re.findall(r"^## (.*)$", text, re.M) == list(HEADINGS)


def test_it_has_prose_of_its_own_and_nothing_is_left_to_do(content, exhibit):
    prose = [source(c) for c in authored(content, exhibit) if c["cell_type"] == "markdown"]
    quoted = [s for s in map(source, authored(content, exhibit)) if "show.say" in s]
    assert not [s for s in prose if TODO in s]
    words = [w for s in [*prose, *quoted] for w in re.sub(r"\$[^$]*\$|`[^`]*`|#+.*", "", s).split()]
    assert len(words) >= 250
    assert len([s for s in prose if "$" in s]) >= 1, "an equation"


def test_formulas_are_formulas_and_no_sign_of_them_is_taken_for_emphasis(content):
    """Renderers differ: `δ̂_i = M_{i+1}` is cursive in JupyterLab, and as it was meant on GitHub."""
    for cell in content["cells"]:
        shown = [source(cell)] if cell["cell_type"] == "markdown" else []
        shown += ["".join(o.get("data", {}).get("text/markdown", "")) for o in cell.get("outputs", [])]
        for text in shown:
            prose = re.sub(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\\.|\]\([^)]*\)", " ", text, flags=re.S)
            assert not re.search(r"(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|[\^<]|(?<=\w)\*(?=\w)", prose), cell[
                "id"
            ]


def test_a_naive_version_agrees_with_the_packages(content):
    agree = [c for c in code_cells(content) if "show.agree(" in source(c)]
    said = ["".join(o["data"]["text/plain"]) for c in agree for o in c["outputs"]]
    assert said and all(re.match(r"max \|Δ\| ≤ (0|1e-05|1e-5) over all", s) for s in said)
    assert any("show.code(" in source(c) for c in code_cells(content))


def test_authored_cells_leave_the_parameters_alone(content, exhibit):
    for cell in authored(content, exhibit):
        if cell["cell_type"] == "code":
            assert not set_by(source(cell)) & {*names_of(exhibit), "show", "shown", "recorded"}, cell["id"]


def test_parameters_are_commented_literals(content):
    cell = next(source(c) for c in content["cells"] if c["id"] == "parameters")
    assert all("  # " in line for line in cell.splitlines())
    for node in ast.parse(cell).body:
        ast.literal_eval(node.value)


def test_every_code_cell_was_executed_in_order(content):
    counts = [c["execution_count"] for c in code_cells(content)]
    assert counts == list(range(1, len(counts) + 1))  # nbval compares nothing where the count is null


def test_cells_are_short(content):
    for cell in code_cells(content):
        most = 20 if "show.say(" in source(cell) else 10  # a paragraph that quotes numbers, and code
        lines = [line for line in source(cell).splitlines() if line.strip()]
        assert cell["id"] == "parameters" or len(lines) <= most, cell["id"]


def test_the_source_of_what_is_said_is_hidden(content):
    """It holds the words for every verdict, those that do not hold too; nothing else is hidden."""
    hidden = {c["id"] for c in code_cells(content) if c["metadata"].get("jupyter", {}).get("source_hidden")}
    assert hidden == {c["id"] for c in code_cells(content) if "show.say(" in source(c)}


def test_of_hidden_sources_the_first_line_fits_a_window_of_900_pixels(content):
    """JupyterLab shows it in their place, unbroken: a longer one makes the whole notebook scroll sideways."""
    hidden = [c for c in code_cells(content) if c["metadata"].get("jupyter", {}).get("source_hidden")]
    assert not [c["id"] for c in hidden if len(source(c).splitlines()[0]) > 84]


def test_no_formula_touches_a_backtick(content):
    """JupyterLab then takes what lies between the next two dollar signs for the formula."""
    texts = [source(c) for c in content["cells"] if c["cell_type"] == "markdown"]
    assert not [t for t in texts if re.search(r"\$`|`\$", t)]


def test_no_errors_and_nothing_on_stderr(content):
    for cell in code_cells(content):
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


def test_what_is_shown_needs_no_trust(content):
    """In a new clone JupyterLab trusts no notebook: it then leaves out an SVG, scripts and styles."""
    shown = [o["data"] for c in code_cells(content) for o in c["outputs"] if "data" in o]
    assert {kind for data in shown for kind in data} <= {"text/plain", "text/markdown", "text/html"}
    assert not [data for data in shown if "<script" in "".join(data.get("text/html", ""))]


def test_pictures_say_what_they_show(content):
    texts = [
        "".join(o["data"].get("text/html", ""))
        for c in code_cells(content)
        for o in c["outputs"]
        if "data" in o
    ]
    said = [re.match(r'<img alt="([^"]*)" src="data:image/svg', t) for t in texts if "<svg" in t]
    assert said and all(s and len(s[1]) > 40 for s in said)


def test_pictures_are_drawn_for_a_window_of_900_pixels(content):
    """A committed one may be older than the code that draws it (`repro render` draws it again)."""
    shown = [o["data"] for c in code_cells(content) for o in c["outputs"] if "data" in o]
    pictures = re.findall(
        r"<svg\b[^>]*?\bwidth='([0-9.]+)pt'", "".join("".join(d.get("text/html", "")) for d in shown)
    )
    assert pictures and all(float(width) <= 72 * WIDE for width in pictures)


def test_kernel_and_language(content):
    """Name and language alone: JupyterLab writes its own display name and version, and that spoils nothing."""
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert content["metadata"]["language_info"]["name"] == "python"
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)


def test_small_and_without_absolute_paths(notebook):
    text = notebook.read_text(encoding="utf-8")
    assert len(text.encode()) <= 200 * 1024
    assert not ABSOLUTE.search(text)


@pytest.mark.parametrize("path", sorted(START.glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_of_no_exhibit_are_as_clean(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    test_every_code_cell_was_executed_in_order(found)
    test_no_errors_and_nothing_on_stderr(found)
    test_cells_are_short(found)
    test_kernel_and_language(found)
    test_small_and_without_absolute_paths(path)
    assert any("show.agree(" in source(c) for c in code_cells(found))
    assert source(found["cells"][-1]) and "Your turn" in source(found["cells"][-2])


def test_what_is_said_is_seen(content):
    """A cell that says something ends with it: unless it names what it needs there is an output."""
    for cell in code_cells(content):
        source = "".join(cell["source"])
        if "show.say(" in source:
            last = ast.parse(source).body[-1]
            assert isinstance(last, ast.Expr), cell["id"]
            needs = isinstance(last.value, ast.Call) and len(last.value.args) > 1
            assert cell["outputs"] or needs, cell["id"]
