"""What a small run indicates, claim by claim, beside the verdicts of the committed records; and that in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from repro.errors import ReproError
from repro.record.judge import Judgement
from repro.record.record import Record
from repro.record.standing import standing
from repro.show.claims import MARKS
from repro.show.tables import fitted
from repro.spec import Exhibit

Pair = tuple[Exhibit, Record]
WIDTH = 100
"""Columns of a terminal that nobody has to widen."""
NOTHING = "says nothing here"
WAYS = {
    "reproduced": "holds here",
    "direction only": "holds here",
    "not reproduced": "does not hold here",
    "open": NOTHING,
}


def here(judgement: Judgement) -> str:
    """What a run of one's own says of a claim, whether or not it may decide it."""
    return judgement.here or WAYS[judgement.verdict]


def table(made: Sequence[Pair]) -> str:
    """A line a claim: what it says here, the committed verdict, the claim in as many words as there is room for."""
    rows = []
    for exhibit, record in made:
        known = committed(exhibit)
        for j in (j for j in record.judgements(exhibit) if not j.claim.finding):
            verdict = known.get(j.claim.id, "none yet")
            mark = MARKS.get(verdict.split(" (")[0], "")
            rows.append((exhibit.id, j.claim.id, here(j), f"{mark} {verdict}".strip(), j.claim.sentence))
    return fitted(("exhibit", "claim", "this run", "committed record", "in words"), rows, [4], WIDTH)


def committed(exhibit: Exhibit) -> dict[str, str]:
    """Claim → its verdict on the committed record on which it stands; empty if there is none that can be read."""
    try:
        found = standing(exhibit)
    except ReproError:
        return {}
    return {s.judgement.claim.id: f"{s.judgement.verdict} ({s.record.profile})" for s in found}


def closing(made: Sequence[Pair]) -> str:
    """What was shown, in words."""
    said = Counter(here(j) for e, r in made for j in r.judgements(e) if not j.claim.finding)
    data = [(r.profile, r.facts.get("data") or {}) for _, r in made]
    stand_in = any(d.get("stand_in") or (d and profile == "smoke") for profile, d in data)
    known = Counter(v.split(" (")[0] for e, _ in made for k, v in committed(e).items() if _counted(e, k))
    on = "On stand-in data and in short runs" if stand_in else "In these runs"
    told = (
        f"{on}, {said['holds here']} of the papers' {sum(said.values())} claims point the papers' way, "
        f"{said['does not hold here']} the other way, and of {said[NOTHING]} they say nothing."
    )
    if not known:
        return told
    return (
        f"{told} Verdicts are those of the committed records: {known['reproduced']} reproduced, "
        f"{known['direction only']} in direction only, "
        f"{known['not reproduced']} not reproduced, {known['open']} open."
    )


def _counted(exhibit: Exhibit, claim: str) -> bool:
    return any(c.id == claim and not c.finding for c in exhibit.claims)
