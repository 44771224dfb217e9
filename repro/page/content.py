"""What the page says of each exhibit, as plain values that the templates lay out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repro.errors import ReproError
from repro.notebook.tables import provenance
from repro.record.judge import OURS
from repro.record.record import Record
from repro.record.store import path_of
from repro.show import claims, indications
from repro.show.citing import citation
from repro.show.readme import data_text, headline
from repro.spec import Deviation, Exhibit

KINDS = {"holds here": "holds", "does not hold here": "fails", indications.NOTHING: "open"}
"""What a run says of a claim → the colour and the sign of its block."""
MARKS = {"holds": "✓", "fails": "✗", "open": "?"}
_COLOURS = ("holds", "half", "fails", "open")
VERDICTS = {v: (kind, claims.MARKS[v]) for v, kind in zip(claims.MARKS, _COLOURS, strict=True)}
"""A committed verdict → the colour and the sign of it: "reproduced" → ("holds", "✓")."""


@dataclass(frozen=True)
class Word:
    """One claim: what this run says of it beside the committed verdict, our numbers beside the paper's."""

    id: str
    text: str
    place: str
    ours: str
    paper: str
    kind: str
    here: str
    verdict: str
    committed: str
    reason: str
    conditions: str
    late: bool
    finding: bool

    @property
    def mark(self) -> str:
        """The sign of what it says here."""
        return MARKS[self.kind]


@dataclass(frozen=True)
class Part:
    """One exhibit of the page; with an `error` and without a record, one whose notebook failed."""

    exhibit: Exhibit
    seconds: float
    error: str = ""
    profile: str = ""
    data: str = ""
    note: str = ""
    stand_in: bool = False
    alt: str = ""
    cite: str = ""
    claims: Sequence[Word] = ()
    findings: Sequence[Word] = ()
    provenance: Sequence[Sequence[str]] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The exhibit's."""
        return self.exhibit.id

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return self.exhibit.id.replace("/", "-")

    @property
    def deviations(self) -> Sequence[Deviation]:
        """Those with a known effect first."""
        return sorted(self.exhibit.deviations, key=lambda d: d.effect == "unknown")

    def count(self, kind: str) -> int:
        """Of how many of the paper's claims this run says so; of findings where there is nothing else."""
        return sum(w.kind == kind for w in self.claims or self.findings)

    def verdicts(self) -> list[tuple[str, str, int, str]]:
        """(colour, sign, how many, verdict) of the committed record; of findings where there is nothing else."""
        told = [w.committed.split(" (")[0] for w in self.claims or self.findings]
        found = Counter({word: verdict for verdict, word in OURS.items()}.get(word, word) for word in told)
        return [(*VERDICTS[v], found[v], v) for v in VERDICTS if found[v]]


def failed(exhibit: Exhibit, profile: str, out: Path, seconds: float, error: str) -> Part:
    """What the page says of a notebook that failed."""
    return Part(exhibit, seconds, error, profile, files=_files(exhibit, out, profile))


def part(exhibit: Exhibit, record: Record, out: Path, seconds: float) -> Part:
    """What the page says of one notebook's run, whose files lie below `out`."""
    words = _words(exhibit, record)
    data = record.facts.get("data") or {}
    counted = [w for w in words if not w.finding]
    return Part(
        exhibit,
        seconds,
        profile=record.profile,
        data=data_text(record),
        note=str(data.get("note") or ""),
        stand_in=bool(data.get("stand_in")),
        alt=alt(exhibit, record, counted),
        cite=_cite(exhibit, record),
        claims=counted,
        findings=[w for w in words if w.finding],
        provenance=provenance(record).rows,
        files=_files(exhibit, out, record.profile),
    )


def alt(exhibit: Exhibit, record: Record, words: Iterable[Word]) -> str:
    """What a picture says to whoever does not see it: what it is, of which data, what came out."""
    found = Counter(w.kind for w in words)
    ours, paper = headline(exhibit, record)
    told = f" Ours: {ours}; the paper's: {paper}." if ours != "–" else ""
    return (
        f"{exhibit.title}, {data_text(record)}, profile {record.profile}: {found['holds']} of "
        f"{found.total()} claims hold here, {found['fails']} do not, {found['open']} stay open.{told}"
    )


def _words(exhibit: Exhibit, record: Record) -> list[Word]:
    known, late = indications.committed(exhibit), claims.judged_late(exhibit, record)
    made = []
    for j in record.judgements(exhibit):
        here, c = indications.here(j), j.claim
        made.append(
            Word(
                *(c.id, c.sentence, c.place, j.ours, c.paper, KINDS[here], here, j.verdict),
                committed=known.get(c.id, "none yet"),
                reason=claims.why(j),
                conditions=j.conditions,
                late=c.id in late,
                finding=c.finding,
            )
        )
    return made


def _cite(exhibit: Exhibit, record: Record) -> str:
    from metadata.errors import MetadataError

    try:
        return citation(exhibit, record)
    except (ReproError, MetadataError) as e:
        return f"not citable yet: {e}"


def _files(exhibit: Exhibit, out: Path, profile: str) -> dict[str, str]:
    """Suffix → address below `out` of what a run of the notebook left there."""
    made = path_of(out, exhibit.id, profile)
    paths = {suffix: made.with_suffix(f".{suffix}") for suffix in ("svg", "ipynb", "json", "csv")}
    return {s: p.relative_to(out).as_posix() for s, p in paths.items() if p.exists()}
