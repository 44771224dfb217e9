"""Rules of the package: what it may import, and that every public name says what it is."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import metadata

FOLDER = Path(metadata.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
NETWORK = {"requests", "urllib3", "certifi", "socket", "http", "ssl", "urllib"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_no_module_knows_repro_or_torch(path):
    assert not {"repro", "torch", "numpy"} & {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_only_one_module_opens_sockets(path):
    found = NETWORK & {name.partition(".")[0] for name in imports(path)}
    assert bool(found) == (path.name == "http.py")


def test_importing_is_light():
    code = "import sys, metadata, metadata.cli, metadata.cite; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"cryptography", "urllib3", "yaml", "defusedxml", "xml.etree"} & set(done.stdout.split())


def public_nodes(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name[0] != "_")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_public_names_are_documented_and_short(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 250
    for node in public_nodes(path):
        assert ast.get_docstring(node), f"{path.name}: {node.name}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_functions_that_raise_say_so(path):
    """A public function that raises one of our errors itself names an error in its docstring."""
    for node in public_nodes(path):
        if isinstance(node, ast.FunctionDef) and any(isinstance(n, ast.Raise) for n in ast.walk(node)):
            assert re.search("[Ee]rror|never raises", ast.get_docstring(node)), f"{path.name}: {node.name}"
