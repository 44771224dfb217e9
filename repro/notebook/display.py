"""What a notebook's cells return: tables, source, pictures, each with a plain text that never varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MARKDOWN = str.maketrans({"|": "\\|", "<": "\\<", "*": "\\*", "\n": " "})


@dataclass(frozen=True)
class Table:
    """A table of text: aligned columns in a terminal, Markdown in a notebook. `caption` stands below it."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def __repr__(self) -> str:
        lines = [tuple(self.header), *map(tuple, self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        lines.insert(1, tuple("-" * w for w in widths))
        text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([*text, *([self.caption] if self.caption else [])])

    def _repr_markdown_(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        text = "\n".join("| " + " | ".join(c.translate(_MARKDOWN) for c in line) + " |" for line in lines)
        text = text.replace("| \\-", "| -")
        return f"{text}\n\n{self.caption.translate(_MARKDOWN)}" if self.caption else text


@dataclass(frozen=True)
class Code:
    """Python source with the place where it stands."""

    place: str
    text: str

    def __repr__(self) -> str:
        return f"# {self.place}\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"`{self.place}`\n\n```python\n{self.text}\n```"


@dataclass(frozen=True)
class Text:
    """Markdown that also reads well as plain text."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class Picture:
    """A PNG with a name; nbval compares the name, never the pixels."""

    name: str
    png: bytes

    def __repr__(self) -> str:
        return f"figure of {self.name}"

    def _repr_png_(self) -> bytes:
        return self.png
