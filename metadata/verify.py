"""Verify a document, check by check, against the registry's key, other documents and the pins."""

from __future__ import annotations

from collections.abc import Mapping

from metadata import keys
from metadata.arxiv import ArxivPaper
from metadata.check_core import core_checks
from metadata.check_history import history_checks
from metadata.check_page import paper_checks, unsigned_checks
from metadata.check_text import text_checks
from metadata.corpus import Corpus
from metadata.documents import Document
from metadata.identify import Identification, identify, known_abstracts
from metadata.keys import RegistryKey
from metadata.pins import Pin
from metadata.pith_types import PithRecord
from metadata.report import Report
from metadata.trust import fields

NO_DOCUMENTS = Corpus()
NO_PINS: Mapping[str, Pin] = {}


def verify(
    document: Document,
    corpus: Corpus = NO_DOCUMENTS,
    pins: Mapping[str, Pin] = NO_PINS,
    *,
    key: RegistryKey = keys.PINNED,
) -> Report:
    """Return the report on `document`; it does not raise for a document that was parsed.

    `corpus` holds documents that may vouch for it (the committed ones), `pins` the pinned papers, `key` the
    registry's key. Without corpus and pins only what the document itself shows is checked.
    """
    content = document.content
    if isinstance(content, PithRecord):
        checks = [*core_checks(content, key), *history_checks(content), *text_checks(content, corpus, pins)]
        trusted = fields(content, checks)
        return Report(
            document.name, document.kind, document.sha256, str(content.arxiv), tuple(checks), trusted
        )
    if isinstance(content, ArxivPaper):
        checks = paper_checks(content, corpus, key, pins)
        return Report(document.name, document.kind, document.sha256, str(content.arxiv), tuple(checks))
    found = identify(document, pins, known_abstracts(corpus, pins, but=document.sha256))
    checks = unsigned_checks(content, found)
    return Report(document.name, document.kind, document.sha256, content.title, tuple(checks))


def identify_verified(
    document: Document, corpus: Corpus, pins: Mapping[str, Pin], *, key: RegistryKey = keys.PINNED
) -> Identification:
    """Identify `document`; for a pith record or an arXiv page, a failed check counts against its claim."""
    report = verify(document, corpus, pins, key=key)
    signed_kind = isinstance(document.content, PithRecord | ArxivPaper)
    abstracts = known_abstracts(corpus, pins, but=document.sha256)
    return identify(document, pins, abstracts, report if signed_kind else None)
