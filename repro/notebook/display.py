"""What a notebook's cells return beside tables: source, text, pictures, each with a plain text that never varies."""

from __future__ import annotations

import math
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
    """An SVG with its alternative text, which is all that a plain text of it says."""

    alt: str
    svg: str

    def __repr__(self) -> str:
        return f"picture: {self.alt}"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        data = {"text/plain": repr(self), "image/svg+xml": self.svg}
        return data, {"image/svg+xml": {"alt": self.alt}}


class Number(float):
    """A number that a sentence quotes; one that the record does not have reads "–" in any format."""

    def __sub__(self, other: float) -> Number:
        return Number(float(self) - other)

    def __format__(self, spec: str) -> str:
        return "–" if math.isnan(self) else super().__format__(spec)
