"""How results look: figures, tables, the generated pages. Whatever is drawn comes from a record alone."""

from __future__ import annotations

from repro.show.draw import draw, save_svg

__all__ = ["draw", "save_svg"]
