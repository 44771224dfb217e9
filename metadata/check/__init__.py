"""Third wing: verify a document, check by check, against the registry's key, other documents and the pins."""

from metadata.check.against import page_checks, record_checks
from metadata.check.identify import Identification, identify
from metadata.check.record import PINNED, RegistryKey, fields, own_checks
from metadata.check.report import Check, Report, Status
from metadata.kinds import ArxivPaper, Corpus, Document, PithRecord
from metadata.pins import Pins

__all__ = ["PINNED", "Corpus", "Identification", "RegistryKey", "Report", "identify_verified", "verify"]

_STATUS: dict[str, Status] = {"pinned": "verified", "not the pinned paper": "failed", "none": "absent"}


def verify(document: Document, corpus: Corpus, pins: Pins, *, key: RegistryKey = PINNED) -> Report:
    """Return the report on `document`; it does not raise for a document that was parsed.

    `corpus` holds documents that may vouch for it (the committed ones), `pins` the pinned papers, `key` is the
    registry's. Without corpus and pins (empty ones) only what the document itself shows is checked.
    """
    content, about = document.content, (document.name, document.kind, document.sha256)
    if isinstance(content, PithRecord):
        checks = [*own_checks(content, key), *record_checks(content, corpus, pins)]
        trust = tuple(fields(content, checks))
        return Report(*about, str(content.arxiv), tuple(checks), trust, content.notes)
    if isinstance(content, ArxivPaper):
        checks = list(page_checks(content, corpus, key, pins))
        return Report(*about, str(content.arxiv), tuple(checks), (), content.notes)
    found = identify(document, pins, corpus, ())
    against = "; ".join(f"{f.about}: {f.detail}" for f in found.facts if f.weight in ("decisive", "against"))
    detail = found.sentence + (f" ({against})" if against else "")
    checks = [Check("identity", _STATUS.get(found.verdict, "not verifiable"), detail)]
    if found.verdict != "none":
        shown = (f for f in found.facts if f.about in ("authors", "abstract", "identifier"))
        checks += [Check(f.about, "not verifiable", f"not signed; {f.detail}") for f in shown]
    return Report(*about, content.title, tuple(checks))


def identify_verified(
    document: Document, corpus: Corpus, pins: Pins, *, key: RegistryKey = PINNED
) -> Identification:
    """Identify `document`; for a pith record or an arXiv page, a failed check counts against its claim."""
    return identify(document, pins, corpus, verify(document, corpus, pins, key=key).failed)
