"""The real source of an object, cut out of its file without importing it: a notebook need not load torch."""

from __future__ import annotations

import ast
import importlib.util
import textwrap
from collections.abc import Iterable
from pathlib import Path

from repro.errors import UnknownNameError
from repro.notebook.display import Code


def source_of(path: str) -> Code:
    """The source of "module:function", "module:Class" or "module:Class.method", dedented."""
    module, _, name = path.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise UnknownNameError("module", module, [])
    text = Path(spec.origin).read_text(encoding="utf-8")
    node = _find(ast.parse(text), name, path)
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return Code(f"{module.replace('.', '/')}.py: {name}", textwrap.dedent("\n".join(lines)))


def _find(tree: ast.Module, name: str, path: str) -> ast.stmt:
    body: Iterable[ast.stmt] = tree.body
    found: ast.stmt | None = None
    for part in name.split("."):
        known = {n.name: n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        if part not in known:
            raise UnknownNameError(f"object in {path.partition(':')[0]}", name, known)
        found = known[part]
        body = known[part].body
    assert found is not None
    return found
