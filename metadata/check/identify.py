"""Say which pinned paper a document is, and answer only what is known.

*Pinned* needs the title, all authors, and the text: the signed hash or the abstract. *Claims to be and is not* needs
a positive contradiction: the title with other owners, other text and people under the paper's id, another version.
An id alone decides nothing. Everything else that has to do with a pinned paper is *cannot tell*. Which version it is
is a question of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from metadata.check.claim import Claim, Text, Title, claim_of, compare_abstract, compare_title, other_people
from metadata.check.corpus import Corpus
from metadata.check.report import Report
from metadata.kinds import Document, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import Byline, find_authors
from metadata.parse.text import fold
from metadata.pins import Pin

_MIN_REFERENCES = 3
# Failed checks that leave open whether the document is what it claims: none of these fields is signed.
_SOFT = frozenset(
    ("authors", "excerpt", "author_count", "event_counters", "event_ids", "snapshot_hashes", "dates")
)

Weight = Literal["for", "against", "decisive", "neutral"]
Verdict = Literal["pinned", "not the pinned paper", "none", "cannot tell"]
Version = Literal["shown", "not shown", "another"]
EXIT_CODES: dict[Verdict, int] = {"pinned": 0, "not the pinned paper": 1, "none": 3, "cannot tell": 4}


@dataclass(frozen=True)
class Fact:
    """One piece of evidence: what it is about, how it weighs (`decisive` is always against), one sentence."""

    about: str
    weight: Weight
    detail: str


@dataclass(frozen=True)
class Identification:
    """The answer. `paper` is the pin (arXiv id with version) in question, None if the document is about none.

    `work` tells that title, authors and text are the paper's, as far as they go; `version` whether the document
    shows to be the pinned one; `settle` what a document would have to show, where the verdict is open.
    """

    name: str
    verdict: Verdict
    paper: str | None
    work: bool
    version: Version
    facts: tuple[Fact, ...]
    settle: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: pinned; 1: claims to be and is not; 3: about none of them; 4: cannot tell."""
        return EXIT_CODES[self.verdict]

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if self.verdict == "none":
            return "this is about none of the pinned papers"
        if self.verdict == "not the pinned paper":
            return f"this claims to be the pinned paper {self.paper}, and is not"
        if self.verdict == "pinned" and self.version == "shown":
            return f"this is the pinned paper {self.paper}"
        if self.work:
            return f"this is the work pinned as {self.paper}; version not shown"
        return f"cannot tell whether this is {self.paper}; version {self.version}"

    def to_json(self) -> dict[str, object]:
        """Return the identification as JSON-ready values."""
        return {**asdict(self), "exit_code": self.exit_code, "sentence": self.sentence}


@dataclass(frozen=True)
class _Evidence:
    """How one claim compares with one pin."""

    pin: Pin
    title: Title
    byline: Byline
    text: Text
    versions: set[int | None]
    early: bool
    contradictions: tuple[str, ...]
    broken: tuple[str, ...]
    facts: tuple[Fact, ...]

    @property
    def arxiv(self) -> ArxivId:
        return parse_arxiv(self.pin.arxiv)

    @property
    def concerned(self) -> bool:
        """Whether the document has to do with this paper at all: by its title, its own id, its text, its people."""
        if (
            self.title in ("same", "imitated")
            or self.versions
            or self.text in ("same", "extended", "altered")
        ):
            return True
        return self.byline.complete or (self.title in ("contains", "near") and bool(self.byline.found))

    @property
    def work(self) -> bool:
        return (
            self.title == "same"
            and bool(self.byline.found)
            and not self.byline.foreign
            and self.text == "same"
        )

    @property
    def version(self) -> Version:
        stated = self.versions - {None}
        if stated and self.arxiv.version not in stated:
            return "another"
        return "shown" if stated == {self.arxiv.version} and not self.early else "not shown"

    @property
    def verdict(self) -> Verdict:
        if not self.concerned:
            return "none"
        if self.contradictions:
            return "not the pinned paper"
        whole = self.work and self.byline.complete and not self.early and not self.broken
        return "pinned" if whole and self.versions <= {None, self.arxiv.version} else "cannot tell"

    def settle(self) -> tuple[str, ...]:
        wanted = {
            f"the title {self.pin.title!r}, and nothing else, at its head": self.title != "same",
            f"all {len(self.pin.authors)} authors, and nobody else, under it": not self.byline.complete,
            "the abstract, word for word": self.text != "same",
            f"arXiv:{self.pin.arxiv}, and no other id or earlier date, at its head": self.version != "shown",
            "a copy of the document that passes its own checks": bool(self.broken),
        }
        return tuple(what for what, missing in wanted.items() if missing)


def identify(document: Document, pins: Mapping[str, Pin], corpus: Corpus, report: Report) -> Identification:
    """Say which of `pins` the `document` is, claims to be, or may be, with the evidence.

    `corpus` holds documents that show the papers' abstracts, `report` is the verification of the document itself.
    """
    claim = claim_of(document)
    weighed = [_weigh(document, claim, pin, corpus, report) for pin in pins.values()]
    order = {"pinned": 0, "not the pinned paper": 1, "cannot tell": 2, "none": 3}
    titles = ("same", "imitated", "contains", "near", "other")
    best = min(weighed, key=lambda e: (order[e.verdict], titles.index(e.title), not e.versions), default=None)
    if best is None or best.verdict == "none":
        title = claim.head[0] if claim.head else ""
        facts = [Fact("title", "neutral", f"{title!r} is the title of no pinned paper")]
        facts += (
            [Fact("mentions", "neutral", f"it mentions {', '.join(claim.mentions)}")]
            if claim.mentions
            else []
        )
        return Identification(document.name, "none", None, False, "not shown", tuple(facts))
    facts = [*best.facts, *(Fact("contradiction", "decisive", text) for text in best.contradictions)]
    settle = best.settle() if best.verdict == "cannot tell" else ()
    return Identification(
        document.name, best.verdict, best.pin.arxiv, best.work, best.version, tuple(facts), settle
    )


def _weigh(document: Document, claim: Claim, pin: Pin, corpus: Corpus, report: Report) -> _Evidence:
    arxiv = parse_arxiv(pin.arxiv)
    title, title_detail = compare_title(claim, pin.title)
    below = claim.after(pin.title)[1]
    byline = find_authors(below, pin.authors)
    text, text_detail = compare_abstract(
        claim.abstract, pin.abstract_sha256, known_texts(corpus, pin, document)
    )
    versions = claim.versions(arxiv.base)
    early = claim.date is not None and claim.date.isoformat() < pin.date
    failed = [c for c in report.failed if claim.formal and versions]
    broken = tuple(f"{c.name}: {c.detail}" for c in failed if c.name in _SOFT)
    found: list[str] = [f"{c.name}: {c.detail}" for c in failed if c.name not in _SOFT]
    found += _contradictions(claim, arxiv, title, below, byline)
    record = document.content
    if (
        isinstance(record, PithRecord)
        and versions
        and not failed
        and report.status("signature") == "verified"
    ):
        if (
            report.status("title_hash") == "verified" or pin.canonical_sha256
        ):  # the record that is pinned, itself
            title, text = "same", "same"
            byline = byline if claim.head else find_authors("; ".join(pin.authors), pin.authors)
    facts = (
        Fact("title", {"same": "for", "near": "neutral"}.get(title, "against"), title_detail),  # type: ignore[arg-type]
        Fact("authors", _weight(byline.complete, bool(byline.foreign or not byline.found)), str(byline)),
        Fact("abstract", _weight(text == "same", text in ("altered", "other")), text_detail),
        _id_fact(claim, arxiv, versions),
        *(Fact("checks", "against", text) for text in broken),
        *_reference_facts(claim, pin),
        *_date_facts(claim, pin),
    )
    return _Evidence(pin, title, byline, text, versions, early, tuple(found), broken, facts)


def _weight(good: bool, bad: bool) -> Weight:
    return "for" if good else "against" if bad else "neutral"


def _contradictions(claim: Claim, arxiv: ArxivId, title: Title, below: str, byline: Byline) -> Iterator[str]:
    """Yield what positively contradicts the claim; a document in another form, or about the paper, does not."""
    versions = claim.versions(arxiv.base)
    clean = claim.formal or (title == "same" and byline.found and not byline.foreign)
    if versions - {None} and len(versions) == 1 and arxiv.version not in versions and clean:
        yield f"another version: v{max(v or 0 for v in versions)}, pinned is {arxiv}"
    if other_people(below, byline) and not claim.about:
        people = " ".join(byline.foreign[:8])
        if title in ("same", "imitated"):
            yield f"the title with other owners: {people}"
        elif title == "other" and versions:
            yield f"another title and other people under the id {arxiv.base}: {people}"


def known_texts(corpus: Corpus, pin: Pin, document: Document) -> list[tuple[str, str, bool]]:
    """Return the texts of the pinned version's abstract that `corpus` shows: source, text, whether it is all."""
    arxiv = parse_arxiv(pin.arxiv)
    texts = [(d.name, paper.abstract, True) for d, paper in corpus.papers(arxiv)]
    for d, record in corpus.records(arxiv):
        texts += [(d.name, s["paper"]["abstract_excerpt"], False) for s in record.snapshots]
    for d, page in corpus.texts():
        below = "\n".join(page.head[1:])
        if fold(page.title) == fold(pin.title) and find_authors(below, pin.authors).complete:
            texts.append((d.name, page.abstract, False))
    same = "this very document, which is committed"
    own = {d.name for d in corpus.documents if d.sha256 == document.sha256}
    return [(same if name in own else name, text, whole) for name, text, whole in texts if text]


def _id_fact(claim: Claim, arxiv: ArxivId, versions: set[int | None]) -> Fact:
    others = [text for text in claim.own if not text.startswith(arxiv.base)]
    if others:
        return Fact("identifier", "against", f"the document gives {', '.join(claim.own[:5])} for itself")
    if not versions:
        seen = f"; it mentions {', '.join(claim.mentions[:5])}" if claim.mentions else ""
        return Fact("identifier", "neutral", f"the document gives no id for itself{seen}")
    stated = versions - {None}
    if stated == {arxiv.version}:
        return Fact("identifier", "for", f"the document gives {arxiv} for itself")
    if not stated:
        return Fact(
            "identifier", "neutral", f"{arxiv.base}, but without a version: that it is {arxiv} is not shown"
        )
    return Fact(
        "version", "against", f"the document gives {', '.join(claim.own[:5])} for itself, pinned is {arxiv}"
    )


@lru_cache(maxsize=8)
def _folded(titles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fold(title) for title in titles)


def _reference_facts(claim: Claim, pin: Pin) -> list[Fact]:
    """Compare the references with works that the paper is known to cite; silent if there are too few."""
    if len(claim.references) < _MIN_REFERENCES or not pin.cites:
        return []
    entries = [fold(entry) for entry in claim.references]
    shared = sum(any(title in entry for title in _folded(pin.cites)) for entry in entries)
    detail = (
        f"{shared} of the {len(entries)} references are among {len(pin.cites)} works that the paper cites"
    )
    return [Fact("references", "for" if shared else "against", detail)]


def _date_facts(claim: Claim, pin: Pin) -> list[Fact]:
    """Compare the document's own date with the pinned version's: earlier, it may be another version."""
    if claim.date is None or claim.date.isoformat() == pin.date:
        return []
    when = "before" if claim.date.isoformat() < pin.date else "after"
    return [Fact("date", "against", f"dated {claim.date.isoformat()}, {when} {pin.date} of {pin.date_of}")]
