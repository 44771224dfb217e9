"""The repository agrees with itself: results, generated pages, versions, dependencies, sizes, words."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import repro
from repro import __version__
from repro.cli.app import _parser
from repro.exhibits import ids
from repro.record.store import SUFFIXES
from repro.show import pages
from repro.show.results import NOT_YET
from repro.spec import PROFILES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()
TRACKED = TRACKED or [  # an unpacked archive instead of a clone
    p.relative_to(ROOT).as_posix()
    for folder in ("repro", "metadata", "tests", "docs", "notebooks", "results")
    for p in (ROOT / folder).rglob("*.*")
]
SOURCES = [
    ROOT / t for t in TRACKED if t.endswith(".py") and t.split("/")[0] in ("repro", "metadata", "tests")
]


def test_nothing_in_results_is_unknown():
    known = {f"results/{i}/{p}{s}" for i in ids() for p in PROFILES for s in SUFFIXES}
    assert {t for t in TRACKED if t.startswith("results/")} <= known


CONDA = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "PyYAML": "pyyaml",
    "types-PyYAML": "types-pyyaml",
    "Jinja2": "jinja2",
    "Pygments": "pygments",
}


def requirement(text):
    name, specs = re.fullmatch(r"([A-Za-z0-9-]+)(.*)", text).groups()
    return CONDA.get(name, name), frozenset(specs.split(",")) - {""}


def test_generated_pages_are_current():
    """docs/deviations.md and docs/metrics.md; `repro report --write` makes them."""
    assert pages.update(check=True)


def test_environment_yml_is_in_step_with_pyproject():
    theirs = yaml.safe_load((ROOT / "environment.yml").read_text())
    packages = dict(map(requirement, (d for d in theirs["dependencies"] if isinstance(d, str))))
    assert packages.pop("python") == {PROJECT["requires-python"]}
    packages.pop("pip")
    extras = PROJECT["optional-dependencies"]
    assert extras["dev"][0] == f"{PROJECT['name']}[train,notebooks]"
    wanted = [*PROJECT["dependencies"], *extras["train"], *extras["notebooks"], *extras["dev"][1:]]
    ours = dict(map(requirement, wanted))
    assert packages == ours
    assert [d["pip"] for d in theirs["dependencies"] if isinstance(d, dict)] == [["--editable=."]]
    assert theirs["name"] == PROJECT["name"] and theirs["channels"] == ["conda-forge"]


def test_every_dependency_has_its_reason():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    entries = [x for x in lines if re.match(r" +- ", x) and not x.endswith("pip:")]
    assert len(entries) > 25 and all("  # " in x for x in entries)
    block = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("[project.scripts]")[0]
    assert all("#" in x for x in block.splitlines() if x.startswith('    "'))


def test_long_files_that_start_first_are_there():
    tree = ast.parse((ROOT / "conftest.py").read_text())
    (long,) = (
        n.value.func.value.value for n in tree.body if isinstance(n, ast.Assign) and "LONG" in ast.dump(n)
    )
    assert len(long.split()) > 10 and set(long.split()) <= set(TRACKED)


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"] == __version__
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert "## Errata" in (ROOT / "CHANGELOG.md").read_text()


def test_it_promises_what_it_has():
    """One sentence wherever it is described; "every figure" only once none is left (docs/results.md lists them)."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    told = [PROJECT["description"] + ".", repro.__doc__.splitlines()[0], _parser(None).description]
    assert len(set(told)) == 1
    assert not NOT_YET or not [t for t in (*told, citation["abstract"]) if re.search(r"\b(every|all)\b", t)]


@pytest.mark.parametrize("command", ["make reproduce", "make test"])
def test_the_two_commands_are_named_where_people_look(command):
    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in ("README.md", "CONTRIBUTING.md"):
        assert command in (ROOT / name).read_text()
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 40, f"{node.name} is long"


def test_no_place_of_somebodys_machine():
    place = re.compile(r"(?<![\w.])/(home|root|work|Users|mnt|opt|scratch)/[\w.-]+|[A-Z]:\\\\?Users")
    for name in TRACKED:
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".toml", ".yml", ".json", ".ipynb", ".csv", ".cff")
            and path.exists()
        ):
            found = [m[0] for m in place.finditer(path.read_text(encoding="utf-8"))]
            assert not found or path == Path(__file__), f"{name}: {found[:3]}"
