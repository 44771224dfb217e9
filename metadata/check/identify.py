"""Say which pinned paper a document is, and answer only what is known; what each answer needs: docs/metadata.md."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

import metadata.check.claim as claims
from metadata.check.report import Checks
from metadata.kinds import Corpus, Document, PaperText, PithRecord
from metadata.parse.ids import parse_arxiv
from metadata.parse.names import find_authors
from metadata.parse.text import fold
from metadata.pins import Pin, Pins

_MIN_REFERENCES = 3
# Failed checks that leave open whether a document is what it claims: nothing of this is signed, or (the categories,
# which arXiv adds to later) for good.
_SOFT = frozenset("authors excerpt event_counters event_ids snapshot_hashes dates".split())
_SOFT |= {"abstract", "categories"}

Weight = Literal["for", "against", "decisive", "neutral"]
Version = Literal["shown", "not shown", "another"]
Verdict = Literal["pinned", "not the pinned paper", "cannot tell", "none"]
EXIT_CODES: dict[Verdict, int] = {"pinned": 0, "not the pinned paper": 1, "cannot tell": 4, "none": 3}
_TITLES: tuple[claims.Title, ...] = ("same", "imitated", "contains", "near", "other")


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


def identify(document: Document, pins: Pins, corpus: Corpus, failed: Checks) -> Identification:
    """Say which of `pins` the `document` is, claims to be or may be; `failed` are its failed checks."""
    claim = claims.claim_of(document)
    cases = [_Case(document, claim, pin, corpus, failed) for pin in pins.values()]
    best = min(cases, key=lambda case: case.rank, default=None)
    if best and best.answer.verdict != "none":
        return replace(best.answer, name=document.name, facts=tuple(best.facts()))
    facts = [Fact("title", "neutral", f"{''.join(claim.head[:1])!r} is the title of no pinned paper")]
    if claim.mentions:
        facts.append(Fact("mentions", "neutral", f"it mentions {', '.join(claim.mentions)}"))
    return Identification(document.name, "none", facts=tuple(facts))


class _Case:
    """A claim beside a pin: what speaks for it and against it, the answer, and its rank: the least is best."""

    def __init__(self, document: Document, claim: PaperText, pin: Pin, corpus: Corpus, failed: Checks):
        self.claim, self.pin, self.arxiv = claim, pin, parse_arxiv(pin.arxiv)
        self.versions = claim.versions(self.arxiv.base)
        below = claim.after(pin.title)[1]
        self.title, title = claims.compare_title(claim, pin.title)
        self.byline = find_authors(below, pin.authors)
        texts = claims.known_texts(corpus, pin, document)
        self.text, text = claims.compare_abstract(claim.abstract, pin.abstract_sha256, texts)
        self.details = {"title": title, "abstract": text}
        failed = failed if claim.formal and self.versions else ()
        self.soft = [Fact(c.name, "against", c.detail) for c in failed if c.name in _SOFT]
        self.hard = [Fact(c.name, "decisive", c.detail) for c in failed if c.name not in _SOFT]
        self.others = list(_other_facts(claim, pin))
        names = [] if claim.about else claims.other_people(below, self.byline)
        self.hard += [Fact("contradiction", "decisive", detail) for detail in self._contradictions(names)]
        if isinstance(document.content, PithRecord) and self.versions and not failed and pin.canonical_sha256:
            self.title = self.text = "same"  # its checks have shown that this is the signed record itself
            if not claim.head:
                self.byline = find_authors("; ".join(pin.authors), pin.authors)
        self.answer = self._answer()
        verdict = list(EXIT_CODES).index(self.answer.verdict)
        self.rank = (verdict, _TITLES.index(self.title), not self.versions)

    def _contradictions(self, names: list[str]) -> Iterator[str]:
        """Yield what positively contradicts the claim; another form of the paper, or a text about it, does not.

        One of `names` under the title may be that of somebody who writes about it: then a second sign is asked for,
        such as an altered text or references that are not the paper's.
        """
        claim, title, line = self.claim, self.title, self.byline
        clean = claim.formal or (title == "same" and bool(line.found) and not line.foreign)
        if clean and len(self.versions) == 1 and not self.versions & {None, self.arxiv.version}:
            yield f"another version: {', '.join(claim.own)}, pinned is {self.arxiv}"
        altered = self.text in ("altered", "extended")
        alien = any((f.about, f.weight) == ("references", "against") for f in self.others)
        second = len(names) > 1 or altered or title == "imitated" or alien
        if title in ("same", "imitated") and names and second:
            yield f"the title with other owners: {', '.join(names)[:200]}"
        elif title == "other" and self.versions and names and (altered or self.text == "other"):
            yield f"another title, text and people under the id {self.arxiv.base}: {', '.join(names)[:200]}"

    def _answer(self) -> Identification:
        """Return the answer, without its facts."""
        claim, pin, title, text, byline = self.claim, self.pin, self.title, self.text, self.byline
        early = claim.date is not None and claim.date.isoformat() < pin.date
        astray = early or not all(own.startswith(self.arxiv.base) for own in claim.own)
        work = bool(byline.found) and not byline.foreign and title == "same" and text == "same"
        concerned = title in ("same", "imitated") or bool(self.versions)
        if not claim.formal:  # other papers' records and pages say so themselves
            concerned |= byline.complete or text in ("same", "extended", "altered")
            concerned |= title in ("contains", "near") and bool(byline.found)
        stated, this = self.versions - {None}, {self.arxiv.version}
        sound = work and byline.complete and not astray and not self.soft and stated <= this
        verdict: Verdict = "pinned" if sound else "cannot tell"
        if self.hard or not concerned:
            verdict = "not the pinned paper" if concerned else "none"
        shown = stated == this and not astray
        version: Version = "another" if stated and not stated & this else "shown" if shown else "not shown"
        wanted = {
            f"the title {pin.title!r}, and nothing else, at its head": title != "same",
            f"all {len(pin.authors)} authors, and nobody else, under it": not byline.complete,
            "the abstract, word for word": text != "same",
            f"arXiv:{self.arxiv}, and no other id or earlier date, at its head": not shown,
            "a copy that passes its own checks": bool(self.soft),
        }
        settle = tuple(what for what, lacks in wanted.items() if lacks and verdict == "cannot tell")
        return Identification("", verdict, pin.arxiv, work, version, settle=settle)

    def facts(self) -> Iterator[Fact]:
        """Yield the evidence, all that a person needs to follow the answer."""
        title, text, line = self.title, self.text, self.byline
        other = text in ("altered", "other")
        yield Fact("title", _weight(title == "same", title != "near"), self.details["title"])
        yield Fact("authors", _weight(line.complete, bool(line.foreign or not line.found)), str(line))
        yield Fact("abstract", _weight(text == "same", other), self.details["abstract"])
        yield self._id_fact()
        yield from (*self.soft, *self.others, *self.hard)

    def _id_fact(self) -> Fact:
        claim, said = self.claim, f"the document gives {', '.join(self.claim.own[:5]) or 'no id'} for itself"
        if not claim.own:
            mentions = f"; it mentions {', '.join(claim.mentions[:5])}" if claim.mentions else ""
            return Fact("identifier", "neutral", said + mentions)
        if len(self.versions) != 1 or not all(own.startswith(self.arxiv.base) for own in claim.own):
            return Fact("identifier", "against", said)
        if self.versions == {None}:
            open_ = f"{said}, without a version: that it is {self.arxiv} is not shown"
            return Fact("identifier", "neutral", open_)
        this = _weight(self.versions == {self.arxiv.version}, True)
        return Fact("version", this, f"{said}, pinned is {self.arxiv}")


def _weight(good: bool, bad: bool) -> Weight:
    return "for" if good else "against" if bad else "neutral"


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
