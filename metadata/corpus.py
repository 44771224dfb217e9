"""A set of documents that can vouch for each other, found by the arXiv id with version they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.arxiv import ArxivPaper
from metadata.documents import Document
from metadata.ids import ArxivId
from metadata.listing import Listing
from metadata.pith_types import PithRecord


@dataclass(frozen=True)
class Corpus:
    """Parsed documents; the look-ups compare ids *with* version, so v4 never vouches for v5."""

    documents: tuple[Document, ...] = ()

    def records(self, arxiv: ArxivId) -> Iterator[tuple[Document, PithRecord]]:
        """Yield the pith records of this very version."""
        for document in self.documents:
            if isinstance(document.content, PithRecord) and document.content.arxiv == arxiv:
                yield document, document.content

    def papers(self, arxiv: ArxivId) -> Iterator[tuple[Document, ArxivPaper]]:
        """Yield arXiv's pages and feeds of this very version."""
        for document in self.documents:
            if isinstance(document.content, ArxivPaper) and document.content.arxiv == arxiv:
                yield document, document.content

    def listings(self) -> Iterator[tuple[Document, Listing]]:
        """Yield the listings, which have no identifier to look for."""
        for document in self.documents:
            if isinstance(document.content, Listing):
                yield document, document.content
