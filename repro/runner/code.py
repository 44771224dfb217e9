"""Which code a piece's numbers come from: a digest of the modules that compute them."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

NUMERIC = ("repro.models", "repro.algorithms", "repro.train", "repro.analysis")
"""Packages whose code determines numbers; data is covered by its checksums, the rest only moves results."""


def _path(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.origin else None


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


@cache
def _module(module: str) -> tuple[str, tuple[str, ...]]:
    path = _path(module)
    assert path is not None, module
    tree = _strip_docstrings(ast.parse(path.read_text(encoding="utf-8")))
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(NUMERIC):
            used.add(node.module)
            used |= {f"{node.module}.{a.name}" for a in node.names if _is_module(f"{node.module}.{a.name}")}
        elif isinstance(node, ast.Import):
            used |= {a.name for a in node.names if a.name.startswith(NUMERIC)}
    return hashlib.sha256(dump(tree).encode()).hexdigest(), tuple(sorted(used))


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, AttributeError):
        return False


def digests(work: str) -> dict[str, str]:
    """Module → digest, for the module of `work` ("module:function") and all numeric modules it imports.

    The digest is over the syntax tree without docstrings: comments, wording and layout do not change it.
    """
    todo, seen = [work.partition(":")[0]], {}
    while todo:
        module = todo.pop()
        if module not in seen:
            seen[module], used = _module(module)
            todo += used
    return dict(sorted(seen.items()))


def changed_since(work: str, then: dict[str, str]) -> list[str]:
    """Modules whose code differs from the digests that a record keeps: a note, since code may be tidied."""
    now = digests(work)
    return sorted(m for m in {*now, *then} if now.get(m) != then.get(m))
