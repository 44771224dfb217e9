"""Checks of documents against each other and the pins. Whoever contradicts a signed text fails, and fails alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.check.keys import RegistryKey
from metadata.check.record import is_signed, signing_checks
from metadata.check.report import Check, compare, differing, hold, open_
from metadata.kinds import ArxivPaper, Corpus, Document, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import find_authors
from metadata.parse.strict_json import sha256_hex, text_sha256
from metadata.parse.text import collapse, fold, squash
from metadata.pins import Pin

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIN_EXCERPT = 100  # characters; less of an abstract shows nothing


def record_checks(record: PithRecord, corpus: Corpus, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks of a record against arXiv's pages of the same version in `corpus`, and the `pins`."""
    pages = list(corpus.papers(record.arxiv))
    want = (record.signed["title_canon_sha256"], record.signed["abstract_canon_sha256"])
    true = [(d, p) for d, p in pages if (text_sha256(p.title), text_sha256(p.abstract)) == want]
    others = [d.name for d, p in pages if (d, p) not in true]
    why = f"no page with the full abstract of {record.arxiv} at hand"
    if others:
        why += f"; {', '.join(others[:5])} has another title or abstract than the signed one"
    seen = ", ".join(d.name for d, _ in true)
    whole = f"the abstract in {seen} has the signed hash"
    checks = [
        _title_hash(record, want[0], seen),
        hold("abstract_hash", whole, []) if true else open_("abstract_hash", why),
    ]
    if not record.snapshots:
        checks += [
            open_(n, "no graph snapshot in the file", absent=True) for n in ("excerpt", "snapshot", "authors")
        ]
    else:
        checks += [_excerpt(record, true), _snapshot(record), _authors(record, true, pins)]
    pin = _pin_of(record.arxiv, pins)
    if pin is None:
        return [*checks, open_("pin", f"{record.arxiv} is none of the pinned papers", absent=True)]
    pairs = {"version": (str(record.arxiv), pin.arxiv)}
    if pin.canonical_sha256 and pin.arxiv == str(record.arxiv):
        pairs["signed hash"] = (sha256_hex(record.canonical), pin.canonical_sha256)
    return [*checks, hold("pin", f"this is the pinned version {pin.arxiv}", differing(pairs))]


def _pin_of(arxiv: ArxivId, pins: Mapping[str, Pin]) -> Pin | None:
    return next((p for p in pins.values() if parse_arxiv(p.arxiv).base == arxiv.base), None)


def _title_hash(record: PithRecord, want: str, seen: str) -> Check:
    own = [snapshot["paper"]["title"] for snapshot in record.snapshots]
    if not own and not seen:
        return open_("title_hash", "no title in the file, nor on a page at hand")
    places = ", ".join([*(["graph snapshot"] if own else []), *([seen] if seen else [])])
    problems = [p for title in own for p in differing({"snapshot": (text_sha256(title), want)})]
    return hold("title_hash", f"the title of {places} has the signed hash", problems)


def _excerpt(record: PithRecord, true: list[tuple[Document, ArxivPaper]]) -> Check:
    """Check that the true abstract begins with the snapshot's excerpt (which is not signed)."""
    excerpts = [collapse(snapshot["paper"]["abstract_excerpt"]) for snapshot in record.snapshots]
    if not all(excerpts):
        return open_("excerpt", "no excerpt in the file", absent=True)
    if not true:
        return open_("excerpt", f"not signed, and no page of {record.arxiv} with the signed abstract at hand")
    wrong = [d.name for d, page in true for text in excerpts if not collapse(page.abstract).startswith(text)]
    if not wrong and min(map(len, excerpts)) < _MIN_EXCERPT:
        return open_("excerpt", "not signed, and too short to show anything")
    problems = [f"the abstract in {name} does not begin with the excerpt" for name in wrong]
    return hold("excerpt", f"the abstract in {true[0][0].name} begins with it", problems)


def _snapshot(record: PithRecord) -> Check:
    """Check that the snapshot's unsigned copies of signed fields equal the signed ones."""
    signed, problems = record.signed, []
    for snapshot in record.snapshots:
        paper, source = snapshot["paper"], snapshot["source"]
        pairs = {name: (paper[name], signed[name]) for name in ("license", "primary_cat", "submitted_at")}
        pairs["cross_cats"] = (sorted(paper["cross_cats"]), sorted(signed["cross_cats_sorted"]))
        pairs["source"] = (f"{source['id']}v{source['version']}", str(record.arxiv))
        problems += differing(pairs)
    return hold("snapshot", "source, categories, licence and time equal the signed ones", problems)


def _authors(record: PithRecord, true: list[tuple[Document, ArxivPaper]], pins: Mapping[str, Pin]) -> Check:
    """Check the snapshot's authors against pin and pages. They are not signed, so never `verified`."""
    known = [("the pin", p.authors) for p in pins.values() if p.arxiv == str(record.arxiv)]
    known += [(d.name, page.authors) for d, page in true]
    if not known:
        return open_("authors", "not signed, and nothing at hand to compare with")
    lines = [find_authors(snapshot["paper"]["authors_text"], known[0][1]) for snapshot in record.snapshots]
    problems = [f"{known[0][0]}: {line}" for line in lines if not line.complete]
    same = open_("authors", f"not signed; the same people in {', '.join(where for where, _ in known)}")
    return hold("authors", "", problems) if problems else same


def page_checks(paper: ArxivPaper, corpus: Corpus, key: RegistryKey, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks of an arXiv page or feed against itself, signed records in `corpus`, and the pins."""
    stated = {
        "doi": (paper.doi, paper.arxiv.doi.lower(), "the DOI is that of the id"),
        "author_count": (
            paper.author_count,
            len(paper.authors),
            "names that the page counts, and names read",
        ),
    }
    return [
        open_(name, "the document gives none", absent=True) if got is None else compare(name, what, got, want)
        for name, (got, want, what) in stated.items()
    ] + [
        _history(paper),
        *_signed_fields(paper, corpus, key),
        _known_abstract(paper, corpus),
        _page_pin(paper, pins),
    ]


def _history(paper: ArxivPaper) -> Check:
    """Check that versions follow each other in time and fall on the days of the week that the page gives."""
    problems = differing({f"v{v.number}": (v.weekday, _DAYS[v.submitted.weekday()]) for v in paper.history})
    times = [v.submitted for v in paper.history] or [paper.submitted, paper.revised]
    if times != sorted(times):
        problems.append("versions are not in the order of time")
    if (paper.arxiv.version == 1) != (paper.submitted == paper.revised):
        problems.append(
            f"v{paper.arxiv.version}: first and this version at {paper.submitted}, {paper.revised}"
        )
    return hold("history", "versions and days of the week agree", problems)


def _signed_fields(paper: ArxivPaper, corpus: Corpus, key: RegistryKey) -> Iterator[Check]:
    """Check title, abstract, first submission and categories against signed records of the same version."""
    got = {
        "title_hash": text_sha256(paper.title),
        "abstract_hash": text_sha256(paper.abstract),
        "submitted_at": paper.submitted,
        "categories": [paper.primary_cat, *sorted(paper.cross_cats)],
    }
    record = next((r for _, r in corpus.records(paper.arxiv) if is_signed(signing_checks(r, key))), None)
    if record is None:
        yield from (open_(name, f"no signed record of {paper.arxiv} at hand") for name in got)
        return
    core = record.signed
    categories = [core["primary_cat"], *sorted(core["cross_cats_sorted"])]
    want = (core["title_canon_sha256"], core["abstract_canon_sha256"], record.submitted, categories)
    for (name, value), signed in zip(got.items(), want, strict=True):
        yield compare(name, "equals the signed record", value, signed)


def _known_abstract(paper: ArxivPaper, corpus: Corpus) -> Check:
    """Check the abstract against the beginning that listings of the same title and authors show."""
    known = {d.name: squash(text.abstract) for d, text in corpus.texts(paper.title, paper.authors)}
    if not known:
        return open_("abstract", "no listing of this title and these authors at hand")
    ours = squash(paper.abstract)
    problems = [f"{name} has another abstract" for name, text in known.items() if not ours.startswith(text)]
    return hold("abstract", f"begins as in {', '.join(known)} (unsigned)", problems)


def _page_pin(paper: ArxivPaper, pins: Mapping[str, Pin]) -> Check:
    """Check a page of a pinned paper: version, title, days, and the authors in their order."""
    pin = _pin_of(paper.arxiv, pins)
    if pin is None:
        return open_("pin", f"{paper.arxiv} is none of the pinned papers", absent=True)
    pairs = {
        "version": (str(paper.arxiv), pin.arxiv),
        "submitted": (paper.submitted.date().isoformat(), pin.submitted),
    }
    if pin.date_of == pin.version and pin.arxiv == str(paper.arxiv):
        pairs["date"] = (paper.revised.date().isoformat(), pin.date)
    problems = differing(pairs)
    if fold(paper.title) != fold(pin.title):
        problems.append(f"got title {paper.title!r}, expected {pin.title!r}")
    line = find_authors("; ".join(paper.authors), pin.authors)
    if not line.complete or not line.ordered or line.weak:
        problems.append(f"authors: {line}")
    return hold("pin", f"this is the pinned version {pin.arxiv}, with its title, authors and days", problems)
