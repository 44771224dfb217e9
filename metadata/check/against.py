"""Checks of documents against each other and the pins. Whoever contradicts a signed text fails, and fails alone."""

from collections.abc import Iterator, Mapping

from metadata.check.record import RegistryKey, is_signed, signing_checks
from metadata.check.report import Check, compare, differing, hold
from metadata.kinds import ArxivPaper, Corpus, Document, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import find_authors
from metadata.parse.strict_json import sha256_hex, text_sha256
from metadata.parse.text import collapse, fold, squash
from metadata.pins import Pin

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIN_EXCERPT = 100  # characters; less of an abstract shows nothing
Pages = list[tuple[Document, ArxivPaper]]


def record_checks(record: PithRecord, corpus: Corpus, pins: Mapping[str, Pin]) -> Iterator[Check]:
    """Yield the checks of a record against arXiv's pages of the same version in `corpus`, and the `pins`."""
    pages = corpus.of(ArxivPaper, record.arxiv)
    want = (record.signed["title_canon_sha256"], record.signed["abstract_canon_sha256"])
    true = [(d, p) for d, p in pages if (text_sha256(p.title), text_sha256(p.abstract)) == want]
    others = [d.name for d, p in pages if (d, p) not in true]
    seen = ", ".join(d.name for d, _ in true)
    yield _title_hash(record, want[0], seen)
    why = f"no page with the full abstract of {record.arxiv} at hand"
    why += f"; {', '.join(others[:5])} has another title or abstract than the signed one" if others else ""
    whole = Check("abstract_hash", "verified", f"the abstract in {seen} has the signed hash")
    yield whole if true else Check("abstract_hash", "not verifiable", why)
    if record.snapshots:
        yield from (_excerpt(record, true), _snapshot(record), _authors(record, true, pins))
    else:
        absent = "no graph snapshot in the file"
        yield from (Check(name, "absent", absent) for name in ("excerpt", "snapshot", "authors"))
    pin, pairs = _pin_of(record.arxiv, pins), dict[str, tuple[object, object]]()
    if pin and pin.canonical_sha256 and pin.arxiv == str(record.arxiv):
        pairs["signed hash"] = (sha256_hex(record.canonical), pin.canonical_sha256)
    yield _pin_check(record.arxiv, pin, differing(pairs), "")


def _pin_of(arxiv: ArxivId, pins: Mapping[str, Pin]) -> Pin | None:
    return next((p for p in pins.values() if parse_arxiv(p.arxiv).base == arxiv.base), None)


def _pin_check(arxiv: ArxivId, pin: Pin | None, problems: list[str], more: str) -> Check:
    if pin is None:
        return Check("pin", "absent", f"{arxiv} is none of the pinned papers")
    problems = differing({"version": (str(arxiv), pin.arxiv)}) + problems
    return hold("pin", f"this is the pinned version {pin.arxiv}{more}", problems)


def _title_hash(record: PithRecord, want: str, seen: str) -> Check:
    own = [snapshot["paper"]["title"] for snapshot in record.snapshots]
    places = ", ".join([*(["graph snapshot"] if own else []), *([seen] if seen else [])])
    if not places:
        return Check("title_hash", "not verifiable", "no title in the file, nor on a page at hand")
    problems = [p for title in own for p in differing({"snapshot": (text_sha256(title), want)})]
    return hold("title_hash", f"the title of {places} has the signed hash", problems)


def _excerpt(record: PithRecord, true: Pages) -> Check:
    """Check that the true abstract begins with the snapshot's excerpt (which is not signed)."""
    excerpts = [collapse(snapshot["paper"]["abstract_excerpt"]) for snapshot in record.snapshots]
    wrong = [d.name for d, page in true for text in excerpts if not collapse(page.abstract).startswith(text)]
    if not all(excerpts):
        return Check("excerpt", "absent", "no excerpt in the file")
    if wrong:
        return hold("excerpt", "", [f"the abstract in {name} does not begin with it" for name in wrong])
    why = "" if true else f"no page of {record.arxiv} with the signed abstract at hand"
    if why or min(map(len, excerpts)) < _MIN_EXCERPT:
        return Check("excerpt", "not verifiable", f"not signed, and {why or 'too short to show anything'}")
    return Check("excerpt", "verified", f"the abstract in {true[0][0].name} begins with it")


def _snapshot(record: PithRecord) -> Check:
    """Check that the snapshot's unsigned copies of signed fields equal the signed ones."""
    signed, problems = record.signed, list[str]()
    for snapshot in record.snapshots:
        paper, source = snapshot["paper"], snapshot["source"]
        pairs = {name: (paper[name], signed[name]) for name in ("license", "primary_cat", "submitted_at")}
        pairs["cross_cats"] = (sorted(paper["cross_cats"]), sorted(signed["cross_cats_sorted"]))
        pairs["source"] = (f"{source['id']}v{source['version']}", str(record.arxiv))
        problems += differing(pairs)
    return hold("snapshot", "source, categories, licence and time equal the signed ones", problems)


def _authors(record: PithRecord, true: Pages, pins: Mapping[str, Pin]) -> Check:
    """Check the snapshot's authors against pin and pages. They are not signed, so never `verified`."""
    pinned = pins.get(str(record.arxiv))
    known = ({"the pin": pinned.authors} if pinned else {}) | {d.name: page.authors for d, page in true}
    problems, where = list[str](), next(iter(known), "")
    for snapshot in record.snapshots if known else []:
        line = find_authors(snapshot["paper"]["authors_text"], known[where])
        problems += [] if line.complete else [f"{where}: {line}"]
    same = f"the same people in {', '.join(known)}" if known else "and nothing at hand to compare with"
    status = Check("authors", "not verifiable", f"not signed{'; ' if known else ', '}{same}")
    return hold("authors", "", problems) if problems else status


def page_checks(
    paper: ArxivPaper, corpus: Corpus, key: RegistryKey, pins: Mapping[str, Pin]
) -> Iterator[Check]:
    """Yield the checks of an arXiv page or feed against itself, signed records in `corpus`, and the pins."""
    for name, what, said, true in (
        ("doi", "the DOI is that of the id", paper.doi, paper.arxiv.doi.lower()),
        (
            "author_count",
            "names that the page counts, and names read",
            paper.author_count,
            len(paper.authors),
        ),
    ):
        absent = Check(name, "absent", "the document gives none")
        yield absent if said is None else compare(name, what, said, true)
    yield _history(paper)
    got = {
        "title_hash": text_sha256(paper.title), "abstract_hash": text_sha256(paper.abstract),
        "submitted_at": paper.submitted, "categories": [paper.primary_cat, *sorted(paper.cross_cats)],
    }  # fmt: skip
    records = (r for _, r in corpus.of(PithRecord, paper.arxiv) if is_signed(signing_checks(r, key)))
    if record := next(records, None):
        core = record.signed
        categories = [core["primary_cat"], *sorted(core["cross_cats_sorted"])]
        want = (core["title_canon_sha256"], core["abstract_canon_sha256"], record.submitted, categories)
        for (name, value), signed in zip(got.items(), want, strict=True):
            yield compare(name, "equals the signed record", value, signed)
    else:
        why = f"no signed record of {paper.arxiv} at hand"
        yield from (Check(name, "not verifiable", why) for name in got)
    yield _known_abstract(paper, corpus)
    yield _page_pin(paper, _pin_of(paper.arxiv, pins))


def _history(paper: ArxivPaper) -> Check:
    """Check that versions follow each other in time and fall on the days of the week that the page gives."""
    problems = differing({f"v{v.number}": (v.weekday, _DAYS[v.submitted.weekday()]) for v in paper.history})
    times = [v.submitted for v in paper.history] or [paper.submitted, paper.revised]
    if times != sorted(times):
        problems.append("versions are not in the order of time")
    version, (first, this) = paper.arxiv.version, (paper.submitted, paper.revised)
    if (version == 1) != (first == this):
        problems.append(f"v{version}: first and this version at {first}, {this}")
    return hold("history", "versions and days of the week agree", problems)


def _known_abstract(paper: ArxivPaper, corpus: Corpus) -> Check:
    """Check the abstract against the beginning that listings of the same title and authors show."""
    known = {d.name: squash(text.abstract) for d, text in corpus.texts(paper.title, paper.authors)}
    if not known:
        return Check("abstract", "not verifiable", "no listing of this title and these authors at hand")
    ours = squash(paper.abstract)
    problems = [f"{name} has another abstract" for name, text in known.items() if not ours.startswith(text)]
    return hold("abstract", f"begins as in {', '.join(known)} (unsigned)", problems)


def _page_pin(paper: ArxivPaper, pin: Pin | None) -> Check:
    """Check a page of a pinned paper: version, title, days, and the authors in their order."""
    problems = list[str]()
    if pin:
        pairs = {"submitted": (paper.submitted.date().isoformat(), pin.submitted)}
        if pin.date_of == pin.version and pin.arxiv == str(paper.arxiv):
            pairs["date"] = (paper.revised.date().isoformat(), pin.date)
        problems = differing(pairs)
        if fold(paper.title) != fold(pin.title):
            problems.append(f"got title {paper.title!r}, expected {pin.title!r}")
        line = find_authors("; ".join(paper.authors), pin.authors)
        if not line.complete or not line.ordered or line.weak:
            problems.append(f"authors: {line}")
    return _pin_check(paper.arxiv, pin, problems, ", with its title, authors and days")
