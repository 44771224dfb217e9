"""Checks of documents against each other and the pins. Whoever contradicts a signed text fails, and fails alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.check.corpus import Corpus
from metadata.check.keys import RegistryKey
from metadata.check.record import is_signed, signing_checks
from metadata.check.report import Check, compare, hold
from metadata.kinds import ArxivPaper, Document, PithRecord
from metadata.parse.canonical import sha256_hex, text_sha256
from metadata.parse.ids import parse_arxiv
from metadata.parse.names import find_authors
from metadata.parse.text import fold, squash
from metadata.pins import Pin

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIN_EXCERPT = 100  # characters; less of an abstract shows nothing


def record_checks(record: PithRecord, corpus: Corpus, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks of a record against arXiv's pages of the same version in `corpus`, and the `pins`."""
    pages = list(corpus.papers(record.arxiv))
    want = (record.signed["title_canon_sha256"], record.signed["abstract_canon_sha256"])
    true = [(d, p) for d, p in pages if (text_sha256(p.title), text_sha256(p.abstract)) == want]
    others = [d.name for d, p in pages if (d, p) not in true]
    why_not = f"no page with the full abstract of {record.arxiv} at hand"
    if others:
        why_not += f"; {', '.join(others[:5])} has another title or abstract than the signed one"
    seen = ", ".join(d.name for d, _ in true)
    return [
        _title_hash(record, want[0], seen),
        Check("abstract_hash", "verified", f"the abstract in {seen} has the signed hash")
        if true
        else Check("abstract_hash", "not verifiable", why_not),
        _excerpt(record, true),
        _snapshot(record),
        _authors(record, true, pins),
        _pin(record, pins),
    ]


def _title_hash(record: PithRecord, want: str, seen: str) -> Check:
    own = [snapshot["paper"]["title"] for snapshot in record.snapshots]
    if not own and not seen:
        return Check("title_hash", "not verifiable", "no title in the file, nor on a page at hand")
    problems = [
        f"snapshot: got hash {text_sha256(t)}, expected {want}" for t in own if text_sha256(t) != want
    ]
    places = [*(["graph snapshot"] if own else []), *([seen] if seen else [])]
    return hold("title_hash", f"the title of {', '.join(places)} has the signed hash", problems)


def _excerpt(record: PithRecord, true: list[tuple[Document, ArxivPaper]]) -> Check:
    """Check that the true abstract begins with the snapshot's excerpt (which is not signed)."""
    excerpts = [snapshot["paper"]["abstract_excerpt"] for snapshot in record.snapshots]
    if not any(excerpts):
        return Check("excerpt", "absent", "no excerpt in the file")
    if not true:
        why = f"not signed, and no page of {record.arxiv} with the signed abstract at hand"
        return Check("excerpt", "not verifiable", why)
    problems = [
        f"the abstract in {d.name} does not begin with the excerpt"
        for d, page in true
        for text in excerpts
        if not " ".join(page.abstract.split()).startswith(" ".join(text.split()))
    ]
    if not problems and min(map(len, excerpts)) < _MIN_EXCERPT:
        return Check("excerpt", "not verifiable", "not signed, and too short to show anything")
    return hold("excerpt", f"the abstract in {true[0][0].name} begins with it", problems)


def _snapshot(record: PithRecord) -> Check:
    """Check that the snapshot's unsigned copies of signed fields equal the signed ones."""
    if not record.snapshots:
        return Check("snapshot", "absent", "no graph snapshot in the file")
    signed, problems = record.signed, []
    for snapshot in record.snapshots:
        paper, source = snapshot["paper"], snapshot["source"]
        pairs = {name: (paper[name], signed[name]) for name in ("license", "primary_cat", "submitted_at")}
        pairs["cross_cats"] = (sorted(paper["cross_cats"]), sorted(signed["cross_cats_sorted"]))
        pairs["source"] = (f"{source['id']}v{source['version']}", str(record.arxiv))
        problems += [
            f"{name}: got {got}, expected {want}" for name, (got, want) in pairs.items() if got != want
        ]
    return hold("snapshot", "source, categories, licence and time equal the signed ones", problems)


def _authors(record: PithRecord, true: list[tuple[Document, ArxivPaper]], pins: Mapping[str, Pin]) -> Check:
    """Check the snapshot's authors against pin and pages. They are not signed, so never `verified`."""
    known = [("the pin", p.authors) for p in pins.values() if p.arxiv == str(record.arxiv)]
    known += [(d.name, page.authors) for d, page in true]
    texts = [snapshot["paper"]["authors_text"] for snapshot in record.snapshots]
    if not texts:
        return Check("authors", "absent", "no graph snapshot in the file")
    if not known:
        return Check("authors", "not verifiable", "not signed, and nothing at hand to compare with")
    lines = [find_authors(text, known[0][1]) for text in texts]
    problems = [f"{known[0][0]}: {line}" for line in lines if not line.complete]
    if problems:
        return hold("authors", "", problems)
    return Check(
        "authors", "not verifiable", f"not signed; the same people in {', '.join(w for w, _ in known)}"
    )


def _pin(record: PithRecord, pins: Mapping[str, Pin]) -> Check:
    for pin, arxiv in ((p, parse_arxiv(p.arxiv)) for p in pins.values()):
        if arxiv.base != record.arxiv.base:
            continue
        problems = []
        if arxiv != record.arxiv:
            problems.append(f"got {record.arxiv}, expected the pinned version {arxiv}")
        elif pin.canonical_sha256 not in (None, got := sha256_hex(record.canonical)):
            problems.append(f"got hash {got}, expected {pin.canonical_sha256}")
        return hold("pin", f"this is the pinned version {arxiv}", problems)
    return Check("pin", "absent", f"{record.arxiv} is none of the pinned papers")


def page_checks(paper: ArxivPaper, corpus: Corpus, key: RegistryKey, pins: Mapping[str, Pin]) -> list[Check]:
    """Return the checks of an arXiv page or feed against itself, signed records in `corpus`, and the pins."""
    signed = [r for _, r in corpus.records(paper.arxiv) if is_signed(signing_checks(r, key))]
    return [
        Check("doi", "absent", "the document gives no DOI of arXiv's")
        if paper.doi is None
        else compare("doi", "the DOI is that of the id", paper.doi, paper.arxiv.doi.lower()),
        _history(paper),
        Check("author_count", "absent", "the document does not count its authors")
        if paper.author_count is None
        else compare("author_count", "names read and names counted", len(paper.authors), paper.author_count),
        *_signed_fields(paper, signed),
        _known_abstract(paper, corpus),
        _page_pin(paper, pins),
    ]


def _history(paper: ArxivPaper) -> Check:
    """Check that versions follow each other in time and fall on the days of the week that the page gives."""
    named = ((v, _DAYS[v.submitted.weekday()]) for v in paper.history)
    problems = [f"v{v.number}: got {v.weekday}, expected {day}" for v, day in named if v.weekday != day]
    times = [v.submitted for v in paper.history] or [paper.submitted, paper.revised]
    if times != sorted(times):
        problems.append("versions are not in the order of time")
    if (paper.arxiv.version == 1) != (paper.submitted == paper.revised):
        problems.append(
            f"v{paper.arxiv.version}: first and this version at {paper.submitted} and {paper.revised}"
        )
    return hold("history", "versions and days of the week agree", problems)


def _signed_fields(paper: ArxivPaper, signed: list[PithRecord]) -> Iterator[Check]:
    """Check title, abstract, first submission and categories against signed records of the same version."""
    fields = ("title_hash", "abstract_hash", "submitted_at", "categories")
    if not signed:
        yield from (Check(f, "not verifiable", f"no signed record of {paper.arxiv} at hand") for f in fields)
        return
    core = signed[0].signed
    got = (
        text_sha256(paper.title),
        text_sha256(paper.abstract),
        paper.submitted,
        _codes(paper.primary_cat, paper.cross_cats),
    )
    want = (
        core["title_canon_sha256"], core["abstract_canon_sha256"], signed[0].submitted,
        _codes(core["primary_cat"], core["cross_cats_sorted"]),
    )  # fmt: skip
    for field, g, w in zip(fields, got, want, strict=True):
        yield compare(field, f"{field} equals the signed record", g, w)


def _codes(primary: str, cross: tuple[str, ...] | list[str]) -> str:
    return " ".join((primary, *sorted(cross)))


def _known_abstract(paper: ArxivPaper, corpus: Corpus) -> Check:
    """Check the abstract against the beginning that listings of the same title and authors show."""
    ours = squash(paper.abstract)
    known = [
        (d.name, squash(text.abstract))
        for d, text in corpus.texts()
        if fold(text.title) == fold(paper.title) and find_authors(text.byline, paper.authors).complete
    ]
    problems = [f"{name} has another abstract" for name, text in known if not ours.startswith(text)]
    if not known:
        return Check("abstract", "not verifiable", "no listing of this title and these authors at hand")
    return hold("abstract", f"begins as in {', '.join(name for name, _ in known)} (unsigned)", problems)


def _page_pin(paper: ArxivPaper, pins: Mapping[str, Pin]) -> Check:
    """Check a page of a pinned paper: version, title, days, and the authors in their order."""
    for pin, arxiv in ((p, parse_arxiv(p.arxiv)) for p in pins.values()):
        if arxiv.base != paper.arxiv.base:
            continue
        problems = []
        if arxiv != paper.arxiv:
            problems.append(f"got {paper.arxiv}, expected the pinned version {arxiv}")
        if fold(paper.title) != fold(pin.title):
            problems.append(f"got title {paper.title!r}, expected {pin.title!r}")
        line = find_authors("; ".join(paper.authors), pin.authors)
        if not line.complete or not line.ordered or line.weak:
            problems.append(f"authors: {line}")
        days = {"submitted": (paper.submitted, pin.submitted)}
        if pin.date_of == f"v{arxiv.version}" and arxiv == paper.arxiv:
            days["date"] = (paper.revised, pin.date)
        got = {name: (time.date().isoformat(), day) for name, (time, day) in days.items()}
        problems += [
            f"{name}: got {day}, expected {want}" for name, (day, want) in got.items() if day != want
        ]
        return hold("pin", f"this is the pinned version {arxiv}, with its title, authors and days", problems)
    return Check("pin", "absent", f"{paper.arxiv} is none of the pinned papers")
