"""A set of documents that can vouch for each other, found by the arXiv id with version they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from metadata.kinds import ArxivPaper, Document, PaperText, PithRecord
from metadata.parse.ids import ArxivId

T = TypeVar("T", PithRecord, ArxivPaper, PaperText)


@dataclass(frozen=True)
class Corpus:
    """Parsed documents; the look-ups compare ids *with* version, so v4 never vouches for v5."""

    documents: tuple[Document, ...] = ()

    def _of(self, kind: type[T]) -> Iterator[tuple[Document, T]]:
        return ((d, d.content) for d in self.documents if isinstance(d.content, kind))

    def records(self, arxiv: ArxivId) -> Iterator[tuple[Document, PithRecord]]:
        """Yield the pith records of this very version."""
        return (pair for pair in self._of(PithRecord) if pair[1].arxiv == arxiv)

    def papers(self, arxiv: ArxivId) -> Iterator[tuple[Document, ArxivPaper]]:
        """Yield arXiv's pages and feeds of this very version."""
        return (pair for pair in self._of(ArxivPaper) if pair[1].arxiv == arxiv)

    def texts(self) -> Iterator[tuple[Document, PaperText]]:
        """Yield the listings and manuscripts, whose ids, if any, are their own claim."""
        return self._of(PaperText)
