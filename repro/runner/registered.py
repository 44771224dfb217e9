"""Claims as they are registered: a record keeps the digest of each as it stood when the record was made."""

from __future__ import annotations

from repro.claim import Claim
from repro.record.run import digest
from repro.runner.code import test_of
from repro.spec import Exhibit


def registered(exhibit: Exhibit) -> dict[str, str]:
    """Claim's id → digest of its words, its place, its tolerance, its conditions, and its test."""
    return {claim.id: _one(claim) for claim in exhibit.claims}


def _one(claim: Claim) -> str:
    words = (claim.text, claim.place, claim.paper, claim.tolerance, claim.given)
    conditions = (claim.profiles, claim.stand_in_ok, claim.finding)
    return digest([*words, *conditions, test_of(claim.test)])
