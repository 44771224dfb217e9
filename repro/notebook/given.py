"""What a notebook's parameters cell, and the one that papermill adds below it, really say."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from repro.notebook.arguments import names_of, refuse_unknown
from repro.spec import Exhibit

INJECTED = "# Parameters"
"""How papermill begins the cell with the parameters that it was given."""
MARK = {"source", "profile", "device"}
"""A cell that sets all of them is a parameters cell."""


def parameters(exhibit: Exhibit, namespace: Mapping[str, Any], history: Sequence[str]) -> dict[str, Any]:
    """The exhibit's parameters in a notebook's namespace, None left out.

    `UnknownNameError` for a name in a parameters cell (of `history`, the cells that were executed) that is none: it
    would do nothing, and nobody would notice.
    """
    cells = [(set_by(cell), cell) for cell in history]
    own = [names for names, _ in cells if names >= MARK][-1:]
    injected = [names for names, cell in cells if cell.startswith(INJECTED)][-1:]
    for names in (*own, *injected):
        refuse_unknown(exhibit, sorted(names))
    return {name: namespace[name] for name in names_of(exhibit) if namespace.get(name) is not None}


def history() -> list[str]:
    """The cells that this notebook has executed; none outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    return [str(cell) for cell in shell.user_ns.get("In", ())] if shell else []


def set_by(cell: str) -> set[str]:
    """The names that a cell sets at its top level; none for one that is no plain Python (a magic, say)."""
    return {name for name, _ in literals(cell)}


def literals(cell: str) -> list[tuple[str, ast.expr | None]]:
    """(name, value) of each assignment at a cell's top level."""
    try:
        body = ast.parse(cell).body
    except SyntaxError:
        return []
    found: list[tuple[str, ast.expr | None]] = []
    for node in body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        value = getattr(node, "value", None)
        found += [(t.id, value) for t in targets if isinstance(t, ast.Name)]
    return found
