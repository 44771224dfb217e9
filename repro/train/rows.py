"""Rows of a group as they are measured: in a file of their own, so that a checkpoint need not hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

RunRow = tuple[int, str, int, str, float]
"""run (its place in the group), metric, step, index, value."""


class RowLog:
    """The rows of a group's training: those up to the last checkpoint in a file of one JSON line each.

    `size`: the bytes of the file that belong to them. `new`: the rows since then, which a kill makes measure again.
    """

    def __init__(self, path: Path | None):
        self.path = path
        self.size = 0
        self.new: list[RunRow] = []

    def holds(self, size: int) -> bool:
        """Whether the file still has what it had when its size was `size`."""
        there = self.path.stat().st_size if self.path and self.path.exists() else 0
        return there >= size

    def rewind(self, size: int) -> None:
        """Forget what came after `size`: rows of steps that will be taken again."""
        self.size, self.new = size, []
        if self.path and self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(size)

    def add(self, rows: Iterable[RunRow]) -> None:
        """Append rows, which are in memory until `flush`."""
        self.new += rows

    def flush(self) -> None:
        """Write the new rows into the file; `size` is then what it has."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write("".join(json.dumps(row) + "\n" for row in self.new).encode())
                self.size = file.tell()
            self.new = []

    def read(self) -> list[RunRow]:
        """All rows."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path and self.size else []
        return [*((r[0], r[1], r[2], r[3], r[4]) for r in map(json.loads, lines)), *self.new]
