"""Modules import downwards only, and the training path needs the standard library, torch and numpy alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    ("errors", "paths", "files", "claim", "spec"),
    ("blas", "native", "device", "tree", "data", "record"),
    ("kernels",),
    ("nets",),
    ("rules", "analysis"),
    ("train", "decouple"),
    ("exhibits",),
    ("runner",),
    ("show", "notebook", "page", "bench"),
    ("cli", "__main__"),
)
ALLOWED = {"torch", "numpy", "filelock"}
TRAINING = ("repro.__main__", "repro.cli.run", "repro.runner.run", "repro.train", "repro.exhibits")


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {name_of(p): p for folder in ("repro", "metadata") for p in sorted((ROOT / folder).rglob("*.py"))}


def imports(path, everywhere=True):
    """Modules that a file imports; `everywhere`: in functions too, else only on being imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if everywhere else at_import(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.add(node.module)
            found |= {f"{node.module}.{a.name}" for a in node.names} & set(FILES)
    return found


def at_import(tree):
    """Nodes that run when the module is imported: not in functions, not for type checkers only."""
    todo = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        yield node
        todo += ast.iter_child_nodes(node)


PARTS = {"figure": "show", "spec": "record", "claims": "record"}
"""An exhibit's modules lie in its folder, each on the floor of its trade; its `work` on that of the exhibits."""


def layer(module):
    _, part, *rest = module.split(".")
    part = PARTS.get(rest[-1], part) if part == "exhibits" and rest else part
    return next((i for i, names in enumerate(LAYERS) if part in names), None)


def draws(module):
    """An exhibit's figure lies in the exhibit's folder, on the floor of what shows."""
    return module.startswith("repro.exhibits.") and module.endswith(".figure")


OURS = sorted(m for m in FILES if m.startswith("repro."))


@pytest.mark.parametrize("module", OURS)
def test_imports_point_downwards(module):
    mine = layer(module)
    assert mine is not None, f"{module} has no place in the order of layers"
    for other in imports(FILES[module]):
        if other.startswith("repro.") and other in FILES:
            theirs = layer(other)
            own = other.split(".")[1] == module.split(".")[1]
            assert theirs <= mine or (own and not draws(other)), (
                f"{module} imports {other}, which lies above it"
            )


@pytest.mark.parametrize("module", [m for m in FILES if m.split(".")[0] == "metadata"])
def test_the_paper_records_know_nothing_of_the_package(module):
    assert not [m for m in imports(FILES[module]) if m.split(".")[0] == "repro"]


LATE = {("repro.train.replay", "repro.train.loop")}
"""The one import in a function that closes a circle: a replay returns the loop's `Result`."""


def needs(path, everywhere):
    """Modules of ours that a file needs; `everywhere`: of `from package import module` the module alone."""
    found = imports(path, everywhere) & set(FILES)
    return found - {m.rpartition(".")[0] for m in found} if everywhere else found


@pytest.mark.parametrize("everywhere", [False, True], ids=["at import", "in functions too"])
def test_no_circles(everywhere):
    graph = {m: needs(p, everywhere) - {m} for m, p in FILES.items()}
    graph = {m: {n for n in own if (m, n) not in LATE} for m, own in graph.items()}
    while graph:
        free = {m for m, needs in graph.items() if not needs & set(graph)}
        assert free, f"these import each other: {sorted(graph)}"
        graph = {m: needs for m, needs in graph.items() if m not in free}


def closure(starts):
    todo = [m for m in FILES if m.startswith(starts) and not draws(m)]
    seen = set()
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            parents = {module.rpartition(".")[0]} if "." in module else set()
            todo += (imports(FILES[module], everywhere=False) | parents) & set(FILES)
    return seen


def test_the_training_path_needs_little():
    path = closure(TRAINING)
    assert {"repro.runner.carry", "repro.train.loop", "repro.data", "metadata.pins"} <= path
    foreign = {
        (m, top)
        for m in path
        for top in {x.split(".")[0] for x in imports(FILES[m], everywhere=False)}
        if top not in sys.stdlib_module_names and top not in ALLOWED | {"repro", "metadata"}
    }
    assert not foreign


BARE = """
import sys
for name in ("matplotlib seaborn pandas scipy sklearn jsonschema requests urllib3 certifi cryptography defusedxml "
             "yaml nbformat nbclient papermill IPython ipykernel jupyter_core tqdm pytest hypothesis").split():
    sys.modules[name] = None  # importing it now fails as if it were not installed
from repro.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_run_works_where_only_torch_and_numpy_are(places):
    """As on a GPU machine without Jupyter and without plots."""
    done = subprocess.run(
        [sys.executable, "-c", BARE, "run", "sg/table2", "--profile", "smoke", "--set", "steps=20"],
        cwd=places,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "no picture of sg/table2 at smoke: there is no matplotlib" in done.stderr
    made = sorted(p.suffix for p in (places / "output" / "sg" / "table2").glob("smoke-custom-*"))
    assert made == [".csv", ".json"]
