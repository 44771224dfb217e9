"""What a notebook's cells return beside tables: source, text, pictures, each with a plain text that never varies."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

_IN_AN_ADDRESS = str.maketrans({"%": "%25", "#": "%23", '"': "%22", "&": "&amp;"})
"""What means something else in a data: address between double quotes; the rest stays readable."""
MISSING = "–"
"""How a number reads that a record does not have."""


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

    def _repr_html_(self) -> str:
        """As an image: an SVG by itself is not shown by JupyterLab before a notebook is trusted, as none is in a
        new clone. An image also has its alternative text and is never wider than its place.
        """
        address = self.svg.translate(_IN_AN_ADDRESS)
        return f'<img alt="{html.escape(self.alt)}" src="data:image/svg+xml,{address}">'


class Number(float):
    """A number that a sentence quotes; one that the record does not have reads "–" in any format."""

    def __sub__(self, other: float) -> Number:
        return Number(float(self) - other)

    def __format__(self, spec: str) -> str:
        return MISSING if math.isnan(self) else super().__format__(spec)
