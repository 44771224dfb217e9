"""Where each claim stands: on the biggest record that has the numbers for it, of those that can assess it.

A bigger record may lack runs that a smaller one has, for it grows run by run.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from repro.paths import results_dir
from repro.record.fresh import require_fresh
from repro.record.judge import Judgement
from repro.record.record import Record
from repro.record.store import load, path_of, recorded
from repro.spec import Exhibit

NO_NUMBERS = "–"


@dataclass(frozen=True)
class Standing:
    """A claim's judgement and the record that it is from."""

    judgement: Judgement
    record: Record


def standing(exhibit: Exhibit, folder: Path | None = None) -> list[Standing]:
    """One a claim, in their order, from the records in `folder` (the committed ones); [] where there is none.

    `StaleRecordError` for a record of another spec than today's, as `require_fresh`.
    """
    found: dict[str, Standing] = {}
    for profile in recorded(exhibit, folder):
        record = load(folder or results_dir(), exhibit.id, profile)
        require_fresh(exhibit, record)
        for j in record.judgements(exhibit):
            here, known = Standing(j, record), found.get(j.claim.id)
            if known is None or _rank(here) >= _rank(known):
                found[j.claim.id] = here
    return list(found.values())


def _rank(stands: Standing) -> tuple[bool, bool]:
    """Numbers of a profile at which the claim can be assessed come before others, and any before none."""
    claim, there = stands.judgement.claim, stands.judgement.ours != NO_NUMBERS
    return there and (not claim.profiles or stands.record.profile in claim.profiles), there


def best_profile(exhibit: Exhibit, folder: Path | None = None) -> str | None:
    """The profile on whose record most claims stand, the biggest of equals; None if there is no record.

    By what records say of themselves: no rows are read. One that cannot be read says nothing here.
    """
    there = recorded(exhibit, folder)
    if len(there) < 2:
        return there[0] if there else None
    stands = dict[str, str]()
    for profile in there:
        told = _told(path_of(folder or results_dir(), exhibit.id, profile))
        stands |= {claim: profile for claim, ours in told.items() if ours != NO_NUMBERS}
    count = Counter(stands.values())
    return max(there, key=lambda p: (count[p], there.index(p)))


def _told(path: Path) -> dict[str, str]:
    """Claim → the numbers that the record tells of it."""
    try:
        return {i: v["ours"] for i, v in json.loads(path.read_bytes())["verdicts"].items()}
    except (OSError, ValueError, KeyError, TypeError):  # whoever loads it says what is wrong
        return {}
