"""Rows of a group as they are measured: appended to a file, so that a checkpoint need not hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

RunRow = tuple[int, str, int, str, float]
"""run (its place in the group), metric, step, index, value."""


class RowLog:
    """The rows of a group's training, in a file of one JSON line each, or in memory where there is no folder."""

    def __init__(self, path: Path | None):
        self.path = path
        self._memory: list[RunRow] | None = [] if path is None else None
        self._size = 0

    def holds(self, size: int) -> bool:
        """Whether the log still has what it had when its size was `size`."""
        if self.path is None:
            return self._size >= size
        return (self.path.stat().st_size if self.path.exists() else 0) >= size

    def rewind(self, size: int) -> None:
        """Forget what came after `size` (a value of `add`): rows of steps that will be taken again."""
        self._size = size
        if self._memory is not None:
            del self._memory[size:]
        elif self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.truncate(size)

    def add(self, rows: Iterable[RunRow]) -> int:
        """Append the rows; returns the size that the log now has, in units of its own."""
        if self._memory is not None:
            self._memory += rows
            self._size = len(self._memory)
        elif self.path is not None:
            with self.path.open("ab") as file:
                file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
                self._size = file.tell()
        return self._size

    @property
    def size(self) -> int:
        """What `add` last returned."""
        return self._size

    def read(self) -> list[RunRow]:
        """All rows."""
        if self._memory is not None:
            return list(self._memory)
        if self.path is None or not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [(r[0], r[1], r[2], r[3], r[4]) for r in map(json.loads, lines)]
