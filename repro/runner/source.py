"""A module's source as a digest of code needs it: definitions by name, imports, loose statements, native files.

Nothing is imported to be read, so this costs neither torch nor side effects.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "repro"
APART = (
    "repro.claim",
    "repro.errors",
    "repro.files",
    "repro.paths",
    "repro.record",
    "repro.runner",
    "repro.spec",
    "repro.data.fetch",
    "repro.data.settle",
    "repro.train.checkpoint",
    "repro.train.rows",
    "repro.show",
    "repro.notebook",
    "repro.cli",
)
"""What only finds, moves, checks or shows values that other modules make. A test classifies every module reached."""
NOT_APART = ("repro.record.stats", "repro.record.cells", "repro.record.dots")
"""What computes all the same."""

EVERYTHING = "*"
"""In the place of a definition's name: all of a module (one that is used as a value)."""
NATIVE = (".cpp", ".cc", ".cxx", ".c", ".cu", ".h", ".hpp", ".cuh")
"""Sources beside a module that count by their bytes: no syntax tree of ours sees them."""

Place = tuple[str, str]
"""A module and the name of a definition in it; with no name, what runs when the module is imported."""


def counts(module: str, importer: str = PACKAGE) -> bool:
    """Whether a module's code can decide numbers of a work that `importer` belongs to.

    All of `repro` but what is apart, and all of the work's own package, where that lies elsewhere.
    """
    ours = _within(module, (PACKAGE, importer.partition(".")[0]))
    return ours and (_within(module, NOT_APART) or not _within(module, APART))


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == p or module.startswith(p + ".") for p in packages)


@dataclass(frozen=True)
class Source:
    """A module's top level. A name may be defined more than once, and an import may stand for several modules."""

    definitions: dict[str, list[ast.AST]]
    imported: dict[str, list[Place]]
    loose: tuple[ast.AST, ...]
    path: Path


@cache
def locate(module: str) -> Path | None:
    """The file of a module, or None if it is none."""
    top, *rest = module.split(".")
    found = importlib.util.find_spec(top)  # of a top-level name: nothing is imported
    if found is None or not found.origin or not found.origin.endswith(".py"):
        return None
    path = Path(found.origin)
    if rest:
        place = path.parent.joinpath(*rest)
        path = next((p for p in (place.with_suffix(".py"), place / "__init__.py") if p.exists()), Path())
    return path if path.name else None


@cache
def read(module: str) -> Source:
    """The module's source, taken apart; `ModuleNotFoundError` if there is none."""
    path = locate(module)
    if path is None:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    tree = _strip_docstrings(ast.parse(path.read_text(encoding="utf-8")))
    definitions: dict[str, list[ast.AST]] = {}
    imported: dict[str, list[Place]] = {}
    loose: list[ast.AST] = []
    for node in tree.body:
        names = _defined(node)
        if isinstance(node, ast.ImportFrom | ast.Import) and not _is_star(node):
            for local, place in imports(node, module):
                imported.setdefault(local, []).append(place)
        elif names:
            for name in names:
                definitions.setdefault(name, []).append(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            loose.append(node)
    return Source(definitions, imported, tuple(loose), path)


def _strip_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            if isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
                body[0].value.value = ""
    return tree


def _defined(node: ast.AST) -> list[str]:
    """Names that a top-level statement defines: a function, a class, variables. What it changes is not defined."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [n for t in targets for n in ast.walk(t)]
        if not any(isinstance(n, ast.Subscript | ast.Attribute) for n in parts):
            return [n.id for n in parts if isinstance(n, ast.Name)]
    return []


def _is_star(node: ast.ImportFrom | ast.Import) -> bool:
    return any(alias.name == "*" for alias in node.names)


def imports(node: ast.ImportFrom | ast.Import, importer: str) -> Iterator[tuple[str, Place]]:
    """(local name, what it stands for) of what an import in the module `importer` takes from modules that count."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            if counts(alias.name, importer):
                yield alias.asname or alias.name.partition(".")[0], (alias.name, EVERYTHING)
            continue
        home = _absolute(node, importer)
        whole = f"{home}.{alias.name}"
        if counts(whole, importer) and locate(whole):
            yield alias.asname or alias.name, (whole, EVERYTHING)
        elif counts(home, importer):
            yield alias.asname or alias.name, (home, alias.name)


def _absolute(node: ast.ImportFrom, importer: str) -> str:
    """The module that `from … import` names."""
    if not node.level:
        return node.module or ""
    path = locate(importer)
    package = importer if path and path.name == "__init__.py" else importer.rpartition(".")[0]
    return importlib.util.resolve_name("." * node.level + (node.module or ""), package)


def native(path: Path) -> list[Path]:
    """Compiled sources that belong to the module at `path`: its namesakes, and those that are nobody's, beside it."""
    there = [p for p in path.parent.iterdir() if p.suffix in NATIVE]
    return sorted(p for p in there if p.stem == path.stem or not p.with_suffix(".py").exists())


def dump(node: object) -> str:
    """A syntax tree as text, the same under every Python: `ast.dump` of 3.11, which later ones changed.

    Early releases of 3.12 end the format in f"{x:>{n}}" with an empty text.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    shown = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(node, ast.JoinedStr):
            value = [v for v in node.values if not (isinstance(v, ast.Constant) and v.value == "")]
        absent = value is None and getattr(type(node), name, ...) is None
        if not absent and not (name == "type_params" and value == []):  # a field that 3.11 does not have
            shown.append(f"{name}={dump(value)}")
    return f"{type(node).__name__}({', '.join(shown)})"
