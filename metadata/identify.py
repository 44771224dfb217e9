"""Recognise the pinned papers, and documents that only claim to be one.

A document *claims* to be a paper by its arXiv id, by its exact title, or by a near title together with the
authors or the abstract. A claim fails if one of the decisive facts speaks against it: another id or version,
authors of whom fewer than half are the paper's, an unrelated abstract, a broken signature. References and
dates are evidence, but decide nothing: a preprint changes both.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from metadata.claim import Claim, claim_of
from metadata.corpus import Corpus
from metadata.documents import Document
from metadata.ids import parse_arxiv
from metadata.listing import Listing
from metadata.names import compare
from metadata.pins import Pin
from metadata.report import Report
from metadata.text import containment, fold

NEAR_TITLE = (
    0.85  # similarity (0 to 1) from which a title is near; unrelated papers of this field stay below 0.75
)
SAME_ABSTRACT, OTHER_ABSTRACT = (
    0.6,
    0.2,
)  # shares of four-word sequences; a true excerpt has 1, an unrelated text 0
_MIN_REFERENCES = 3

Weight = Literal["for", "against", "decisive", "neutral"]
Verdict = Literal["pinned", "not the pinned paper", "none"]
EXIT_CODES: dict[Verdict, int] = {"pinned": 0, "not the pinned paper": 1, "none": 3}


@dataclass(frozen=True)
class Fact:
    """One piece of evidence: what it is about, how it weighs (`decisive` is always against), one sentence."""

    about: str
    weight: Weight
    detail: str


@dataclass(frozen=True)
class Identification:
    """The result: `paper` is the arXiv id, with version, of the pin that the document is or claims to be."""

    name: str
    verdict: Verdict
    paper: str | None
    facts: tuple[Fact, ...]

    @property
    def exit_code(self) -> int:
        """0: it is the pinned paper; 1: it claims to be and is not; 3: it is about none of them."""
        return EXIT_CODES[self.verdict]

    def to_json(self) -> dict[str, object]:
        """Return the identification as JSON-ready values."""
        return asdict(self)


def identify(
    document: Document, pins: Mapping[str, Pin], abstracts: Mapping[str, str], report: Report | None = None
) -> Identification:
    """Say which of `pins` the `document` is, or claims to be and is not, with the evidence.

    `abstracts` holds the known text (may be cut off) of the abstract of each pinned version; `report` is the
    verification of a pith record, whose failed checks then count.
    """
    claim = claim_of(document)
    found = [
        (p, facts)
        for p in pins.values()
        if (facts := _facts(claim, p, abstracts.get(p.arxiv, ""))) is not None
    ]
    broken = [Fact(c.name, "decisive", c.detail) for c in (report.failed if report else ())]
    judged = [(p, (*facts, *broken)) for p, facts in found]
    for pin, facts in judged:
        if not any(f.weight == "decisive" for f in facts):
            return Identification(document.name, "pinned", pin.arxiv, facts)
    for pin, facts in judged:
        return Identification(document.name, "not the pinned paper", pin.arxiv, facts)
    nearest = Fact("title", "neutral", f"{claim.title!r} is the title of no pinned paper")
    return Identification(document.name, "none", None, (nearest,))


def known_abstracts(corpus: Corpus, pins: Mapping[str, Pin], *, but: str = "") -> dict[str, str]:
    """Return the abstract of each pinned version, as far as the documents in `corpus` give it.

    The document whose SHA-256 is `but` is left out, so that none is compared with itself.
    """
    corpus = Corpus(tuple(d for d in corpus.documents if d.sha256 != but))
    known: dict[str, str] = {}
    for pin in pins.values():
        arxiv = parse_arxiv(pin.arxiv)
        texts = [paper.abstract for _, paper in corpus.papers(arxiv)]
        texts += [s.excerpt for _, record in corpus.records(arxiv) for s in record.snapshots]
        texts += [
            page.abstract for _, page in corpus.listings() if is_listing_of(page, pin.title, pin.authors)
        ]
        known[pin.arxiv] = max(texts, key=len, default="")
    return known


def is_listing_of(page: Listing, title: str, authors: tuple[str, ...]) -> bool:
    """Tell whether a listing without identifier has this very title and these very authors, order aside."""
    return fold(page.title) == fold(title) and compare(page.authors, authors).same


def _facts(claim: Claim, pin: Pin, abstract: str) -> tuple[Fact, ...] | None:
    """Return the evidence for and against `claim` being `pin`, or None if it does not claim to be it."""
    title = title_fact(claim, pin)
    identifier = id_fact(claim, pin)
    authors = authors_fact(claim, pin)
    text = abstract_fact(claim, abstract)
    facts = (title, identifier, authors, text, *reference_facts(claim, pin), *date_facts(claim, pin))
    if identifier.weight == "for" or identifier.about == "version" or title.weight == "for":
        return facts
    if title.weight == "against":
        return None
    # A near title alone is no claim: it takes the authors, uncontradicted, or a copied abstract.
    by_authors = authors.weight == "for" and not any(f.weight == "decisive" for f in facts)
    return facts if by_authors or text.weight == "for" else None


def title_fact(claim: Claim, pin: Pin) -> Fact:
    """Compare titles, case and punctuation aside: `for` if equal, `neutral` if near, else `against`."""
    if claim.title is None:
        return Fact("title", "neutral", "the document gives no title")
    got, true = fold(claim.title), fold(pin.title)
    if got == true:
        return Fact("title", "for", f"the title is that of {pin.arxiv}")
    near = difflib.SequenceMatcher(None, got[:600], true, autojunk=False).ratio()
    weight: Weight = "neutral" if near >= NEAR_TITLE else "against"
    return Fact("title", weight, f"the title is {near:.0%} like that of {pin.arxiv}: {claim.title!r}")


def id_fact(claim: Claim, pin: Pin) -> Fact:
    """Compare arXiv ids: another paper's id or another version is decisive; no id proves nothing."""
    true = parse_arxiv(pin.arxiv)
    if not claim.bases:
        return Fact("identifier", "neutral", "no identifier in the document")
    if true.base not in claim.bases:
        return Fact(
            "identifier", "decisive", f"the document gives {', '.join(claim.bases)}, the paper is {true}"
        )
    if claim.arxiv is None:
        return Fact(
            "identifier", "for", f"{true.base}, but without a version: that it is {true} is not shown"
        )
    if claim.arxiv != true:
        return Fact("version", "decisive", f"another version: {claim.arxiv}, pinned is {true}")
    return Fact("identifier", "for", f"the document gives {true}")


def authors_fact(claim: Claim, pin: Pin) -> Fact:
    """Compare authors, order aside: `for` if at least half of those named are the paper's, else decisive."""
    if not claim.authors:
        return Fact("authors", "neutral", "the document names no authors")
    relation = compare(claim.authors, pin.authors)
    count = f"{len(relation.shared)} of {len(claim.authors)} authors named are among the paper's own"
    if 2 * len(relation.shared) < len(claim.authors):
        return Fact("authors", "decisive", f"{count}; foreign: {', '.join(relation.foreign[:5])}")
    notes = [] if relation.same_order else ["in another order"]
    notes += [f"missing: {', '.join(relation.missing)}"] if relation.missing else []
    notes += [f"foreign: {', '.join(relation.foreign[:5])}"] if relation.foreign else []
    return Fact("authors", "for", "; ".join([count, *notes]))


def abstract_fact(claim: Claim, abstract: str) -> Fact:
    """Compare abstracts by shared word sequences, so that a cut-off or edited text still counts."""
    share = containment(claim.abstract, abstract)
    if share is None:
        return Fact("abstract", "neutral", "too little text to compare")
    detail = f"{share:.0%} of the shorter abstract's word sequences stand in the other one"
    if share < OTHER_ABSTRACT:
        return Fact("abstract", "decisive", f"{detail}: another text")
    return Fact("abstract", "for" if share >= SAME_ABSTRACT else "neutral", detail)


def reference_facts(claim: Claim, pin: Pin) -> list[Fact]:
    """Compare the references with works that the paper is known to cite; silent if there are too few."""
    if len(claim.references) < _MIN_REFERENCES or not pin.cites:
        return []
    entries = [fold(entry) for entry in claim.references]
    shared = sum(any(fold(title) in entry for title in pin.cites) for entry in entries)
    detail = (
        f"{shared} of the {len(entries)} references are among {len(pin.cites)} works that the paper cites"
    )
    return [Fact("references", "for" if shared else "against", detail)]


def date_facts(claim: Claim, pin: Pin) -> list[Fact]:
    """Compare the document's own date with the pinned version's; later is evidence against, not more."""
    if claim.date is None or claim.date.isoformat() <= pin.date:
        return []
    return [
        Fact("date", "against", f"dated {claim.date.isoformat()}, after the pinned version of {pin.date}")
    ]
