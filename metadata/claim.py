"""What a document claims to be, in one form for all kinds, so that it can be compared with the pins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from metadata.arxiv import ArxivPaper
from metadata.documents import Document
from metadata.errors import MetadataError
from metadata.ids import ArxivId, parse_arxiv, split_arxiv
from metadata.listing import Listing
from metadata.manuscript import Manuscript
from metadata.names import split_authors
from metadata.pith_types import PithRecord


@dataclass(frozen=True)
class Claim:
    """Claims of a document; None or empty where it makes none.

    `bases` are the arXiv ids it gives for itself without version, `arxiv` is the one with version. `date` is
    the document's own date, known for manuscripts only. `references` are entries as written.
    """

    title: str | None
    authors: tuple[str, ...]
    abstract: str
    bases: tuple[str, ...] = ()
    arxiv: ArxivId | None = None
    date: date | None = None
    references: tuple[str, ...] = ()


def claim_of(document: Document) -> Claim:
    """Return what `document` claims about itself."""
    content = document.content
    if isinstance(content, PithRecord):
        return _of_record(content)
    if isinstance(content, ArxivPaper):
        return Claim(content.title, content.authors, content.abstract, (content.arxiv.base,), content.arxiv)
    bases, arxiv = _ids(content.arxiv)
    if isinstance(content, Listing):
        return Claim(content.title, content.authors, content.abstract, bases, arxiv)
    assert isinstance(content, Manuscript)
    return Claim(
        content.title, content.authors, content.abstract, bases, arxiv, content.date, content.references
    )


def _of_record(record: PithRecord) -> Claim:
    title: str | None = None
    authors: tuple[str, ...] = ()
    excerpt = ""
    if record.snapshots:
        last = record.snapshots[-1]
        title, excerpt = last.title, last.excerpt
        try:
            authors = split_authors(last.authors_text, place="authors_text").names
        except MetadataError:
            authors = ()  # verification reports it; identification goes on without
    return Claim(title, authors, excerpt, (record.arxiv.base,), record.arxiv)


def _ids(written: tuple[str, ...]) -> tuple[tuple[str, ...], ArxivId | None]:
    bases: dict[str, None] = {}
    versioned: list[ArxivId] = []
    for text in written:
        try:
            bases[split_arxiv(text)[0]] = None
            versioned.append(parse_arxiv(text))
        except MetadataError:
            continue  # a number that looks like an id, or an id without version
    return tuple(bases), versioned[0] if versioned else None
