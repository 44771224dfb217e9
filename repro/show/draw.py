"""From a record to a figure, and from a figure to bytes that do not differ between two processes."""

from __future__ import annotations

import importlib
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from repro.files import write_text
from repro.record.record import Record
from repro.record.view import View
from repro.spec import Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG_LIMIT = 360 * 1024
"""Bytes: pictures are committed, so they stay small."""


def draw(exhibit: Exhibit, record: Record, view: View | None = None) -> Figure:
    """The exhibit's figure from a record, by `draw` in its folder's `figure`. Missing runs are left out.

    `view`: of the record's rows, in place of an ordinary one.
    """
    from repro.show.style import only, rc

    module = importlib.import_module(f"{exhibit.package}.figure")
    with only(rc()):
        figure: Figure = module.draw(exhibit, record, view or View(record.rows, exhibit.arms))
    return figure


def save_svg(figure: Figure, path: str | os.PathLike[str], record: Record) -> Path:
    """Write the figure as SVG, atomically and with the same bytes in every process; returns the path.

    Text is written as outlines, so that it looks the same where the font is not installed. The picture names the
    sum of the numbers of `record`, from which it was drawn.
    """
    write_text(Path(path), svg_text(figure, source=drawn_from(record)))
    return Path(path)


def drawn_from(record: Record) -> str:
    """How a picture names the numbers that it shows; the code that drew it and the words in it are not in the sum."""
    return f"numbers with SHA-256 {record.facts['csv']['sha256']}"


def svg_text(figure: Figure, outlines: bool = True, source: str | None = None) -> str:
    """The figure as SVG text; element ids come from a fixed salt, and no date is written.

    Paths are rounded to a tenth of a point. `source`: where the numbers are from. Without `outlines` it is the <svg>
    element alone, its text left as text and without ids that nothing refers to: for a notebook, a third smaller.
    """
    from repro.show.style import only

    out, fonts = io.StringIO(), "path" if outlines else "none"
    with only({"svg.hashsalt": "repro", "svg.fonttype": fonts, "path.simplify": True}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Source": source})
    text = re.sub(r' (?:d|x|y)="[^"]*"', lambda d: re.sub(r"-?\d+\.\d{2,}", _rounded, d[0]), out.getvalue())
    text = _renamed(re.sub(r"\n *", "\n", re.sub(r" \n", "\n", text)))
    if outlines:
        return text
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text[text.index("<svg") :], flags=re.S)
    body = re.sub(
        r"font-family: [^;]*, sans-serif", "font-family: DejaVu Sans, sans-serif", body
    )  # of ten, each time
    named = set(re.findall(r"#([\w-]+)", body))
    body = re.sub(r' id="([^"]*)"', lambda i: i[0] if i[1] in named else "", body)
    return re.sub("<[^>]*>", _requoted, " ".join(body.split()).replace("> <", "><"))


def _renamed(text: str) -> str:
    """Clip paths by number: matplotlib names them after all digits of a place, of which a layout's last ones vary."""
    names: dict[str, str] = {}
    return re.sub(r'(?<=id="|rl\(#)p[0-9a-f]{10}\b', lambda m: names.setdefault(m[0], f"p{len(names)}"), text)


def _requoted(tag: re.Match[str]) -> str:
    """Single quotes around attributes: a notebook is JSON, where each double quote takes two signs."""
    return tag[0].translate(str.maketrans("\"'", "'\""))


def _rounded(number: re.Match[str]) -> str:
    """To a tenth where it places something, to a hundredth where it is the shape of a mark."""
    digits = 1 if abs(float(number[0])) >= 20 else 2
    return f"{float(number[0]):.{digits}f}".rstrip("0").rstrip(".")


def alt_text(exhibit: Exhibit, record: Record) -> str:
    """What a picture says to whoever does not see it: what it is, of which data, what came out."""
    from repro.show.claims import in_short
    from repro.show.readme import headline
    from repro.show.style import data_note

    ours, paper = headline(exhibit, record)
    told = f" Ours: {ours}; the paper's: {paper}." if ours != "–" else ""
    return f"{exhibit.title} ({data_note(exhibit, record)}). {in_short(exhibit, record)}.{told}"
