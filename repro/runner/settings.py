"""Whether a piece's work understands the settings of its arms, asked before it trains.

A work module says in `READS` which settings it reads once for all arms of a piece, and in `VARIES` which it reads
for each arm. A setting that is in neither would be ignored: the arm would train as another and keep its name.
"""

from __future__ import annotations

import importlib

from repro.errors import BadValueError
from repro.piece import Piece

KNOWN = frozenset({"dataset"})
"""Read by `repro.piece` itself."""


def check_settings(piece: Piece) -> None:
    """`BadValueError` for a setting that the work does not read, or reads once though the arms differ in it."""
    module = piece.work.partition(":")[0]
    work = importlib.import_module(module)
    reads: frozenset[str] = getattr(work, "READS", frozenset())
    varies: frozenset[str] = getattr(work, "VARIES", frozenset())
    first = piece.arms[0]
    for arm in piece.arms:
        settings = arm["settings"]
        for name in sorted(settings.keys() - reads - varies - KNOWN):
            raise BadValueError(
                f"arm {arm['id']} of {piece.exhibit} has {name} = {settings[name]!r}, which {module} does not "
                f"read; it reads {', '.join(sorted(reads | varies)) or 'no settings'}: it cannot train this arm"
            )
        for name in sorted(reads | KNOWN):
            mine, theirs = settings.get(name), first["settings"].get(name)
            if mine != theirs:
                raise BadValueError(
                    f"arms {first['id']} and {arm['id']} of {piece.exhibit} train together, but differ in {name} "
                    f"({theirs!r} and {mine!r}), which {module} reads once: enter {name} in the exhibit's group_by"
                )


def first_line(e: Exception) -> str:
    """An error's type and first line: torch's go on for pages, which the traceback's file has."""
    return f"{type(e).__name__}: {(str(e).splitlines() or [''])[0]}"
