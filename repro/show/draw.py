"""From a record to a figure, and from a figure to bytes that do not differ between two processes."""

from __future__ import annotations

import importlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro.files import write_text
from repro.record.record import Record
from repro.record.view import View
from repro.spec import Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG_LIMIT = 300 * 1024
"""Bytes: pictures are committed, so they stay small."""


def draw(exhibit: Exhibit, record: Record) -> Figure:
    """The exhibit's figure from a record, by `draw` in its folder's `figure`. Missing runs are left out."""
    import matplotlib as mpl

    from repro.show.style import rc

    settings: Any = rc()
    module = importlib.import_module(f"{exhibit.package}.figure")
    with mpl.rc_context(settings):
        figure: Figure = module.draw(exhibit, record, View(record.rows, exhibit.arms))
    return figure


def save_svg(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write the figure as SVG, atomically and with the same bytes in every process; returns the path.

    Text is written as outlines, so that it looks the same where the font is not installed.
    """
    write_text(Path(path), svg_text(figure))
    return Path(path)


def svg_text(figure: Figure) -> str:
    """The figure as SVG text; element ids come from a fixed salt, and no date is written."""
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "repro", "svg.fonttype": "path", "path.simplify": True}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def png_bytes(figure: Figure, dpi: int = 80) -> bytes:
    """The figure as PNG with a palette of 256 colours, half the size of full colour: notebooks are committed."""
    from PIL import Image  # comes with matplotlib

    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=dpi)
    Image.open(full).convert("RGB").quantize(256).save(small, format="PNG", optimize=True)
    return small.getvalue()
