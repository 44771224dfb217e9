"""The fields of a pin, one function each: which source wins, with which trust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from metadata.arxiv import ArxivPaper
from metadata.canonical import sha256_hex, text_sha256
from metadata.curated import CuratedFact, CuratedPaper
from metadata.documents import Document
from metadata.errors import PinError
from metadata.listing import Listing
from metadata.names import compare, split_authors
from metadata.pith_types import PithRecord, Snapshot
from metadata.report import Trust


@dataclass(frozen=True)
class Row:
    """One field of a pin: its value and the evidence for it (`source` is a document or `curated.json`)."""

    field: str
    value: object
    trust: Trust
    source: str
    detail: str


@dataclass(frozen=True)
class PaperSources:
    """Everything at hand about one paper: curated facts, signed record, arXiv pages, listings."""

    curated: CuratedPaper
    record: tuple[Document, PithRecord] | None
    pages: tuple[tuple[Document, ArxivPaper], ...]
    listings: tuple[tuple[Document, Listing], ...]

    def fact(self, field: str) -> CuratedFact:
        """Return the curated fact about `field`; `PinError` if nothing gives it."""
        fact = self.curated.get(field)
        if fact is None:
            raise PinError(
                f"{self.curated.arxiv}: no document gives {field!r}", do=f"add {field!r} to curated.json"
            )
        return fact


def fields(sources: PaperSources) -> Iterator[Row]:
    """Yield every field of the pin that is not its id or its trust; `PinError` for contradictions."""
    makers: tuple[Callable[[PaperSources], Row], ...] = (
        title, authors, date, date_of, submitted, doi, pith, canonical_sha256, abstract_sha256, license_,
        primary_cat, cross_cats, proceedings, cites,
    )  # fmt: skip
    return (make(sources) for make in makers)


def _curated(field: str, fact: CuratedFact, detail: str = "") -> Row:
    return Row(field, fact.value, "curated", "curated.json", f"{fact.source}{detail}")


def _absent(field: str) -> Row:
    return Row(field, None, "absent", "none", "no document gives it")


def title(s: PaperSources) -> Row:
    """The title, as the record's snapshot spells it; `PinError` if a record is there and its hash does not fit."""
    fact = s.curated.get("title")
    if s.record:
        document, record = s.record
        spelled = [snapshot.title for snapshot in record.snapshots] or [page.title for _, page in s.pages]
        spelled = spelled or ([fact.value] if fact else [])
        if not spelled or text_sha256(spelled[-1]) != record.record.title_sha256:
            raise PinError(f"{document.name}: no title at hand has the signed hash", got=spelled[-1:])
        detail = "its hash is signed; letter case and white space are not"
        return Row("title", spelled[-1], "hash signed", document.name, detail)
    if s.pages:
        return Row("title", s.pages[0][1].title, "stated", s.pages[0][0].name, "on arXiv's page")
    return _curated("title", s.fact("title"), _also(s))


def _also(s: PaperSources) -> str:
    return f"; also in {', '.join(document.name for document, _ in s.listings)}" if s.listings else ""


def authors(s: PaperSources) -> Row:
    """The authors in the paper's order, from a page or curated; `PinError` if a document names other people."""
    others = [(d.name, split_authors(snap.authors_text, place=d.name).names) for d, snap in _snapshots(s)]
    if s.pages:
        document, page = s.pages[0]
        names, source, agreed = page.authors, document.name, "in the order of arXiv's page"
        trust: Trust = "corroborated" if others else "stated"
    else:
        fact = s.fact("authors")
        names, source, agreed, trust = fact.value, "curated.json", fact.source, "curated"
        others += [(document.name, listing.authors) for document, listing in s.listings]
    for where, found in others:
        relation = compare(found, names)
        if not relation.same:
            raise PinError(f"authors in {where} and {source} differ", got=found, expected=", ".join(names))
    seen = f"; the same people in {', '.join(where for where, _ in others)}" if others else ""
    return Row("authors", names, trust, source, agreed + seen)


def _snapshots(s: PaperSources) -> Iterator[tuple[Document, Snapshot]]:
    if s.record:
        yield from ((s.record[0], snapshot) for snapshot in s.record[1].snapshots)


def date(s: PaperSources) -> Row:
    """The day of the pinned version, as far as known; else that of the first one (see `date_of`)."""
    if s.curated.arxiv.version == 1:
        first = submitted(s)
        return Row("date", first.value, first.trust, first.source, first.detail)
    if s.pages:
        return Row(
            "date",
            s.pages[0][1].revised.date().isoformat(),
            "stated",
            s.pages[0][0].name,
            "submission history",
        )
    revised = s.curated.get("revised")
    if revised:
        return _curated("date", revised)
    first = submitted(s)
    return Row("date", first.value, first.trust, first.source, f"of the first version; {first.detail}")


def date_of(s: PaperSources) -> Row:
    """What `date` is the day of, in words."""
    known = bool(s.pages or s.curated.get("revised") or s.curated.arxiv.version == 1)
    version = s.curated.arxiv.version
    words = f"v{version}" if known else f"v1 (the day of v{version} is in no record)"
    return Row("date_of", words, "derived", "records", "from what gives the date")


def submitted(s: PaperSources) -> Row:
    """The day on which the first version was submitted (UTC); `PinError` if two sources differ."""
    fact = s.curated.get("submitted")
    if s.record:
        document, record = s.record
        day = record.record.submitted_at.date().isoformat()
        if fact and fact.value != day:
            raise PinError(
                f"{document.name} and curated.json differ in the first day", got=day, expected=fact.value
            )
        return Row("submitted", day, "signed", document.name, "submitted_at of the canonical record")
    if s.pages:
        return Row(
            "submitted", s.pages[0][1].submitted.date().isoformat(), "stated", s.pages[0][0].name, "history"
        )
    return _curated("submitted", s.fact("submitted"))


def doi(s: PaperSources) -> Row:
    """The DOI that arXiv registers, the same for all versions."""
    seen = [d.name for d, page in s.pages if page.doi] + ([s.record[0].name] if s.record else [])
    detail = "arXiv's rule 10.48550/arXiv.<id>" + (f"; also in {', '.join(seen)}" if seen else "")
    return Row("doi", s.curated.arxiv.doi, "derived", "arXiv id", detail)


def pith(s: PaperSources) -> Row:
    """The pith number, if there is a signed record."""
    if not s.record:
        return _absent("pith")
    return Row("pith", s.record[1].pith_number, "derived", s.record[0].name, "base32 of the signed hash")


def canonical_sha256(s: PaperSources) -> Row:
    """The hash that the registry signed, if there is a signed record."""
    if not s.record:
        return _absent("canonical_sha256")
    value = sha256_hex(s.record[1].record.canonical)
    return Row(
        "canonical_sha256", value, "signed", s.record[0].name, "the registry's signature is over these bytes"
    )


def abstract_sha256(s: PaperSources) -> Row:
    """The hash of the abstract, if a signed record or a page gives it."""
    if s.record:
        seen = (
            f"; the abstract in {', '.join(d.name for d, _ in s.pages)} has it"
            if s.pages
            else "; text not at hand"
        )
        return Row(
            "abstract_sha256",
            s.record[1].record.abstract_sha256,
            "signed",
            s.record[0].name,
            "canonical record" + seen,
        )
    if s.pages:
        document, page = s.pages[0]
        return Row(
            "abstract_sha256", text_sha256(page.abstract), "stated", document.name, "computed from the page"
        )
    return _absent("abstract_sha256")


def license_(s: PaperSources) -> Row:
    """The licence under which arXiv distributes the paper (a URL)."""
    if not s.record:
        return _absent("license")
    return Row("license", s.record[1].record.license, "signed", s.record[0].name, "canonical record")


def primary_cat(s: PaperSources) -> Row:
    """The primary arXiv category."""
    if s.record:
        return Row(
            "primary_cat", s.record[1].record.primary_cat, "signed", s.record[0].name, "canonical record"
        )
    if s.pages:
        return Row("primary_cat", s.pages[0][1].primary_cat, "stated", s.pages[0][0].name, "subjects")
    return _curated("primary_cat", s.fact("primary_cat"))


def cross_cats(s: PaperSources) -> Row:
    """The further arXiv categories, sorted."""
    if s.record:
        return Row(
            "cross_cats", s.record[1].record.cross_cats, "signed", s.record[0].name, "canonical record"
        )
    if s.pages:
        return Row(
            "cross_cats", tuple(sorted(s.pages[0][1].cross_cats)), "stated", s.pages[0][0].name, "subjects"
        )
    return Row("cross_cats", (), "absent", "none", "no document gives them")


def proceedings(s: PaperSources) -> Row:
    """Where the paper appeared."""
    return _curated("proceedings", s.fact("proceedings"))


def cites(s: PaperSources) -> Row:
    """Titles of works that the paper is known to cite; may be empty."""
    fact = s.curated.get("cites")
    return _curated("cites", fact) if fact else Row("cites", (), "absent", "none", "not listed here")
