"""Claims as they are registered: a record keeps the digest of each as it stood when the record was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repro.claim import Claim
from repro.exhibits import all_exhibits
from repro.record.run import digest
from repro.runner.code import test_of
from repro.spec import Exhibit

NOT_PLANNED = "0" * 64
"""In the place of the digest of a claim that was not there when the runs were planned."""


def registered(exhibit: Exhibit) -> dict[str, str]:
    """Claim's id → digest of its words, its place, its tolerance, its conditions, and its test."""
    return {claim.id: _one(claim) for claim in exhibit.claims}


def registered_together(exhibit: Exhibit) -> dict[str, dict[str, str]]:
    """Exhibit's id → its `registered`, for this one and all others that show the runs which it shows."""
    beside = [e for e in all_exhibits() if e.trained_by == exhibit.trained_by and e.id != exhibit.id]
    return {e.id: registered(e) for e in (*beside, exhibit)}


def as_planned(exhibit: Exhibit, results: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Claim's id → its digest when the runs were planned: today's only if it was that of every run.

    Runs that an exhibit with other runs planned say nothing of these claims; those of which it shows the same as
    others were planned without them, where they do not name it.
    """
    beside = registered_together(exhibit).keys()
    planned = [r.get("registered", {}) for r in results.values()]
    today = registered(exhibit)
    found = dict(today)
    for then in (p.get(exhibit.id, {}) for p in planned if beside & p.keys()):
        found |= {i: then.get(i, NOT_PLANNED) for i, now in today.items() if then.get(i) != now}
    return found


def _one(claim: Claim) -> str:
    words = (claim.text, claim.place, claim.paper, claim.tolerance, claim.given)
    conditions = (claim.profiles, claim.stand_in_ok, claim.finding)
    return digest([*words, *conditions, test_of(claim.test)])
