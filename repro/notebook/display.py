"""What a notebook's cells return beside tables: source, text, pictures, each with a plain text that never varies."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

NARROW_PT = 480
"""Points (4/3 pixels) that a notebook's cell has room for on a screen of 900 pixels."""


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

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        data = {"text/plain": repr(self), "image/svg+xml": fluid(self.svg)}
        return data, {"image/svg+xml": {"alt": self.alt}}


def fluid(svg: str) -> str:
    """The picture as wide as the place it is shown in: JupyterLab cuts off what is wider, instead of scaling it.

    Narrow ones keep their size.
    """
    size = re.search(r""" width=(["'])([\d.]+)pt\1 height=\1[\d.]+pt\1""", svg)
    if size is None or float(size[2]) <= NARROW_PT:
        return svg
    return f"{svg[: size.start()]} width={size[1]}100%{size[1]}{svg[size.end() :]}"


class Number(float):
    """A number that a sentence quotes; one that the record does not have reads "–" in any format."""

    def __sub__(self, other: float) -> Number:
        return Number(float(self) - other)

    def __format__(self, spec: str) -> str:
        return MISSING if math.isnan(self) else super().__format__(spec)
