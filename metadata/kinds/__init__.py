"""Second wing: the kinds of documents. Reads a file, tells its kind by content, never by name, and parses it."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from metadata.errors import UnusableDocumentError
from metadata.kinds import arxiv, paper, pith
from metadata.kinds.arxiv import ArxivPaper
from metadata.kinds.paper import PaperText
from metadata.kinds.pith import PithRecord
from metadata.parse.ids import ArxivId
from metadata.parse.names import find_authors
from metadata.parse.strict_json import MAX_BYTES, decode, sha256_hex
from metadata.parse.text import fold, lines

__all__ = ["ArxivPaper", "Corpus", "Document", "PaperText", "PithRecord", "parse", "read"]

T = TypeVar("T", PithRecord, ArxivPaper, PaperText)
_PARSERS: dict[str, Callable[[bytes], Any]] = {
    "pith record": pith.parse, "arXiv abstract page": arxiv.parse_page, "arXiv Atom feed": arxiv.parse_feed,
    "paper-site listing": paper.parse, "manuscript": paper.parse,
}  # fmt: skip
_XML = re.compile(r"<\?xml|<([a-z]+:)?feed\b|<a>|<!DOCTYPE (?!html)", re.IGNORECASE)


@dataclass(frozen=True)
class Document:
    """A parsed document: `name` for messages, its kind, its bytes, and its content."""

    name: str
    kind: str
    data: bytes = field(repr=False)
    content: PithRecord | ArxivPaper | PaperText

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the bytes: 64 hex digits."""
        return sha256_hex(self.data)


@dataclass(frozen=True)
class Corpus:
    """Parsed documents that can vouch for each other; ids are compared *with* version, so v4 never vouches for v5."""

    documents: tuple[Document, ...] = ()

    def of(self, kind: type[T], arxiv: ArxivId | None = None) -> list[tuple[Document, T]]:
        """Return the documents of this kind with their contents, all of them or those of this very version."""
        found = [(d, d.content) for d in self.documents if isinstance(d.content, kind)]
        return [pair for pair in found if arxiv in (None, getattr(pair[1], "arxiv", None))]

    def texts(self, title: str, authors: Sequence[str]) -> Iterator[tuple[Document, PaperText]]:
        """Yield the texts with this title by all of these authors alone: others who use the title are no source."""
        for document, text in self.of(PaperText):
            if fold(text.title) == fold(title) and find_authors(text.byline, authors).complete:
                yield document, text


def read(path: Path) -> Document:
    """Return the document in a regular file (`-`: standard input); `UnusableDocumentError`, and errors of `parse`."""
    try:
        if str(path) == "-":
            return parse(sys.stdin.buffer.read(MAX_BYTES + 1), "-")
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            regular = stat.S_ISREG(
                os.fstat(file.fileno()).st_mode
            )  # pipes, devices, the system's files block
            data = file.read(MAX_BYTES + 1) if regular else None
    except (OSError, ValueError, AttributeError) as e:
        reason = getattr(e, "strerror", None) or str(e)
        raise UnusableDocumentError(f"cannot read {str(path)!a}: {reason}") from None
    if data is None:
        raise UnusableDocumentError(f"cannot read {str(path)!a}", expected="a regular file, or '-'")
    return parse(data, str(path))


def parse(data: bytes, name: str = "document") -> Document:
    """Return the document in `data`; `UnusableDocumentError` for no known kind, and errors of its parser."""
    page_lines = [line for line in lines(decode(data)) if line]
    first = page_lines[0] if page_lines else ""
    if first.startswith("{"):
        kind = "pith record"
    elif _XML.match(first):
        kind = "arXiv Atom feed"
    elif len({m[0] for m in map(arxiv.LABELS.match, page_lines) if m}) >= 3:
        kind = "arXiv abstract page"
    elif re.match(r"#{1,6} ", first):
        kind = "manuscript"
    elif not first.startswith("<") and any(map(paper.abstract_heading, page_lines)):
        kind = "paper-site listing"
    else:
        do = "save the text of the page, not its HTML" if first.startswith("<") else "check the file"
        what, got = "a document of no known kind", first or "nothing"
        raise UnusableDocumentError(what, got=got, expected=", ".join(_PARSERS), do=do)
    return Document(name, kind, data, _PARSERS[kind](data))
