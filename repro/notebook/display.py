"""What a notebook's cells return beside tables: source, text, pictures, each with a plain text that never varies."""

from __future__ import annotations

from dataclasses import dataclass


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
