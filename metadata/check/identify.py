"""Say which pinned paper a document is, and answer only what is known; what each answer needs: docs/metadata.md."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import metadata.check.claim as claims
from metadata.check.claim import Text, Title
from metadata.check.report import Report
from metadata.kinds import Corpus, Document, PaperText, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import Byline, find_authors
from metadata.parse.text import fold
from metadata.pins import Pin

_MIN_REFERENCES = 3
# Failed checks that leave open whether a document is what it claims: nothing of this is signed, or (the categories,
# which arXiv adds to later) for good.
_SOFT = frozenset("authors excerpt author_count event_counters event_ids snapshot_hashes dates".split())
_SOFT |= {"abstract", "categories"}

Weight = Literal["for", "against", "decisive", "neutral"]
Version = Literal["shown", "not shown", "another"]
Verdict = Literal["pinned", "not the pinned paper", "cannot tell", "none"]
EXIT_CODES: dict[Verdict, int] = {"pinned": 0, "not the pinned paper": 1, "cannot tell": 4, "none": 3}
_TITLES: tuple[Title, ...] = ("same", "imitated", "contains", "near", "other")


@dataclass(frozen=True)
class Fact:
    """One piece of evidence: what it is about, how it weighs (`decisive` is always against), one sentence."""

    about: str
    weight: Weight
    detail: str


@dataclass(frozen=True)
class Identification:
    """The answer. `paper` is the pin (arXiv id with version) in question, None if the document is about none.

    `work` tells that title, text and whoever is named are the paper's; `version` whether the document shows to be
    the pinned one; `settle` what a document would have to show, where the verdict is open.
    """

    name: str
    verdict: Verdict
    paper: str | None = None
    work: bool = False
    version: Version = "not shown"
    facts: tuple[Fact, ...] = ()
    settle: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: pinned; 1: claims to be and is not; 3: about none of them; 4: cannot tell."""
        return EXIT_CODES[self.verdict]

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        sure = {
            "none": "this is about none of the pinned papers",
            "not the pinned paper": f"this claims to be the pinned paper {self.paper}, and is not",
            "pinned": f"this is the pinned paper {self.paper}" if self.version == "shown" else "",
        }
        what = "this is the work pinned as" if self.work else "cannot tell whether this is"
        return sure.get(self.verdict) or f"{what} {self.paper}; version {self.version}"

    def to_json(self) -> dict[str, object]:
        """Return the identification as JSON-ready values."""
        return {**asdict(self), "exit_code": self.exit_code, "sentence": self.sentence}


def identify(document: Document, pins: Mapping[str, Pin], corpus: Corpus, report: Report) -> Identification:
    """Say which of `pins` the `document` is, claims to be or may be; `report` is its own, `corpus` has abstracts."""
    claim = claims.claim_of(document)
    weighed = [_weigh(document, claim, pin, corpus, report) for pin in pins.values()]
    _, best = min(weighed, key=lambda found: found[0], default=((), None))
    if best and best.verdict != "none":
        return best
    facts = [Fact("title", "neutral", f"{''.join(claim.head[:1])!r} is the title of no pinned paper")]
    if claim.mentions:
        facts.append(Fact("mentions", "neutral", f"it mentions {', '.join(claim.mentions)}"))
    return Identification(document.name, "none", facts=tuple(facts))


def _weigh(
    document: Document, claim: PaperText, pin: Pin, corpus: Corpus, report: Report
) -> tuple[tuple[int, ...], Identification]:
    """Return what the claim is of `pin`, and that answer's rank among those for other pins: the least is best."""
    arxiv, below = parse_arxiv(pin.arxiv), claim.after(pin.title)[1]
    title, title_detail = claims.compare_title(claim, pin.title)
    byline = find_authors(below, pin.authors)
    texts = claims.known_texts(corpus, pin, document)
    text, text_detail = claims.compare_abstract(claim.abstract, pin.abstract_sha256, texts)
    versions = claim.versions(arxiv.base)
    failed = report.failed if claim.formal and versions else ()
    others = list(_other_facts(claim, pin))
    alien = any((f.about, f.weight) == ("references", "against") for f in others)
    names = [] if claim.about else claims.other_people(below, byline)
    clean = claim.formal or (title == "same" and bool(byline.found) and not byline.foreign)
    said = _contradictions(claim, arxiv, title, text, names, clean, alien)
    contradictions = [Fact(c.name, "decisive", c.detail) for c in failed if c.name not in _SOFT]
    contradictions += [Fact("contradiction", "decisive", detail) for detail in said]
    if isinstance(document.content, PithRecord) and versions and not failed and pin.canonical_sha256:
        title, text = "same", "same"  # its checks have shown that this is the signed record itself
        byline = byline if claim.head else find_authors("; ".join(pin.authors), pin.authors)
    facts = (
        Fact("title", _weight(title == "same", title != "near"), title_detail),
        Fact("authors", _weight(byline.complete, bool(byline.foreign or not byline.found)), str(byline)),
        Fact("abstract", _weight(text == "same", text in ("altered", "other")), text_detail),
        _id_fact(claim, arxiv, versions),
        *(Fact(c.name, "against", c.detail) for c in failed if c.name in _SOFT),
        *others,
        *contradictions,
    )
    broken = any(c.name in _SOFT for c in failed)
    found = _judge(claim, pin, title, text, byline, bool(contradictions), broken)
    rank = (list(EXIT_CODES).index(found.verdict), _TITLES.index(title), int(not versions))
    return rank, replace(found, name=document.name, facts=facts)


def _judge(
    claim: PaperText, pin: Pin, title: Title, text: Text, byline: Byline, contradicted: bool, broken: bool
) -> Identification:
    """Return the answer, without its facts; `broken` tells that the document fails a soft check of its own."""
    arxiv = parse_arxiv(pin.arxiv)
    versions = claim.versions(arxiv.base)
    early = claim.date is not None and claim.date.isoformat() < pin.date
    astray = early or not all(own.startswith(arxiv.base) for own in claim.own)
    work = bool(byline.found) and not byline.foreign and title == "same" and text == "same"
    concerned = title in ("same", "imitated") or bool(versions)
    if not claim.formal:  # other papers' records and pages say so themselves
        concerned |= byline.complete or text in ("same", "extended", "altered")
        concerned |= title in ("contains", "near") and bool(byline.found)
    sound = work and byline.complete and not astray and not broken and versions <= {None, arxiv.version}
    verdict: Verdict = "pinned" if sound else "cannot tell"
    if contradicted or not concerned:
        verdict = "not the pinned paper" if concerned else "none"
    stated = versions - {None}
    shown = stated == {arxiv.version} and not astray
    version: Version = "shown" if shown else "not shown"
    if stated and arxiv.version not in stated:
        version = "another"
    wanted = {
        f"the title {pin.title!r}, and nothing else, at its head": title != "same",
        f"all {len(pin.authors)} authors, and nobody else, under it": not byline.complete,
        "the abstract, word for word": text != "same",
        f"arXiv:{arxiv}, and no other id or earlier date, at its head": not shown,
        "a copy that passes its own checks": broken,
    }
    settle = tuple(what for what, lacks in wanted.items() if lacks and verdict == "cannot tell")
    return Identification("", verdict, pin.arxiv, work, version, settle=settle)


def _weight(good: bool, bad: bool) -> Weight:
    return "for" if good else "against" if bad else "neutral"


def _contradictions(
    claim: PaperText, arxiv: ArxivId, title: Title, text: Text, names: list[str], clean: bool, alien: bool
) -> Iterator[str]:
    """Yield what positively contradicts the claim; another form of the paper, or a text about it, does not.

    One of `names` under the title may be that of somebody who writes about it: then a second sign is asked for, such
    as an altered text or references that are not the paper's (`alien`).
    """
    versions = claim.versions(arxiv.base)
    if len(versions) == 1 and not versions & {None, arxiv.version} and clean:
        yield f"another version: {', '.join(claim.own)}, pinned is {arxiv}"
    altered = text in ("altered", "extended")
    second = len(names) > 1 or altered or title == "imitated" or alien
    if title in ("same", "imitated") and names and second:
        yield f"the title with other owners: {', '.join(names)[:200]}"
    elif title == "other" and versions and names and (altered or text == "other"):
        yield f"another title, text and people under the id {arxiv.base}: {', '.join(names)[:200]}"


def _id_fact(claim: PaperText, arxiv: ArxivId, versions: set[int | None]) -> Fact:
    own = ", ".join(claim.own[:5])
    if not own:
        seen = f"; it mentions {', '.join(claim.mentions[:5])}" if claim.mentions else ""
        return Fact("identifier", "neutral", f"the document gives no id for itself{seen}")
    if any(not text.startswith(arxiv.base) for text in claim.own) or len(versions) > 1:
        return Fact("identifier", "against", f"the document gives {own} for itself")
    if versions == {None}:
        return Fact("identifier", "neutral", f"{own}, but without a version: that it is {arxiv} is not shown")
    weight = _weight(versions == {arxiv.version}, True)
    return Fact("version", weight, f"the document gives {own} for itself, pinned is {arxiv}")


def _other_facts(claim: PaperText, pin: Pin) -> Iterator[Fact]:
    """Compare references with works that the paper is known to cite, and the document's date with the pin's."""
    if len(claim.references) >= _MIN_REFERENCES and pin.cites:
        titles = [fold(title) for title in pin.cites]
        shared = sum(any(title in fold(entry) for title in titles) for entry in claim.references)
        of = f"{len(claim.references)} references are among {len(titles)} works that the paper cites"
        yield Fact("references", _weight(shared > 0, True), f"{shared} of the {of}")
    day = claim.date.isoformat() if claim.date else pin.date
    if day != pin.date:
        when = "before" if day < pin.date else "after"
        yield Fact("date", "against", f"dated {day}, {when} {pin.date} of {pin.date_of}")
