"""Tables of text: aligned columns in a terminal, Markdown in notebooks and documents."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

Cells = Sequence[str]
NARROW = 24
"""Columns up to which a cell stands in the first line of a row that has several."""
_ESCAPED = str.maketrans({**{sign: f"\\{sign}" for sign in "|<*_~$"}, "\n": " "})


def aligned(header: Cells, rows: Sequence[Cells]) -> str:
    """Columns as wide as their widest cell, with a rule below the header."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    lines = [header, ["─" * w for w in widths], *rows]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(x, widths, strict=True)).rstrip() for x in lines)


def columns_of(stream: TextIO | None) -> int | None:
    """Columns of the terminal that a stream goes to; None where it goes to a file, a pipe or nowhere."""
    if stream is None or not stream.isatty():
        return None
    return os.get_terminal_size(stream.fileno()).columns or None


def readable(header: Cells, rows: Sequence[Cells], columns: int | None) -> str:
    """`aligned`; where `columns` are too few for that, the wide cells of each row on lines of their own."""
    table = aligned(header, rows)
    if columns is None or max(map(len, table.splitlines())) <= columns:
        return table
    return "\n".join(line for row in rows for line in _stacked(header, row, rows, columns))


def _stacked(header: Cells, row: Cells, rows: Sequence[Cells], columns: int) -> Iterator[str]:
    widths = [max(len(line[i]) for line in rows) for i in range(len(header))]
    narrow = [i for i, w in enumerate(widths) if w <= NARROW]
    yield from textwrap.wrap("  ".join(row[i].ljust(widths[i]) for i in narrow).rstrip(), columns)
    for i in (i for i in range(len(header)) if i not in narrow and row[i]):
        text = f"{header[i]}: {row[i]}"
        yield from textwrap.wrap(text, columns, initial_indent="    ", subsequent_indent="      ")


def fitted(header: Cells, rows: Sequence[Cells], elastic: Sequence[int], width: int = 100) -> str:
    """`aligned`, at most `width` columns wide: cells of the `elastic` columns are cut where they must be."""
    taken = 2 * (len(header) - 1)
    taken += sum(max(len(r[i]) for r in (header, *rows)) for i in range(len(header)) if i not in elastic)
    room = max((width - taken) // len(elastic), 8)
    return aligned(header, [[_cut(c, room) if i in elastic else c for i, c in enumerate(r)] for r in rows])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def markdown(header: Cells, rows: Sequence[Cells], raw: bool = False) -> str:
    """A Markdown table; `raw`: cells may hold Markdown of their own, so only the bars in them are escaped."""
    lines = [_line(header, raw), "|" + "---|" * len(header), *(_line(r, raw) for r in rows)]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return text.translate(_ESCAPED)


def _line(cells: Cells, raw: bool) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") if raw else escaped(c) for c in cells) + " |"


@dataclass(frozen=True)
class Table:
    """A table that shows itself: `repr` is aligned text, a notebook shows Markdown. `caption` stands below it."""

    header: Cells
    rows: Sequence[Cells]
    caption: str = ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, [aligned(self.header, self.rows), self.caption]))

    def _repr_markdown_(self) -> str:
        """A spread stays beside its sign where a column is narrow."""
        body = markdown(self.header, self.rows).replace("± ", "±\N{NO-BREAK SPACE}")
        return "\n\n".join(filter(None, [body, escaped(self.caption)]))
