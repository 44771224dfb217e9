"""Checks of a pith record by itself: what follows from the signed core, and its unsigned history.

The registry's public key is pinned here, so that no record can bring its own.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from metadata.check.report import Check, FieldTrust, Trust, compare, differing, hold
from metadata.kinds.pith import HASHED, PithRecord
from metadata.parse.shape import parse_time
from metadata.parse.strict_json import canonical_bytes, sha256_hex

# A signature over the hash holds only together with these checks.
SIGNING_CHECKS = ("record_copies", "canonical_sha256", "key_fingerprint", "signature")
_RULES = {"algorithm": "ed25519", "signed_message": "canonical_sha256_bytes", "signature_status": "signed_v1"}
_OF_STATES = ("state_sha256", "event_counters", "equivocation_counters", "snapshot_hashes", "event_ids")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{85}[AQgw]==")  # 64 bytes in their one base64 form
_EVENT_ID = re.compile(r"sha256:[0-9a-f]{64}")
_UNPUBLISHED = "form is right; the hashed bytes are not in the file, nor published"
# Hash of every empty list in both records known; what is hashed is not published.
_EMPTY_LIST = "258153158e38e3291e3d48162225fcdb2d5a3ed65a07baac614ab91432fd4f57"
# Trust in each field, why, and the checks beside those of the signature without which it is merely stated.
_FIELDS: dict[str, tuple[Trust, str, tuple[str, ...]]] = {
    **{
        name: ("signed", "in the canonical record", ())
        for name in ("source id and version", "submitted_at", "license", "primary_cat", "cross_cats_sorted")
    },
    "title": ("hash signed", "letter case and white space are not covered", ("title_hash",)),
    "abstract": ("hash signed", "signed is its hash; the file has an excerpt", ("abstract_hash",)),
    "pith number": ("derived", "base32 of the signed hash", ("pith_number",)),
    "short aliases": ("derived", "prefixes of the pith number", ("short_aliases",)),
    "arXiv and DOI aliases": ("derived", "from the signed id", ("source_aliases",)),
    "authors_text": ("stated", "graph snapshot, not signed; not the paper's order", ()),
    "abstract_excerpt": ("corroborated", "graph snapshot, not signed", ("excerpt",)),
    "times of receipt, aliases and events": ("stated", "not signed; only their order is checked", ()),
    "counters and event ids": ("stated", "not signed; covered by state_sha256 alone", ()),
}


@dataclass(frozen=True)
class RegistryKey:
    """An Ed25519 public key (32 bytes in hex), where it was published, how receipts (`key_id`) and events name it."""

    key_id: str
    public_key_hex: str
    origin: str
    signer_id: str = "pith.science"
    signer_type: str = "pith_registry"

    @property
    def fingerprint(self) -> str:
        """The first 32 hex digits of the SHA-256 of the key's 32 bytes."""
        return sha256_hex(bytes.fromhex(self.public_key_hex))[:32]

    def problem(self, signature_b64: str, message: bytes) -> str | None:
        """Return why the base64 signature over `message` does not hold under this key, or None if it does."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if not _SIGNATURE.fullmatch(signature_b64):
            return "the signature is not 64 bytes in their one base64 form"
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key_hex))
        try:
            key.verify(base64.b64decode(signature_b64), message)
        except InvalidSignature:
            return f"the signature was not made by the pinned key {self.key_id}"
        return None


PINNED = RegistryKey(
    key_id="pith-v1-2026-05",
    public_key_hex="b2d552b68890857171a78b36a5dccf368a953413288c353f7c9d9d6f94b709b3",
    origin="mirror manifest pith-mirrors.json of pith.science, generated 2026-05-19",
)


def own_checks(record: PithRecord, key: RegistryKey) -> list[Check]:
    """Return the checks that need nothing but the record and the registry's `key`."""
    arxiv, code = record.arxiv, record.code
    numbers = [record.document[k] for k in ("pith_number", "short_pith_number") if k in record.document]
    numbers += [event["subject_pith_number"] for event in record.document.get("events", ())]
    true = (f"pith:{record.submitted.year}:{code}", f"pith:{code[:8]}")
    wrong = [f"got {number}, expected {true[0]}" for number in numbers if number not in true]
    short = {f"pith_short_{n}": code[:n] for n in (8, 12, 16)}
    source = {"arxiv": arxiv.base, "arxiv_version": str(arxiv), "doi": arxiv.doi.lower()}
    of_bundle = (hold(name, "", absent="a bundle has none") for name in _OF_STATES)
    return [
        *signing_checks(record, key),
        hold("pith_number", f"year and base32 of the canonical hash are {true[0]}", wrong),
        _aliases(record, "short_aliases", short),
        _aliases(record, "source_aliases", source),
        *(_state_checks(record) if record.is_state else of_bundle),
        hold("dates", "submitted, computed, signed, recorded: in this order", _late(record)),
    ]


def signing_checks(record: PithRecord, key: RegistryKey) -> list[Check]:
    """Return the four checks that together show that the canonical record was signed by `key`."""
    digest, receipt = record.sha256, record.receipt
    hashes = {record.paths[0]: record.holder.get("canonical_sha256", digest)}
    hashes[record.paths[1]] = record.payload["canonical_sha256"]
    hashes[f"{record.paths[1]}.receipt"] = receipt["canonical_sha256"]
    other = differing({path: (found, digest) for path, found in hashes.items()})
    unsigned = differing({rule: (receipt[rule], known) for rule, known in _RULES.items()})
    # the signature is over the 32 bytes of the *recomputed* hash
    unsigned += filter(None, [key.problem(receipt["signature_b64"], bytes.fromhex(digest))])
    return [
        hold("record_copies", "the copies of the canonical record agree", _other_copies(record)),
        hold("canonical_sha256", f"SHA-256 of the canonical record is {digest}", other),
        hold("key_fingerprint", f"key {key.key_id} of: {key.origin}", _other_keys(record, key)),
        hold("signature", f"Ed25519 over the canonical hash, by {key.key_id}", unsigned),
    ]


def is_signed(checks: Iterable[Check]) -> bool:
    """Tell whether the checks show that the canonical record was signed by the pinned key."""
    return {c.name for c in checks if c.status == "verified"}.issuperset(SIGNING_CHECKS)


def _other_copies(record: PithRecord) -> Iterator[str]:
    if canonical_bytes(record.payload["canonical_record"]) != record.canonical:
        yield f"{record.paths[1]} differs from {record.paths[0]}"
    copies = [] if record.is_state else [record.document["source"]]
    if "source_id" in record.payload:
        copies.append({"id": record.payload["source_id"], "version": record.payload.get("source_version")})
    for copy in copies:
        yield from differing({"a copy of the source": (f"{copy['id']}v{copy['version']}", str(record.arxiv))})


def _other_keys(record: PithRecord, key: RegistryKey) -> list[str]:
    """Return where the receipt or an event does not name this key."""
    want = {"key_id": key.key_id, "public_key_fingerprint": key.fingerprint}
    signer = want | {"signer_id": key.signer_id, "signer_type": key.signer_type}
    named = [("receipt", record.receipt, want)]
    named += [(path, event["signer"], signer) for path, event in record.events() if "signer" in event]
    return differing({f"{path}: {k}": (found[k], true[k]) for path, found, true in named for k in true})


def _aliases(record: PithRecord, name: str, expected: dict[str, str]) -> Check:
    problems = []
    for kind, value in expected.items():
        found = [a["alias_value"] for a in record.holder["source_aliases"] if a["alias_kind"] == kind]
        if [v.lower() if kind == "doi" else v for v in found] != [value]:
            problems.append(f"alias {kind}: got {', '.join(found[:3]) or 'none'}, expected {value}")
    return hold(name, f"{', '.join(expected)} follow from the signed record", problems)


def _state_checks(record: PithRecord) -> Iterator[Check]:
    """Yield the checks of what only a state has. None of it is signed: whoever edits can recompute the hash."""
    d, applied = record.document, record.document["applied_event_ids"]
    what = "SHA-256 of the whole state without this field (unsigned)"
    rest = canonical_bytes({key: value for key, value in d.items() if key != "state_sha256"})
    yield compare("state_sha256", what, d["state_sha256"], sha256_hex(rest))
    shown = [event["event_id"] for _, event in record.events() if "event_id" in event]
    sums = {
        "event_count": (d["event_count"], d["valid_event_count"] + d["invalid_event_count"]),
        "valid_event_count": (d["valid_event_count"], len(applied)),
        "invalid_event_count": (d["invalid_event_count"], len(d["invalid_events"])),
        "distinct applied event ids": (len(set(applied)), len(applied)),
        "distinct events": (len(set(shown)), len(shown)),
    }
    stray, hidden = sorted(set(shown) - set(applied)), len(set(applied) - set(shown))
    problems = differing(sums) + [f"event {i} is shown but not among the applied ones" for i in stray]
    why = f"{hidden} of {len(applied)} applied events are not shown" if hidden else ""
    yield hold("event_counters", f"{d['event_count']} events, as listed", problems, unshown=why)
    contradicting = (d["equivocation_count"], len(d["equivocations"]))
    what = "signed events that contradict each other, stated and listed"
    yield compare("equivocation_counters", what, contradicting, (0, 0))
    none = "" if record.snapshots else "none in the file"
    yield hold("snapshot_hashes", "", _odd_hashes(record), absent=none, unshown=_UNPUBLISHED)
    odd = (i for i in [*shown, *applied] if not _EVENT_ID.fullmatch(i))
    other = (f"got {i}, expected 'sha256:' and 64 hex digits" for i in odd)
    yield hold("event_ids", "", other, unshown=_UNPUBLISHED)


def _odd_hashes(record: PithRecord) -> Iterator[str]:
    """Yield where empty lists do not share one hash, or another list has it."""
    parts = [(s[part], count) for s in record.snapshots for part, count in HASHED.items()]
    empty = {part["snapshot_sha256"] for part, count in parts if part[count] == 0}
    if len(empty) > 1:
        yield f"empty lists have {len(empty)} different hashes, expected one"
    if any(part[count] and part["snapshot_sha256"] == _EMPTY_LIST for part, count in parts):
        yield "a list stated as filled has the hash of the empty one"


def _late(record: PithRecord) -> Iterator[str]:
    """Yield which of paper, computation, signature, events and aliases come too early; no clock is asked."""
    receipt, submitted = record.receipt, record.submitted
    first = parse_time(receipt["first_computed_at"], "first_computed_at")
    whole = first.replace(microsecond=0)  # events have whole seconds
    steps = [("first_computed_at", receipt["first_computed_at"], submitted)]
    steps += [(name, receipt[name], first) for name in ("signed_at", "last_reissued_at")]
    steps += [(path, event["created_at"], whole) for path, event in record.events() if "created_at" in event]
    aliases = record.holder["source_aliases"]
    steps += [(f"alias {a['alias_kind']}", a["created_at"], submitted) for a in aliases]
    for name, text, before in steps:
        if parse_time(text, name) < before:
            yield f"{name} is {text}, before {before.isoformat()}"


def fields(record: PithRecord, checks: list[Check]) -> Iterator[FieldTrust]:
    """Yield the trust in each field of `record`; what a check that it needs has not shown is merely stated."""
    verified = {c.name for c in checks if c.status == "verified"}
    there: dict[str, object] = dict.fromkeys(("authors_text", "abstract_excerpt"), record.snapshots)
    there["counters and event ids"] = record.is_state
    for field, (trust, detail, needed) in _FIELDS.items():
        signing = SIGNING_CHECKS if trust in ("signed", "hash signed", "derived") else ()
        lacking = ", ".join(name for name in (*signing, *needed) if name not in verified)
        if there.get(field, True):
            why = f"not shown: {lacking}" if lacking else detail
            yield FieldTrust(field, "stated" if lacking else trust, why)
