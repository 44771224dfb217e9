"""Checks of arXiv pages and feeds, listings and manuscripts: unsigned, so they rest on records and pins."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.arxiv import ArxivPaper
from metadata.canonical import text_sha256
from metadata.check_core import canonical_hash, key_fingerprint, record_copies, signature
from metadata.corpus import Corpus
from metadata.identify import Identification
from metadata.ids import parse_arxiv
from metadata.keys import RegistryKey
from metadata.listing import Listing
from metadata.manuscript import Manuscript
from metadata.names import compare as compare_names
from metadata.pins import Pin
from metadata.pith_types import CanonicalRecord, PithRecord
from metadata.report import Check, Status, all_hold, compare
from metadata.text import fold

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def paper_checks(paper: ArxivPaper, corpus: Corpus, key: RegistryKey, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks of an arXiv page or feed against itself, signed records in `corpus`, and the pins."""
    signed = [r.record for _, r in corpus.records(paper.arxiv) if _holds(r, key)]
    return [doi(paper), history(paper), author_count(paper), *record_checks(paper, signed), pin(paper, pins)]


def _holds(record: PithRecord, key: RegistryKey) -> bool:
    checks = [
        record_copies(record),
        canonical_hash(record),
        key_fingerprint(record, key),
        signature(record, key),
    ]
    return all(c.status == "verified" for c in checks)


def doi(paper: ArxivPaper) -> Check:
    """Check that the DOI on the page is the one that arXiv registers for this id."""
    if paper.doi is None:
        return Check("doi", "absent", "the document gives no DOI of arXiv's")
    return compare("doi", "the DOI is that of the id", paper.doi, paper.arxiv.doi.lower())


def history(paper: ArxivPaper) -> Check:
    """Check that versions follow each other in time and fall on the days of the week that the page gives."""
    problems = [
        f"v{v.number}: got {v.weekday}, expected {_DAYS[v.submitted.weekday()]}"
        for v in paper.history
        if v.weekday != _DAYS[v.submitted.weekday()]
    ]
    times = [v.submitted for v in paper.history] or [paper.submitted, paper.revised]
    if times != sorted(times):
        problems.append("versions are not in the order of time")
    if (paper.arxiv.version == 1) != (paper.submitted == paper.revised):
        problems.append(
            f"v{paper.arxiv.version}: first and this version at {paper.submitted} and {paper.revised}"
        )
    return all_hold("history", "versions and days of the week agree", problems)


def author_count(paper: ArxivPaper) -> Check:
    """Check the number of names read against the number that the page states."""
    if paper.author_count is None:
        return Check("author_count", "absent", "the document does not count its authors")
    what = "names read and names counted by the page"
    return compare("author_count", what, len(paper.authors), paper.author_count)


def record_checks(paper: ArxivPaper, signed: list[CanonicalRecord]) -> list[Check]:
    """Check title, abstract, first submission and categories against signed records of the same version."""
    names = ("title_hash", "abstract_hash", "submitted_at", "categories")
    if not signed:
        return [Check(name, "not verifiable", f"no signed record of {paper.arxiv} at hand") for name in names]
    record = signed[0]
    got = (text_sha256(paper.title), text_sha256(paper.abstract), paper.submitted, _categories(paper))
    want = (record.title_sha256, record.abstract_sha256, record.submitted_at, _categories(record))
    what = "equals the signed record"
    return [compare(name, f"{name} {what}", g, w) for name, g, w in zip(names, got, want, strict=True)]


def _categories(of: ArxivPaper | CanonicalRecord) -> str:
    return " ".join((of.primary_cat, *sorted(of.cross_cats)))


def pin(paper: ArxivPaper, pins: Mapping[str, Pin]) -> Check:
    """Check a page of a pinned paper: the pinned version, its title and its authors in their order."""
    for pinned in pins.values():
        arxiv = parse_arxiv(pinned.arxiv)
        if arxiv.base != paper.arxiv.base:
            continue
        problems = []
        if arxiv != paper.arxiv:
            problems.append(f"got {paper.arxiv}, expected the pinned version {arxiv}")
        if fold(paper.title) != fold(pinned.title):
            problems.append(f"got title {paper.title!r}, expected {pinned.title!r}")
        relation = compare_names(paper.authors, pinned.authors)
        if not relation.same or not relation.same_order:
            problems.append(f"got authors {', '.join(paper.authors)}, expected {', '.join(pinned.authors)}")
        return all_hold("pin", f"this is the pinned version {arxiv}, with its title and authors", problems)
    return Check("pin", "absent", f"{paper.arxiv} is none of the pinned papers")


def unsigned_checks(content: Listing | Manuscript, found: Identification) -> list[Check]:
    """Return the checks of a document without signature: identity, identifier, names and abstract."""
    status: dict[str, Status] = {"pinned": "verified", "not the pinned paper": "failed", "none": "absent"}
    against = [f.detail for f in found.facts if f.weight in ("decisive", "against")]
    detail = {
        "pinned": f"title and authors are those of {found.paper}; which version it is, it does not show",
        "not the pinned paper": f"claims to be {found.paper} and is not: {'; '.join(against)}",
        "none": found.facts[0].detail,
    }[found.verdict]
    ids = ", ".join(content.arxiv)
    identifier = Check(
        "identifier", "not verifiable" if ids else "absent", ids or "no arXiv id in the document"
    )
    cut = (
        "cut off by the page, so it has no hash"
        if content.abstract_cut
        else "no signed record at hand names it"
    )
    return [
        Check("identity", status[found.verdict], detail),
        identifier,
        Check("authors", "not verifiable", "; ".join(["not signed", *content.repairs])),
        Check(
            "abstract",
            "not verifiable" if content.abstract else "absent",
            cut if content.abstract else "none",
        ),
    ]
