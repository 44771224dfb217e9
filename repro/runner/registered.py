"""Claims as they are registered: a record keeps the digest of each as it stood when the record was made."""

from __future__ import annotations

from repro.record.run import digest
from repro.runner.code import test_digest
from repro.spec import Claim, Exhibit


def registered(exhibit: Exhibit) -> dict[str, str]:
    """Claim's id → digest of its words, its place, its tolerance, where it is judged, and its test."""
    return {claim.id: _one(claim) for claim in exhibit.claims}


def _one(claim: Claim) -> str:
    words = (claim.text, claim.place, claim.paper, claim.tolerance, claim.profiles, claim.stand_in_ok)
    return digest([*words, test_digest(f"{claim.test.__module__}:{claim.test.__name__}")])
