"""Third wing: verify a document, check by check, against the registry's key, other documents and the pins."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.check import keys
from metadata.check.against import page_checks, record_checks
from metadata.check.identify import Identification, identify
from metadata.check.keys import RegistryKey
from metadata.check.record import fields, own_checks
from metadata.check.report import Check, Report, Status
from metadata.kinds import ArxivPaper, Corpus, Document, PithRecord
from metadata.pins import Pin

__all__ = ["Corpus", "Identification", "RegistryKey", "Report", "identify", "identify_verified", "verify"]

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
    content, about = document.content, (document.name, document.kind, document.sha256)
    if isinstance(content, PithRecord):
        checks = [*own_checks(content, key), *record_checks(content, corpus, pins)]
        return Report(*about, str(content.arxiv), tuple(checks), fields(content, checks), content.notes)
    if isinstance(content, ArxivPaper):
        checks = page_checks(content, corpus, key, pins)
        return Report(*about, str(content.arxiv), tuple(checks), (), content.notes + content.repairs)
    bare = Report(*about, content.title, ())
    found = identify(document, pins, corpus, bare)
    return Report(*about, content.title, tuple(_text_checks(found)))


def _text_checks(found: Identification) -> list[Check]:
    """Return the checks of a document without signature: its identity, and what it shows of a pinned paper."""
    status: dict[str, Status] = {"pinned": "verified", "not the pinned paper": "failed", "none": "absent"}
    against = [f"{f.about}: {f.detail}" for f in found.facts if f.weight in ("decisive", "against")]
    detail = found.sentence + (f" ({'; '.join(against)})" if against else "")
    checks = [Check("identity", status.get(found.verdict, "not verifiable"), detail)]
    if found.verdict == "none":
        return checks
    for fact in found.facts:
        if fact.about in ("authors", "abstract", "identifier"):
            checks.append(Check(fact.about, "not verifiable", f"not signed; {fact.detail}"))
    return checks


def identify_verified(
    document: Document, corpus: Corpus, pins: Mapping[str, Pin], *, key: RegistryKey = keys.PINNED
) -> Identification:
    """Identify `document`; for a pith record or an arXiv page, a failed check counts against its claim."""
    return identify(document, pins, corpus, verify(document, corpus, pins, key=key))
