"""Checks of a pith record against what pages say: title, abstract, authors, and the pinned version."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.canonical import sha256_hex, text_sha256
from metadata.corpus import Corpus
from metadata.errors import MetadataError
from metadata.ids import parse_arxiv
from metadata.names import compare, split_authors
from metadata.pins import Pin
from metadata.pith_types import PithRecord, Snapshot
from metadata.report import Check, all_hold
from metadata.text import collapse


def text_checks(record: PithRecord, corpus: Corpus, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks against pages of the same version in `corpus`, and against the `pins`."""
    return [
        title_hash(record, corpus),
        abstract_hash(record, corpus),
        excerpt(record, corpus),
        snapshot_agrees(record),
        authors(record, corpus, pins),
        pin(record, pins),
    ]


def title_hash(record: PithRecord, corpus: Corpus) -> Check:
    """Check that each title at hand, of the snapshot and of pages, hashes to the signed value."""
    titles = [("graph snapshot", s.title) for s in record.snapshots]
    titles += [(document.name, paper.title) for document, paper in corpus.papers(record.arxiv)]
    return _hashes("title_hash", titles, record.record.title_sha256, "no title in the file")


def abstract_hash(record: PithRecord, corpus: Corpus) -> Check:
    """Check that each full abstract at hand hashes to the signed value; the snapshot has only an excerpt."""
    abstracts = [(document.name, paper.abstract) for document, paper in corpus.papers(record.arxiv)]
    why = f"no page with the full abstract of {record.arxiv} at hand"
    return _hashes("abstract_hash", abstracts, record.record.abstract_sha256, why)


def _hashes(name: str, texts: list[tuple[str, str]], expected: str, why_not: str) -> Check:
    if not texts:
        return Check(name, "not verifiable", why_not)
    problems = [
        f"{where}: got hash {text_sha256(t)}, expected {expected}"
        for where, t in texts
        if text_sha256(t) != expected
    ]
    return all_hold(name, f"text of {', '.join(where for where, _ in texts)} has the signed hash", problems)


def excerpt(record: PithRecord, corpus: Corpus) -> Check:
    """Check that the abstract on the page begins with the snapshot's excerpt (which is not signed)."""
    pages = list(corpus.papers(record.arxiv))
    if not record.snapshots:
        return Check("excerpt", "absent", "no graph snapshot in the file")
    if not pages:
        return Check("excerpt", "not verifiable", f"not signed, and no page of {record.arxiv} at hand")
    problems = [
        f"{document.name}: the abstract does not begin with the excerpt"
        for document, paper in pages
        for snapshot in record.snapshots
        if not collapse(paper.abstract).startswith(collapse(snapshot.excerpt))
    ]
    return all_hold("excerpt", f"the abstract on {pages[0][0].name} begins with it", problems)


def snapshot_agrees(record: PithRecord) -> Check:
    """Check that the snapshot's unsigned copies of signed fields equal the signed ones."""
    if not record.snapshots:
        return Check("snapshot", "absent", "no graph snapshot in the file")
    problems = [p for snapshot in record.snapshots for p in _differences(record, snapshot)]
    return all_hold("snapshot", "source, categories, licence and time equal the signed ones", problems)


def _differences(record: PithRecord, snapshot: Snapshot) -> list[str]:
    signed = record.record
    pairs = {
        "source": (str(snapshot.source.arxiv), str(signed.source.arxiv)),
        "license": (snapshot.license, signed.license),
        "primary_cat": (snapshot.primary_cat, signed.primary_cat),
        "cross_cats": (tuple(sorted(snapshot.cross_cats)), tuple(sorted(signed.cross_cats))),
        "submitted_at": (snapshot.submitted_at, signed.submitted_at),
    }
    return [f"{name}: got {got}, expected {want}" for name, (got, want) in pairs.items() if got != want]


def authors(record: PithRecord, corpus: Corpus, pins: Mapping[str, Pin]) -> Check:
    """Check the snapshot's authors against pages and pin. They are not signed, so never `verified`."""
    if not record.snapshots:
        return Check("authors", "absent", "no graph snapshot in the file")
    known = [(document.name, paper.authors) for document, paper in corpus.papers(record.arxiv)]
    known += [("the pin", p.authors) for p in pins.values() if p.arxiv == str(record.arxiv)]
    problems = []
    for snapshot in record.snapshots:
        try:
            names = split_authors(snapshot.authors_text, place="authors_text").names
        except MetadataError as e:
            return Check("authors", "failed", str(e))
        relations = ((where, compare(names, true)) for where, true in known)
        problems += [f"{where}: {relation.difference}" for where, relation in relations if not relation.same]
    if problems:
        return all_hold("authors", "", problems)
    seen = f"; the same people in {', '.join(where for where, _ in known)}" if known else ""
    return Check("authors", "not verifiable", f"not signed, and sorted by given name{seen}")


def pin(record: PithRecord, pins: Mapping[str, Pin]) -> Check:
    """Check that a record of a pinned paper is of the pinned version and has the pinned hash."""
    computed = sha256_hex(record.record.canonical)
    for pinned in pins.values():
        arxiv = parse_arxiv(pinned.arxiv)
        if arxiv == record.arxiv:
            want = pinned.canonical_sha256
            problems = [f"got hash {computed}, expected {want}"] if want not in (None, computed) else []
            return all_hold("pin", f"this is the pinned version {arxiv}", problems)
        if arxiv.base == record.arxiv.base:
            return Check("pin", "failed", f"got {record.arxiv}, expected the pinned version {arxiv}")
    return Check("pin", "absent", f"{record.arxiv} is none of the pinned papers")
