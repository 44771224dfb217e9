"""Which code a run's numbers come from: a digest of the definitions that its work reaches.

The work's module and every module of this package that it reaches are read as syntax trees; only definitions that
are used (by name, from the work function on) count, so a new function in a shared module, a comment or a docstring
changes nothing, and a changed line in a used one does. All of `repro` counts but `APART`; compiled kernels count by
the bytes of their sources. So nothing new can be left out by being forgotten.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from repro.errors import UnknownNameError

PACKAGE = "repro"
APART = (
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
    "metadata",
)
"""What only finds, moves, checks or shows values that other modules make. A test classifies every module reached."""

ALWAYS = ("repro.device", "prepare")
"""What the runner itself calls before every group: flushed denormals, full fp32 products."""

EVERYTHING = "*"
"""In the place of a definition's name: all of a module's definitions (a module used as a value)."""

NATIVE = (".cpp", ".cu", ".c", ".h", ".cuh")
"""Sources beside a reached module that count by their bytes: no syntax tree of ours sees them."""


def counts(module: str) -> bool:
    """Whether a module's code can decide numbers."""
    return _within(module, (PACKAGE,)) and not _within(module, APART)


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == p or module.startswith(p + ".") for p in packages)


@dataclass(frozen=True)
class _Module:
    """A module's top level: definitions by name, what imported names stand for, loose statements, its folder."""

    definitions: dict[str, ast.AST]
    imported: dict[str, tuple[str, str]]  # local name → (module, name in it or EVERYTHING)
    loose: tuple[ast.AST, ...]
    path: Path


def _strip_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            if isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
                body[0].value.value = ""
    return tree


def dump(node: object) -> str:
    """A syntax tree as text, the same under every Python: `ast.dump` of 3.11, which later ones changed."""
    if isinstance(node, list):
        return f"[{', '.join(map(dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    shown = []
    for name in node._fields:
        value = getattr(node, name, None)
        absent = value is None and getattr(type(node), name, ...) is None
        if not absent and not (name == "type_params" and value == []):  # a field that 3.11 does not have
            shown.append(f"{name}={dump(value)}")
    return f"{type(node).__name__}({', '.join(shown)})"


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, AttributeError):
        return False


@cache
def _read(module: str) -> _Module:
    spec = importlib.util.find_spec(module)
    assert spec and spec.origin, module
    path = Path(spec.origin)
    tree = _strip_docstrings(ast.parse(path.read_text(encoding="utf-8")))
    definitions: dict[str, ast.AST] = {}
    imported: dict[str, tuple[str, str]] = {}
    loose: list[ast.AST] = []
    for node in getattr(tree, "body", []):
        names = _defined(node)
        if isinstance(node, ast.ImportFrom | ast.Import):
            imported.update(_imports(node))
        elif names:
            definitions.update(dict.fromkeys(names, node))
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            loose.append(node)
    return _Module(definitions, imported, tuple(loose), path)


def _defined(node: ast.AST) -> list[str]:
    """Names that a top-level statement defines: a function, a class, assigned variables."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]


def _imports(node: ast.ImportFrom | ast.Import) -> Iterator[tuple[str, tuple[str, str]]]:
    """(local name, (module, name in it)) of what an import takes from modules that count."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            if counts(alias.name):
                yield alias.asname or alias.name.partition(".")[0], (alias.name, EVERYTHING)
        elif node.module:
            local, whole = alias.asname or alias.name, f"{node.module}.{alias.name}"
            if counts(whole) and _is_module(whole):
                yield local, (whole, EVERYTHING)
            elif counts(node.module):
                yield local, (node.module, alias.name)


def _used(node: ast.AST, module: str) -> Iterator[tuple[str, str]]:
    """(module, definition) that a syntax tree of `module` refers to."""
    here = _read(module)
    for inner in ast.walk(node):  # imports inside a function
        if isinstance(inner, ast.ImportFrom | ast.Import):
            yield from (place for _, place in _imports(inner))
    through = {id(n.value): n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    for name in (n for n in ast.walk(node) if isinstance(n, ast.Name)):
        if name.id in here.definitions:
            yield module, name.id
        elif name.id in here.imported:
            target, what = here.imported[name.id]
            attribute = through.get(id(name))  # layers.linear: that definition alone
            known = what == EVERYTHING and attribute in _read(target).definitions
            yield target, str(attribute) if known else what


@cache
def _reached(work: str, *beside: tuple[str, str]) -> dict[str, frozenset[str]]:
    module, _, function = work.partition(":")
    todo, seen = [(module, function), *beside], set()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        known, name = _read(place[0]), place[1]
        todo += [(place[0], d) for d in known.definitions] if name == EVERYTHING else []
        todo += [known.imported[name]] if name in known.imported else []  # a name that is passed on
        nodes = [known.definitions[name]] if name in known.definitions else []
        for node in (*nodes, *known.loose):
            todo += _used(node, place[0])
    modules = {m for m, _ in seen}
    return {m: frozenset(d for at, d in seen if at == m) for m in sorted(modules)}


def origin(module: str, name: str) -> str:
    """ "module:name" of where `name` of `module` is defined, through as many imports as it is passed on."""
    known = _read(module)
    if name in known.imported:
        return origin(*known.imported[name])
    if name not in known.definitions:
        raise UnknownNameError(f"definition in {module}", name, known.definitions)
    return f"{module}:{name}"


def digests(work: str) -> dict[str, str]:
    """Module → digest of its definitions that `work` ("module:function") reaches, for all modules that count.

    Computed once a process, of the sources as they were then.
    """
    return dict(_digests(work, ALWAYS))


def test_digest(test: str) -> str:
    """Digest of all that a claim's test ("module:function") reaches, but for what reads records."""
    return hashlib.sha256(repr(_digests(test)).encode()).hexdigest()


@cache
def _digests(work: str, *beside: tuple[str, str]) -> dict[str, str]:
    found = {}
    for module, names in _reached(work, *beside).items():
        known = _read(module)
        texts = [f"{n}:{dump(known.definitions[n])}" for n in sorted(names & known.definitions.keys())]
        texts += [*map(dump, known.loose), *_native(known.path)]
        if texts:  # a module that only passes names on has no code of its own
            found[module] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return found


def _native(path: Path) -> Iterator[str]:
    """Name and sum of each compiled source that belongs to a module: same stem, same folder."""
    for suffix in NATIVE:
        source = path.with_suffix(suffix)
        if source.exists():
            yield f"{source.name}:{hashlib.sha256(source.read_bytes()).hexdigest()}"


def changed_since(work: str, then: dict[str, str]) -> list[str]:
    """Modules whose code differs from the digests that a record keeps: a note, since code may be tidied."""
    now = digests(work)
    return sorted(m for m in {*now, *then} if now.get(m) != then.get(m))

