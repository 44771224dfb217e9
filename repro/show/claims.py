"""Verdicts as they are shown: in a terminal, in a notebook, in one line."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from repro.record.judge import Judgement, summary
from repro.record.record import Record
from repro.show.tables import Table, aligned
from repro.spec import Exhibit

MARKS = {"reproduced": "✓", "direction only": "~", "not reproduced": "✗", "open": "?"}
AFTER = "† judged after the fact: the claim is not as it stood when the record was made"


def judged_late(exhibit: Exhibit, record: Record) -> set[str]:
    """Ids of the claims whose words, tolerance or test are not those that the record registered."""
    from repro.runner.registered import registered

    then = record.facts["claims"]
    return {claim for claim, now in registered(exhibit).items() if then.get(claim) != now}


def in_short(exhibit: Exhibit, record: Record) -> str:
    """ "5 of 6 reproduced, 1 open", and how many of them were judged after the fact."""
    judgements = record.judgements(exhibit)
    late = len(judged_late(exhibit, record))
    told = summary(judgements) if judgements else "no claims yet"
    return told + (f" ({late} †)" if late else "")


def lines(exhibit: Exhibit, judgements: Sequence[Judgement], late: Collection[str] = ()) -> str:
    """One line a claim, for a terminal: verdict, our numbers, the paper's; reasons for what is open."""
    if not judgements:
        return f"{exhibit.id} states no claims"
    rows = [
        (
            f"{MARKS[j.verdict]} {_verdict(j, late)}",
            _name(j),
            j.ours,
            j.claim.paper,
            "; ".join(filter(None, [j.reason if j.verdict == "open" else "", j.claim.given, j.conditions])),
        )
        for j in _apart(judgements)
    ]
    return aligned(("verdict", "claim", "ours", "the paper's", "why open, or given what"), rows)


def table(judgements: Sequence[Judgement], late: Collection[str] = ()) -> Table:
    """Each claim with the paper's numbers, ours, the verdict and the tolerance or the reason; findings last."""
    rows = [
        (
            _name(j),
            f"{j.claim.text} ({j.claim.place})",
            j.claim.paper,
            j.ours,
            _verdict(j, late),
            "; ".join(filter(None, [j.reason, j.claim.given, j.conditions])),
        )
        for j in _apart(judgements)
    ]
    header = ("id", "claim", "paper", "ours", "verdict", "tolerance, or why it is open")
    told = summary(judgements) if judgements else "no claims yet"
    return Table(header, rows, f"{told}; {AFTER}" if late else told)


def _apart(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The paper's claims, then what is ours alone."""
    return sorted(judgements, key=lambda j: j.claim.finding)


def _name(j: Judgement) -> str:
    return f"{j.claim.id} (ours)" if j.claim.finding else j.claim.id


def _verdict(j: Judgement, late: Collection[str]) -> str:
    here = f" ({j.here})" if j.here else ""
    return f"{j.verdict}{here}{' †' if j.claim.id in late else ''}"
