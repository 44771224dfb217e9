"""Checks of a pith record's core: hash, pith number, aliases, state hash, key and signature."""

from __future__ import annotations

from metadata.canonical import pith_code, sha256_hex
from metadata.ids import parse_pith
from metadata.keys import RegistryKey
from metadata.pith_types import PithRecord
from metadata.report import Check, all_hold, compare

_SHORT = {"pith_short_8": 8, "pith_short_12": 12, "pith_short_16": 16}


def core_checks(record: PithRecord, key: RegistryKey) -> list[Check]:
    """Return the checks of everything that follows from the canonical record and the registry's `key`."""
    return [
        record_copies(record),
        canonical_hash(record),
        pith_number(record),
        year(record),
        short_aliases(record),
        source_aliases(record),
        state_hash(record),
        key_fingerprint(record, key),
        signature(record, key),
    ]


def record_copies(record: PithRecord) -> Check:
    """Check that all copies of the canonical record, and of its source, in the file are the same."""
    problems = [
        f"{place} differs from {record.records[0][0]}"
        for place, copy in record.records
        if copy.canonical != record.record.canonical
    ]
    problems += [
        f"{place} names {s.arxiv}, expected {record.arxiv}"
        for place, s in record.sources
        if s.arxiv != record.arxiv
    ]
    return all_hold("record_copies", f"{len(record.records)} copies of the canonical record agree", problems)


def canonical_hash(record: PithRecord) -> Check:
    """Check that SHA-256 of the canonical JSON equals every `canonical_sha256` stated in the file."""
    computed = sha256_hex(record.record.canonical)
    problems = [
        f"{place}: got {got}, expected {computed}" for place, got in record.stated_sha256 if got != computed
    ]
    return all_hold("canonical_sha256", f"SHA-256 of the canonical record is {computed}", problems)


def pith_number(record: PithRecord) -> Check:
    """Check that the pith number is the base32 of the canonical hash, wherever the file repeats it."""
    code = pith_code(sha256_hex(record.record.canonical))
    stated = parse_pith(record.pith_number).code
    problems = [f"got {stated}, expected {code}"] if stated != code else []
    allowed = (record.pith_number, f"pith:{stated[:8]}")
    problems += [
        f"{place}: got {text}, expected {record.pith_number} or its short form"
        for place, text in record.pith_numbers
        if text not in allowed
    ]
    return all_hold("pith_number", f"base32 of the canonical hash is {code}", problems)


def year(record: PithRecord) -> Check:
    """Check that the year in the pith number is the year of first submission."""
    got = parse_pith(record.pith_number).year
    return compare(
        "year", "year of the pith number is that of submitted_at", got, record.record.submitted_at.year
    )


def short_aliases(record: PithRecord) -> Check:
    """Check that the aliases of 8, 12 and 16 characters are prefixes of the pith number."""
    code = pith_code(sha256_hex(record.record.canonical))
    expected = {kind: code[:length] for kind, length in _SHORT.items()}
    return _aliases("short_aliases", "short forms are prefixes of the pith number", record, expected)


def source_aliases(record: PithRecord) -> Check:
    """Check that the aliases for arXiv id, version and DOI are those of the signed source."""
    arxiv = record.arxiv
    expected = {"arxiv": arxiv.base, "arxiv_version": str(arxiv), "doi": arxiv.doi.lower()}
    return _aliases("source_aliases", "arXiv id, version and DOI are those of the source", record, expected)


def _aliases(name: str, what: str, record: PithRecord, expected: dict[str, str]) -> Check:
    problems = []
    for kind, value in expected.items():
        got = [a.value.lower() if kind == "doi" else a.value for a in record.aliases if a.kind == kind]
        if got != [value]:
            problems.append(f"alias {kind}: got {', '.join(got) or 'none'}, expected {value}")
    return all_hold(name, what, problems)


def state_hash(record: PithRecord) -> Check:
    """Check `state_sha256`, which covers the whole file but is not signed: whoever edits can recompute it."""
    if record.state_sha256 is None:
        return Check("state_sha256", "absent", "a bundle has no hash over the whole file")
    stated, computed = record.state_sha256
    return compare(
        "state_sha256", "SHA-256 of the whole state without this field (unsigned)", stated, computed
    )


def key_fingerprint(record: PithRecord, key: RegistryKey) -> Check:
    """Check the pinned key's own fingerprint, and that receipt and events name that key and no other."""
    problems = []
    if key.computed_fingerprint != key.fingerprint:
        problems.append(f"pinned key: got fingerprint {key.fingerprint}, expected {key.computed_fingerprint}")
    got = (record.receipt.key_id, record.receipt.fingerprint)
    if got != (key.key_id, key.fingerprint):
        problems.append(f"receipt: got key {got[0]} ({got[1]}), expected {key.key_id} ({key.fingerprint})")
    expected = (key.key_id, key.fingerprint, key.signer_id, key.signer_type)
    problems += [
        f"{event.place}: got signer {' '.join(event.signer)}, expected {' '.join(expected)}"
        for event in record.events
        if event.signer and event.signer != expected
    ]
    return all_hold("key_fingerprint", f"key {key.key_id} of: {key.origin}", problems)


def signature(record: PithRecord, key: RegistryKey) -> Check:
    """Check the Ed25519 signature over the 32 bytes of the *recomputed* canonical hash."""
    receipt = record.receipt
    rules = (receipt.algorithm, receipt.signed_message, receipt.signature_status)
    expected = ("ed25519", "canonical_sha256_bytes", "signed_v1")
    if rules != expected:
        return compare("signature", "rules of the receipt", " ".join(rules), " ".join(expected))
    message = bytes.fromhex(sha256_hex(record.record.canonical))
    problem = key.problem(receipt.signature_b64, message)
    return all_hold(
        "signature", f"Ed25519 over the canonical hash, by {key.key_id}", [problem] if problem else []
    )
