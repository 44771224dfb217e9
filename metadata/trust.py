"""How far each field of a verified pith record can be trusted: signed, derived, or merely standing there."""

from __future__ import annotations

from metadata.pith_types import PithRecord
from metadata.report import Check, FieldTrust, Trust

SIGNED_FIELDS = ("source id and version", "submitted_at", "license", "primary_cat", "cross_cats_sorted")
# A signature over the hash holds only together with these checks.
SIGNING_CHECKS = ("record_copies", "canonical_sha256", "key_fingerprint", "signature")


def is_signed(checks: list[Check]) -> bool:
    """Tell whether the checks show that the canonical record was signed by the pinned key."""
    verified = {c.name for c in checks if c.status == "verified"}
    return verified.issuperset(SIGNING_CHECKS)


def fields(record: PithRecord, checks: list[Check]) -> tuple[FieldTrust, ...]:
    """Return the trust in each field of `record`, given the results of its `checks`."""
    verified = {c.name for c in checks if c.status == "verified"}

    def row(field: str, best: Trust, detail: str, *needed: str) -> FieldTrust:
        lacking = [name for name in (*SIGNING_CHECKS, *needed) if name not in verified]
        return (
            FieldTrust(field, "stated", f"not shown: {', '.join(lacking)}")
            if lacking
            else FieldTrust(field, best, detail)
        )

    rows = [row(name, "signed", "in the canonical record") for name in SIGNED_FIELDS]
    rows += [
        row("title", "hash signed", "letter case and white space are not covered", "title_hash"),
        row("abstract", "hash signed", "signed is its hash; the file has an excerpt", "abstract_hash"),
        row("pith number", "derived", "base32 of the signed hash", "pith_number", "year"),
        row("short aliases", "derived", "prefixes of the pith number", "short_aliases"),
        row("arXiv and DOI aliases", "derived", "from the signed id", "source_aliases"),
    ]
    if record.snapshots:
        rows.append(FieldTrust("authors_text", "stated", "graph snapshot, not signed; not the paper's order"))
        trust: Trust = "corroborated" if "excerpt" in verified else "stated"
        rows.append(FieldTrust("abstract_excerpt", trust, "graph snapshot, not signed"))
    rows.append(
        FieldTrust(
            "times of receipt, aliases and events", "stated", "not signed; only their order is checked"
        )
    )
    if record.counters:
        rows.append(
            FieldTrust("counters and event ids", "stated", "not signed; covered by state_sha256 alone")
        )
    return tuple(rows)
