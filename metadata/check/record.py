"""Checks of a pith record by itself: what follows from the signed core, and its unsigned history."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metadata.check.keys import RegistryKey
from metadata.check.report import Check, FieldTrust, Trust, compare, hold
from metadata.kinds.pith import HASHED, PithRecord
from metadata.parse.canonical import canonical_bytes, pith_code, sha256_hex
from metadata.parse.ids import parse_pith
from metadata.parse.shape import parse_time

SHORT = {"pith_short_8": 8, "pith_short_12": 12, "pith_short_16": 16}
SIGNED_FIELDS = ("source id and version", "submitted_at", "license", "primary_cat", "cross_cats_sorted")
# A signature over the hash holds only together with these checks.
SIGNING_CHECKS = ("record_copies", "canonical_sha256", "key_fingerprint", "signature")
_EVENT_ID = re.compile(r"sha256:[0-9a-f]{64}")
# Hash of every empty list in both records known; what is hashed is not published.
EMPTY_LIST = "258153158e38e3291e3d48162225fcdb2d5a3ed65a07baac614ab91432fd4f57"
_ABSENT = "a bundle has none"


def core_checks(record: PithRecord, key: RegistryKey) -> list[Check]:
    """Return the checks of everything that follows from the canonical record and the registry's `key`."""
    digest = sha256_hex(record.canonical)
    code, arxiv = pith_code(digest), record.arxiv
    stated = parse_pith(record.document["pith_number"])
    return [
        *signing_checks(record, key),
        hold("pith_number", f"base32 of the canonical hash is {code}", list(_other_numbers(record, code))),
        compare(
            "year", "year of the pith number is that of submitted_at", stated.year, record.submitted.year
        ),
        _aliases(record, "short_aliases", {kind: code[:length] for kind, length in SHORT.items()}),
        _aliases(
            record,
            "source_aliases",
            {"arxiv": arxiv.base, "arxiv_version": str(arxiv), "doi": arxiv.doi.lower()},
        ),
        _state_hash(record),
    ]


def signing_checks(record: PithRecord, key: RegistryKey) -> list[Check]:
    """Return the four checks that together show that the canonical record was signed by `key`."""
    digest = sha256_hex(record.canonical)
    places = list(zip(record.paths, (record.holder, record.payload), strict=True))
    hashes = [(f"{path}.canonical_sha256", part.get("canonical_sha256", digest)) for path, part in places]
    hashes.append((f"{record.paths[1]}.receipt.canonical_sha256", record.receipt["canonical_sha256"]))
    wrong = [f"{path}: got {got}, expected {digest}" for path, got in hashes if got != digest]
    return [
        hold("record_copies", "the copies of the canonical record agree", list(_other_copies(record))),
        hold("canonical_sha256", f"SHA-256 of the canonical record is {digest}", wrong),
        _key_fingerprint(record, key),
        _signature(record, key, digest),
    ]


def is_signed(checks: Iterable[Check]) -> bool:
    """Tell whether the checks show that the canonical record was signed by the pinned key."""
    return {c.name for c in checks if c.status == "verified"}.issuperset(SIGNING_CHECKS)


def _other_copies(record: PithRecord) -> Iterable[str]:
    if canonical_bytes(record.payload["canonical_record"]) != record.canonical:
        yield f"{record.paths[1]} differs from {record.paths[0]}"
    copies = [record.document["source"]] if not record.is_state else []
    if "source_id" in record.payload:
        copies.append({"id": record.payload["source_id"], "version": record.payload.get("source_version")})
    for copy in copies:
        if (got := f"{copy['id']}v{copy['version']}") != str(record.arxiv):
            yield f"a copy of the source names {got}, expected {record.arxiv}"


def _other_numbers(record: PithRecord, code: str) -> Iterable[str]:
    number = record.document["pith_number"]
    if not number.endswith(code):
        yield f"got {number}, expected {code}"
    repeated = [event["subject_pith_number"] for event in record.document.get("events", ())]
    short = record.document.get("short_pith_number")
    for text in [*repeated, *([short] if short else [])]:
        if text not in (number, f"pith:{code[:8]}"):
            yield f"got {text}, expected {number} or its short form"


def _aliases(record: PithRecord, name: str, expected: dict[str, str]) -> Check:
    problems = []
    for kind, value in expected.items():
        found = [a["alias_value"] for a in record.holder["source_aliases"] if a["alias_kind"] == kind]
        if [v.lower() if kind == "doi" else v for v in found] != [value]:
            problems.append(f"alias {kind}: got {', '.join(found[:3]) or 'none'}, expected {value}")
    return hold(name, f"{', '.join(expected)} follow from the signed record", problems)


def _state_hash(record: PithRecord) -> Check:
    """Check the hash over the whole file, which is not signed: whoever edits can recompute it."""
    if not record.is_state:
        return Check("state_sha256", "absent", _ABSENT)
    what = "SHA-256 of the whole state without this field (unsigned)"
    return compare("state_sha256", what, record.document["state_sha256"], record.rehashed())


def _key_fingerprint(record: PithRecord, key: RegistryKey) -> Check:
    """Check the pinned key's own fingerprint, and that receipt and events name that key and no other."""
    problems = []
    if key.computed_fingerprint != key.fingerprint:
        problems.append(f"pinned key: got fingerprint {key.fingerprint}, expected {key.computed_fingerprint}")
    want = {"key_id": key.key_id, "public_key_fingerprint": key.fingerprint}
    signer = want | {"signer_id": key.signer_id, "signer_type": key.signer_type}
    named = [("receipt", record.receipt, want)]
    named += [(path, event["signer"], signer) for path, event in record.events() if "signer" in event]
    problems += [
        f"{path}: {field} is {found[field]}, expected {value}"
        for path, found, expected in named
        for field, value in expected.items()
        if found[field] != value
    ]
    return hold("key_fingerprint", f"key {key.key_id} of: {key.origin}", problems)


def _signature(record: PithRecord, key: RegistryKey, digest: str) -> Check:
    """Check the Ed25519 signature over the 32 bytes of the *recomputed* canonical hash."""
    got = [record.receipt[field] for field in ("algorithm", "signed_message", "signature_status")]
    expected = ["ed25519", "canonical_sha256_bytes", "signed_v1"]
    if got != expected:
        return compare("signature", "rules of the receipt", " ".join(got), " ".join(expected))
    problem = key.problem(record.receipt["signature_b64"], bytes.fromhex(digest))
    return hold(
        "signature", f"Ed25519 over the canonical hash, by {key.key_id}", [problem] if problem else []
    )


def history_checks(record: PithRecord) -> list[Check]:
    """Return the checks of the record's events and dates. None of this is signed."""
    if not record.is_state:
        names = ("event_counters", "equivocation_counters", "snapshot_hashes", "event_ids")
        return [*(Check(name, "absent", _ABSENT) for name in names), _dates(record)]
    return [
        _counters(record),
        _equivocations(record),
        _snapshot_hashes(record),
        _event_ids(record),
        _dates(record),
    ]


def _counters(record: PithRecord) -> Check:
    """Check the stated event counts against the lists, and that every event shown is an applied one."""
    d, applied = record.document, record.document["applied_event_ids"]
    shown = [event["event_id"] for _, event in record.events() if "event_id" in event]
    sums = {
        "event_count": (d["event_count"], d["valid_event_count"] + d["invalid_event_count"]),
        "valid_event_count": (d["valid_event_count"], len(applied)),
        "invalid_event_count": (d["invalid_event_count"], len(d["invalid_events"])),
        "distinct applied event ids": (len(set(applied)), len(applied)),
        "distinct events": (len(set(shown)), len(shown)),
    }
    problems = [f"{what}: got {got}, expected {want}" for what, (got, want) in sums.items() if got != want]
    problems += [
        f"event {i} is shown but not among the applied ones" for i in sorted(set(shown) - set(applied))
    ]
    hidden = len(set(applied) - set(shown))
    if hidden and not problems:
        return Check(
            "event_counters", "not verifiable", f"{hidden} of {len(applied)} applied events are not shown"
        )
    return hold("event_counters", f"{d['event_count']} events, as listed", problems)


def _equivocations(record: PithRecord) -> Check:
    count, listed = record.document["equivocation_count"], len(record.document["equivocations"])
    problems = [f"got {count}, expected {listed} as listed"] if count != listed else []
    if count or listed:
        problems.append("the registry signed contradicting events for this record; expected none")
    return hold("equivocation_counters", "none stated, none listed", problems)


def _event_ids(record: PithRecord) -> Check:
    """Check the form of the event ids; what they are a hash of is not published."""
    shown = [(path, event["event_id"]) for path, event in record.events() if "event_id" in event]
    shown += [(f"applied_event_ids[{i}]", e) for i, e in enumerate(record.document["applied_event_ids"])]
    problems = [
        f"{path}: got {shown_id}, expected 'sha256:' and 64 hex digits"
        for path, shown_id in shown
        if not _EVENT_ID.fullmatch(shown_id)
    ]
    if problems:
        return hold("event_ids", "", problems)
    return Check(
        "event_ids", "not verifiable", "form is right; the hashed bytes are not in the file, nor published"
    )


def _snapshot_hashes(record: PithRecord) -> Check:
    """Check that empty lists share one hash, and no other list has it; what is hashed is not published."""
    pairs = [
        (s[part][count], s[part]["snapshot_sha256"])
        for s in record.snapshots
        for part, count in HASHED.items()
    ]
    empty = {value for count, value in pairs if count == 0}
    problems = [f"empty lists have {len(empty)} different hashes, expected one"] if len(empty) > 1 else []
    if any(count and value == EMPTY_LIST for count, value in pairs):
        problems.append("a list stated as filled has the hash of the empty one")
    if problems or not pairs:
        return (
            hold("snapshot_hashes", "", problems)
            if pairs
            else Check("snapshot_hashes", "absent", "no snapshot")
        )
    return Check(
        "snapshot_hashes", "not verifiable", "equal for all empty lists; the hashed bytes are not published"
    )


def _dates(record: PithRecord) -> Check:
    """Check that paper, computation, signature, events and aliases come in order; no clock is asked."""
    times = {
        k: parse_time(record.receipt[k], k) for k in ("first_computed_at", "signed_at", "last_reissued_at")
    }
    first, submitted = times["first_computed_at"], record.submitted
    steps = [("first_computed_at", first, submitted), *((k, t, first) for k, t in times.items())]
    whole = first.replace(microsecond=0)  # events have whole seconds
    dated = [(path, event["created_at"], whole) for path, event in record.events() if "created_at" in event]
    dated += [
        (f"alias {a['alias_kind']}", a["created_at"], submitted) for a in record.holder["source_aliases"]
    ]
    steps += [(name, parse_time(text, name), before) for name, text, before in dated]
    problems = [f"{name} is {t.isoformat()}, before {b.isoformat()}" for name, t, b in steps if t < b]
    return hold("dates", "submitted, computed, signed, recorded: in this order", problems)


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
    if record.is_state:
        rows.append(
            FieldTrust("counters and event ids", "stated", "not signed; covered by state_sha256 alone")
        )
    return tuple(rows)
