"""Verdicts as they are shown: in a terminal, in a notebook, in one line."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from repro.record.judge import OURS, Judgement, counted, said, summary
from repro.record.record import Record
from repro.show.tables import Table, escaped, readable
from repro.spec import Exhibit

MARKS = {"reproduced": "✓", "direction only": "~", "not reproduced": "✗", "open": "?"}
SIGNS = {"reproduced": "✅", "direction only": "🟡", "not reproduced": "❌", "open": "⚪"}
"""The same where there is colour."""
AFTER = (
    "† judged after the fact: the claim, or code of its test, is not as it stood when its runs were planned"
)


def judged_late(exhibit: Exhibit, record: Record) -> set[str]:
    """Ids of the claims whose words, tolerance or test are not those that the record registered."""
    from repro.runner.registered import registered

    then = record.facts["claims"]
    return {claim for claim, now in registered(exhibit).items() if then.get(claim) != now}


def in_short(exhibit: Exhibit, record: Record) -> str:
    """ "5 of 6 reproduced, 1 open", and how many of these were judged after the fact."""
    judgements = record.judgements(exhibit)
    late = len(judged_late(exhibit, record) & {j.claim.id for j in counted(judgements)})
    told = summary(judgements) if judgements else "no claims yet"
    return told + (f" ({late} †)" if late else "")


def lines(
    exhibit: Exhibit, judgements: Sequence[Judgement], late: Collection[str] = (), columns: int | None = None
) -> str:
    """One line a claim: verdict, our numbers, the paper's; reasons for what is open. More where `columns` are few."""
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
    told = readable(("verdict", "claim", "ours", "the paper's", "why open, or given what"), rows, columns)
    return f"{told}\n{AFTER}" if late else told


class ClaimTable(Table):
    """A table that a notebook shows as blocks, a claim each: six columns would leave none of them readable."""

    def __repr__(self) -> str:
        return "\n\n".join([*(_block(row) for row in self.rows), self.caption])

    def _repr_markdown_(self) -> str:
        rows = [(unbroken(r[0]), *map(escaped, r[1:])) for r in self.rows]
        return "\n\n".join([*(_block(row, bold="**", end="  ") for row in rows), escaped(self.caption)])


def _block(row: Sequence[str], bold: str = "", end: str = "") -> str:
    name, text, paper, ours, verdict, why = row
    sign = next(s for word, s in SIGNS.items() if verdict.startswith((word, OURS.get(word, word))))
    lines = [f"{sign} {bold}{name} · {verdict}{bold} · {text}", f"ours: {ours} · the paper's: {paper}", why]
    return f"{end}\n".join(filter(None, lines))


def unbroken(text: str) -> str:
    """An id that no line break splits."""
    return text.replace("-", "\N{NON-BREAKING HYPHEN}")


def table(judgements: Sequence[Judgement], late: Collection[str] = ()) -> Table:
    """Each claim with the paper's numbers, ours, the verdict and `why`; findings last."""
    rows = [
        (
            _name(j),
            f"{j.claim.sentence} ({j.claim.place})",
            j.claim.paper,
            j.ours,
            _verdict(j, late),
            why(j),
        )
        for j in _apart(judgements)
    ]
    header = ("id", "claim", "paper", "ours", "verdict", "tolerance; why it is open")
    told = summary(judgements) if judgements else "no claims yet"
    given = next((j.conditions for j in judgements if j.conditions), "")  # of the record: the same for all
    parts = [told, f"all of it {given}" if given else "", AFTER if late else ""]
    return ClaimTable(header, rows, "; ".join(filter(None, parts)))


def why(j: Judgement) -> str:
    """What a claim accepts and is given; of an open one first why it is open, then what would settle it."""
    settled = f"accepted: {j.claim.tolerance}" if j.verdict == "open" else ""
    return "; ".join(filter(None, [j.reason, settled, j.claim.given]))


def _apart(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The paper's claims, then what is ours alone."""
    return sorted(judgements, key=lambda j: j.claim.finding)


def _name(j: Judgement) -> str:
    return f"{j.claim.id} (ours)" if j.claim.finding else j.claim.id


def _verdict(j: Judgement, late: Collection[str]) -> str:
    here = f" ({j.here})" if j.here else ""
    return f"{said(j)}{here}{' †' if j.claim.id in late else ''}"
