"""Read a document of any known kind: decide the kind by its content, never by its name, and parse it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from metadata import arxiv_atom, arxiv_page, listing, manuscript, pith
from metadata.arxiv import ArxivPaper
from metadata.canonical import sha256_hex
from metadata.errors import UnusableDocumentError
from metadata.listing import Listing
from metadata.manuscript import Manuscript
from metadata.pith_types import PithRecord
from metadata.strict_json import MAX_BYTES, decode
from metadata.text import lines

Content = PithRecord | ArxivPaper | Listing | Manuscript

_PARSERS: dict[str, Callable[[bytes], Content]] = {
    "pith record": pith.parse,
    "arXiv abstract page": arxiv_page.parse,
    "arXiv Atom feed": arxiv_atom.parse,
    "paper-site listing": listing.parse,
    "manuscript": manuscript.parse,
}
_HEADING = re.compile(r"#{1,6} ")


@dataclass(frozen=True)
class Document:
    """A parsed document: `name` for messages, its kind, the SHA-256 (hex) of its bytes, and its content."""

    name: str
    kind: str
    sha256: str
    content: Content


def read(path: Path) -> Document:
    """Return the document at `path`; `UnusableDocumentError` if it cannot be read or parsed."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # not more, whatever the path leads to
    except OSError as e:
        raise UnusableDocumentError(f"cannot read {str(path)!a}: {e.strerror or e}") from None
    return parse(data, str(path))


def parse(data: bytes, name: str = "document") -> Document:
    """Return the document in `data` (at most 1 MiB of UTF-8); errors of the parser of its kind."""
    kind = detect(data)
    return Document(name, kind, sha256_hex(data), _PARSERS[kind](data))


def detect(data: bytes) -> str:
    """Return the kind of `data`; `UnusableDocumentError` if it looks like none of the known ones."""
    page = lines(decode(data))
    first = next((line for line in page if line), "")
    labels = sum(any(line.startswith(label) for line in page) for label in arxiv_page.LABELS)
    if first.startswith(("{", "[")):
        return "pith record"
    if first.startswith("<"):
        return "arXiv Atom feed"
    if labels >= 3:
        return "arXiv abstract page"
    if _HEADING.match(first):
        return "manuscript"
    if "Abstract" in page:
        return "paper-site listing"
    raise UnusableDocumentError(
        "a document of no known kind",
        got=first or "nothing",
        expected=", ".join(_PARSERS),
        do="check the file",
    )
