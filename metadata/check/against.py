"""Checks of documents against each other and the pins. Whoever contradicts a signed text fails, and fails alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import format_datetime

from metadata.check.record import RegistryKey, is_signed, signing_checks
from metadata.check.report import Check, compare, differing, hold
from metadata.kinds import ArxivPaper, Corpus, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import find_authors
from metadata.parse.strict_json import text_sha256
from metadata.parse.text import collapse, fold, squash
from metadata.pins import Pin, Pins

_MIN_EXCERPT = 100  # characters; less of an abstract shows nothing


def record_checks(record: PithRecord, corpus: Corpus, pins: Pins) -> Iterator[Check]:
    """Yield the checks of a record against arXiv's pages of the same version in `corpus`, and the `pins`."""
    want = (record.signed["title_canon_sha256"], record.signed["abstract_canon_sha256"])
    pages = {d.name: page for d, page in corpus.of(ArxivPaper, record.arxiv)}
    true = {name: p for name, p in pages.items() if (text_sha256(p.title), text_sha256(p.abstract)) == want}
    snapshots = [snapshot["paper"] for snapshot in record.snapshots]
    places = ", ".join([*["graph snapshot"] * bool(snapshots), *true])
    wrong = [p for s in snapshots for p in differing({"snapshot": (text_sha256(s["title"]), want[0])})]
    none = "" if places else "no title in the file, nor on a page at hand"
    yield hold("title_hash", f"the title of {places} has the signed hash", wrong, unshown=none)
    others = ", ".join([name for name in pages if name not in true][:5])
    why = f"no page with the full abstract of {record.arxiv} at hand"
    why += f"; {others} has another title or abstract than the signed one" if others else ""
    what = f"the abstract in {', '.join(true)} has the signed hash"
    yield hold("abstract_hash", what, unshown="" if true else why)
    if snapshots:
        yield from (_excerpt(record, true), _copies(record), _authors(record, true, pins))
    else:
        absent = "no graph snapshot in the file"
        yield from (hold(name, "", absent=absent) for name in ("excerpt", "snapshot", "authors"))
    yield _pin(record.arxiv, pins, lambda pin: _other_record(record, pin))


def _pin(arxiv: ArxivId, pins: Pins, others: Callable[[Pin], Iterable[str]], more: str = "") -> Check:
    """Check that this version is pinned; `others` gives further differences from the pin of its paper."""
    pin = next((p for p in pins.values() if parse_arxiv(p.arxiv).base == arxiv.base), None)
    if pin is None:
        return hold("pin", "", absent=f"{arxiv} is none of the pinned papers")
    version = differing({"version": (str(arxiv), pin.arxiv)})
    return hold("pin", f"this is the pinned version {arxiv}{more}", [*version, *others(pin)])


def _other_record(record: PithRecord, pin: Pin) -> list[str]:
    pinned = pin.arxiv == str(record.arxiv) and pin.canonical_sha256
    return differing({"signed hash": (record.sha256, pinned)}) if pinned else []


def _excerpt(record: PithRecord, true: Mapping[str, ArxivPaper]) -> Check:
    """Check that the true abstract begins with the snapshot's excerpt (which is not signed)."""
    excerpts = [collapse(snapshot["paper"]["abstract_excerpt"]) for snapshot in record.snapshots]
    others = [n for n, page in true.items() if not all(map(collapse(page.abstract).startswith, excerpts))]
    why = "too short to show anything" if min(map(len, excerpts)) < _MIN_EXCERPT else ""
    why = why if true else f"no page of {record.arxiv} with the signed abstract at hand"
    return hold(
        "excerpt", f"the abstract in {next(iter(true), '')} begins with it",
        [f"the abstract in {name} does not begin with it" for name in others],
        absent="" if all(excerpts) else "no excerpt in the file", unshown=why and f"not signed, and {why}",
    )  # fmt: skip


def _copies(record: PithRecord) -> Check:
    """Check that the snapshot's unsigned copies of signed fields equal the signed ones."""
    signed, problems = record.signed, list[str]()
    for snapshot in record.snapshots:
        paper, source = snapshot["paper"], snapshot["source"]
        pairs = {name: (paper[name], signed[name]) for name in ("license", "primary_cat", "submitted_at")}
        pairs["cross_cats"] = (sorted(paper["cross_cats"]), sorted(signed["cross_cats_sorted"]))
        pairs["source"] = (f"{source['id']}v{source['version']}", str(record.arxiv))
        problems += differing(pairs)
    return hold("snapshot", "source, categories, licence and time equal the signed ones", problems)


def _authors(record: PithRecord, true: Mapping[str, ArxivPaper], pins: Pins) -> Check:
    """Check the snapshot's authors against pin and pages. They are not signed, so never `verified`."""
    pinned = pins.get(str(record.arxiv))
    known = ({"the pin": pinned.authors} if pinned else {}) | {n: page.authors for n, page in true.items()}
    problems, where = list[str](), next(iter(known), "")
    for snapshot in record.snapshots if known else []:
        line = find_authors(snapshot["paper"]["authors_text"], known[where])
        problems += [] if line.complete else [f"{where}: {line}"]
    same = f"; the same people in {', '.join(known)}" if known else ", and nothing at hand to compare with"
    return hold("authors", "", problems, unshown=f"not signed{same}")


def page_checks(paper: ArxivPaper, corpus: Corpus, key: RegistryKey, pins: Pins) -> Iterator[Check]:
    """Yield the checks of an arXiv page or feed against itself, signed records in `corpus`, and the pins."""
    what, none = "the DOI is that of the id", hold("doi", "", absent="the document gives none")
    yield compare("doi", what, paper.doi, paper.arxiv.doi.lower()) if paper.doi else none
    yield _history(paper)
    records = (r for _, r in corpus.of(PithRecord, paper.arxiv) if is_signed(signing_checks(r, key)))
    record = next(records, None)
    core, why = record.signed if record else {}, f"no signed record of {paper.arxiv} at hand"
    signed = [core.get("primary_cat"), *sorted(core.get("cross_cats_sorted", ()))]
    covered: dict[str, tuple[object, object]] = {
        "title_hash": (text_sha256(paper.title), core.get("title_canon_sha256")),
        "abstract_hash": (text_sha256(paper.abstract), core.get("abstract_canon_sha256")),
        "submitted_at": (paper.submitted, record and record.submitted),
        "categories": ([paper.primary_cat, *sorted(paper.cross_cats)], signed),
    }
    for name, pair in covered.items():
        yield compare(name, "equals the signed record", *pair) if record else hold(name, "", unshown=why)
    yield _known_abstract(paper, corpus)
    yield _pin(paper.arxiv, pins, lambda pin: _other_paper(paper, pin), ", with its title, authors and days")


def _history(paper: ArxivPaper) -> Check:
    """Check that versions follow each other in time and fall on the days of the week that the page gives."""
    days = enumerate(paper.history, start=1)
    problems = differing({f"v{i}": (day, format_datetime(when)[:3]) for i, (when, day) in days})
    times = [when for when, _ in paper.history] or [paper.submitted, paper.revised]
    if times != sorted(times):
        problems.append("versions are not in the order of time")
    version, (first, this) = paper.arxiv.version, (paper.submitted, paper.revised)
    if (version == 1) != (first == this):
        problems.append(f"v{version}: first and this version at {first}, {this}")
    return hold("history", "versions and days of the week agree", problems)


def _known_abstract(paper: ArxivPaper, corpus: Corpus) -> Check:
    """Check the abstract against the beginning that listings of the same title and authors show."""
    ours = squash(paper.abstract)
    known = {d.name: ours.startswith(squash(t.abstract)) for d, t in corpus.texts(paper.title, paper.authors)}
    problems = [f"{name} has another abstract" for name, same in known.items() if not same]
    none = "" if known else "no listing of this title and these authors at hand"
    return hold("abstract", f"begins as in {', '.join(known)} (unsigned)", problems, unshown=none)


def _other_paper(paper: ArxivPaper, pin: Pin) -> Iterator[str]:
    """Yield where a page differs from the pin of its paper: days, title, the authors in their order."""
    yield from differing({"submitted": (paper.submitted.date().isoformat(), pin.submitted)})
    if pin.date_of == pin.version and pin.arxiv == str(paper.arxiv):
        yield from differing({"date": (paper.revised.date().isoformat(), pin.date)})
    if fold(paper.title) != fold(pin.title):
        yield f"got title {paper.title!r}, expected {pin.title!r}"
    line = find_authors("; ".join(paper.authors), pin.authors)
    if not line.complete or not line.ordered or line.weak:
        yield f"authors: {line}"
