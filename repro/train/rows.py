"""Rows of a group as they are measured: in a file of their own, so that a checkpoint need not hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from repro.errors import RunError

RunRow = tuple[int, str, int, str, float]
"""run (its place in the group), metric, step, index, value."""


class RowLog:
    """The rows of a group's training: those up to the last checkpoint in a file of one JSON line each.

    `size`: the bytes of the file that belong to them, `sum`: their SHA-256. `new`: the rows since then, which a kill
    makes measure again.
    """

    def __init__(self, path: Path | None):
        self.path = path
        self.size, self._sum = 0, sha256()
        self.new: list[RunRow] = []

    @property
    def sum(self) -> str:
        """SHA-256 of the rows in the file."""
        return self._sum.hexdigest()

    def holds(self, size: int, sum: str) -> bool:
        """Whether the file still begins with what it had when its size and sum were these."""
        there = self._begin(size)
        return len(there) == size and sha256(there).hexdigest() == sum

    def rewind(self, size: int) -> None:
        """Forget what came after `size`: rows of steps that will be taken again."""
        self.size, self._sum, self.new = size, sha256(self._begin(size)), []
        if self.path and self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(size)

    def _begin(self, size: int) -> bytes:
        if not self.path or not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            return file.read(size)

    def add(self, rows: Iterable[RunRow]) -> None:
        """Append rows, which are in memory until `flush`."""
        self.new += rows

    def flush(self) -> None:
        """Write the new rows into the file behind our own; `size` is then what it has. What others put there goes."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            made = "".join(json.dumps(row) + "\n" for row in self.new).encode()
            if self.size and not self.path.exists():
                raise RunError(f"{self.path} is gone, with the rows that were measured: run it again")
            with self.path.open("r+b" if self.size else "wb") as file:
                file.seek(self.size)
                file.truncate()
                file.write(made)
            self.size += len(made)
            self._sum.update(made)
            self.new = []

    def read(self) -> list[RunRow]:
        """All rows; `RunError` if those in the file are no longer the ones that were written there."""
        there = self._begin(self.size)
        if sha256(there).hexdigest() != self.sum:
            raise RunError(
                f"{self.path} no longer holds the rows that were measured: something else wrote there; run it again"
            )
        lines = there.decode("utf-8").splitlines()
        return [*((r[0], r[1], r[2], r[3], r[4]) for r in map(json.loads, lines)), *self.new]
