"""Parse pith open-graph records, as state or as bundle. Source: two states and the first part of a bundle, by hand.

Signed objects are closed (an unknown field is refused); elsewhere further fields are noted, and trusted in nothing.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.parse import shape, strict_json
from metadata.parse.ids import ArxivId, parse_arxiv, pith_code
from metadata.parse.shape import COUNT, LIST, TEXT, TIME, Closed, Idle, Leaf, const, digits, note

_HASH, _FINGERPRINT = digits(64), digits(32)
_SOURCE = Closed(id=TEXT, kind=const("arxiv"), version=COUNT)
_METADATA = Closed(
    abstract_canon_sha256=_HASH, cross_cats_sorted=[TEXT], license=TEXT, primary_cat=TEXT, submitted_at=TIME,
    title_canon_sha256=_HASH,
)  # fmt: skip
_CANONICAL = Closed(metadata=_METADATA, schema_version=shape.version("1.0"), source=_SOURCE)
_RECEIPT = Closed(
    algorithm=TEXT, builder_version=TEXT, canonical_sha256=_HASH, first_computed_at=TIME, key_id=TEXT,
    kind=const("pith_receipt"), last_reissued_at=TIME, public_key_fingerprint=_FINGERPRINT,
    receipt_version=shape.version("0.3"), signature_b64=TEXT, signature_status=TEXT, signed_at=TIME,
    signed_message=TEXT,
)  # fmt: skip
_SIGNER = {"key_id": TEXT, "public_key_fingerprint": _FINGERPRINT, "signer_id": TEXT, "signer_type": TEXT}
_EVENT = {"event_id": TEXT, "created_at": TIME, "signer": _SIGNER}
_PARTIAL = {f"{key}?": shape for key, shape in _EVENT.items()} | {"target": TEXT}
_CORE = {"canonical_record": _CANONICAL, "canonical_sha256": _HASH, "receipt": _RECEIPT}
_COPY = {"source_id": TEXT, "source_kind": const("arxiv"), "source_version": COUNT}
_PAPER = {
    "abstract_excerpt": TEXT, "authors_text": TEXT, "cross_cats": [TEXT], "headline": Idle(), "license": TEXT,
    "primary_cat": TEXT, "submitted_at": TIME, "title": TEXT,
}  # fmt: skip
# Parts with a snapshot hash, and the field that counts what was hashed.
HASHED = dict.fromkeys(("author_claims", "claims", "references"), "count") | {
    "formal_canon": "evidence_count"
}
_IDLE = ("strong_count", "items", "internal_anchors", "resolved_work", "sample")
_GRAPH = {
    **{k: {count: COUNT, "snapshot_sha256": _HASH} | {f"{i}?": Idle() for i in _IDLE} for k, count in HASHED.items()},
    "builder_version?": Idle(("pith-number-builder-2026-05-17-v1",)), "paper": _PAPER, "source": _SOURCE,
    "verdict?": Idle(),
}  # fmt: skip
_SNAPSHOT = {"graph_snapshot": _GRAPH, "verdict_id?": Idle()}
# Lists of a state's `current`: their entries are events of the record too, which nothing here interprets.
_EVENT_LISTS = (
    "author_attestations timestamp_anchors storage_attestations citation_signatures replication_records "
    "corrections mirror_hints"
).split()
_ALIAS = {"alias_kind": TEXT, "alias_value": TEXT, "created_at": TIME}
_CURRENT = {
    "canonical_record": _CANONICAL, "source_aliases": [_ALIAS],
    "graph_snapshots": [_EVENT | {"target": const("graph"), "payload": _SNAPSHOT}],
    **{name: [_PARTIAL] for name in _EVENT_LISTS},
    "record_created": _EVENT
    | {"target": const("record"), "payload": _CORE | _COPY | {"attestation_state?": Idle(("computed",))}},
}  # fmt: skip
_STATE = {
    "state_type": const("pith_open_graph_state"), "state_version": shape.version("1.0"),
    "merge_version": shape.version("pith-open-graph-merge-v1"), "pith_number": TEXT,
    **{f"{name}_count": COUNT for name in ("event", "valid_event", "invalid_event", "equivocation")},
    "current": _CURRENT, "equivocations": LIST, "invalid_events": LIST, "applied_event_ids": [TEXT],
    "state_sha256": _HASH,
}  # fmt: skip
_BUNDLE = {
    "bundle_type": const("pith_open_graph_bundle"), "bundle_version": shape.version("1.0"), "pith_number": TEXT,
    "short_pith_number": TEXT, "canonical_record": _CANONICAL, "canonical_sha256": _HASH, "source": _SOURCE,
    "source_aliases": [_ALIAS],
    "events": [_PARTIAL | {"event_type": TEXT, "subject_pith_number": TEXT, "payload?": Leaf("any", lambda v: True)}],
}  # fmt: skip


@dataclass(frozen=True)
class PithRecord:
    """A record whose form was checked, and nothing else: see `metadata.check`.

    `document` is the JSON as read; `holder` and `payload` are its two places (with their `paths`) that hold the
    canonical record. `canonical` is its canonical JSON, the bytes whose hash is signed; `signed` its metadata: all
    that is signed beside the id with version; `submitted` the time of the *first* version in it. `receipt` has the
    signature; its times and names are not signed. `snapshots` are what the registry read off the paper's page: *not*
    signed, authors by given name, abstract cut off. `notes` tell what nothing here interprets.
    """

    document: dict[str, Any]
    arxiv: ArxivId
    holder: dict[str, Any]
    payload: dict[str, Any]
    paths: tuple[str, str]
    canonical: bytes
    signed: dict[str, Any]
    submitted: datetime
    receipt: dict[str, Any]
    snapshots: list[dict[str, Any]]
    notes: tuple[str, ...]

    @property
    def is_state(self) -> bool:
        """Whether this is the state form, which alone has counters, snapshots and a hash over the whole."""
        return "state_type" in self.document

    @property
    def sha256(self) -> str:
        """The SHA-256 (64 hex digits) of the canonical record, recomputed."""
        return strict_json.sha256_hex(self.canonical)

    @property
    def code(self) -> str:
        """The 26 characters of the pith number that follows: RFC 4648 base32 of the hash's first 130 bits."""
        return base64.b32encode(bytes.fromhex(self.sha256)).decode("ascii")[:26]

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every event shown, with its path. Only those of a state surely have id, time and signer."""
        lists = {"$.events": self.document.get("events", ())}
        if self.is_state:
            yield "$.current.record_created", self.holder["record_created"]
            lists = {f"$.current.{key}": self.holder[key] for key in ("graph_snapshots", *_EVENT_LISTS)}
        for path, events in lists.items():
            yield from ((f"{path}[{i}]", event) for i, event in enumerate(events))


def parse(data: bytes) -> PithRecord:
    """Return the record in this JSON, state or bundle; `UnusableDocumentError` or a kind of it, with the place."""
    document, notes = strict_json.parse(data), list[str]()
    if not isinstance(document, dict) or not {"state_type", "bundle_type"} & set(document):
        raise MissingFieldError("at $: no pith record", expected="a field 'state_type' or 'bundle_type'")
    if "state_type" in document:
        shape.check(document, _STATE, "$", notes)
        holder, paths = document["current"], ("$.current", "$.current.record_created.payload")
        payload = holder["record_created"]["payload"]
        further = {f"$.current.{key}": f"{len(holder[key])} entries" for key in _EVENT_LISTS if holder[key]}
    else:
        shape.check(document, _BUNDLE, "$", notes)
        events = {f"$.events[{i}]": event for i, event in enumerate(document["events"])}
        path, payload = _creation(events, notes)
        holder, paths = document, ("$", f"{path}.payload")
        further = {at: f"event {e['event_type'][:60]!r}" for at, e in events.items() if at != path}
    for at, what in further.items():
        note(notes, f"{at}: {what}, not interpreted")
    pith_code(document["pith_number"])
    core = holder["canonical_record"]
    return PithRecord(
        document, parse_arxiv(f"{core['source']['id']}v{core['source']['version']}"), holder, payload, paths,
        strict_json.canonical_bytes(core), core["metadata"],
        shape.parse_time(core["metadata"]["submitted_at"], "submitted_at"), payload["receipt"],
        [entry["payload"]["graph_snapshot"] for entry in holder.get("graph_snapshots", ())], tuple(notes),
    )  # fmt: skip


def _creation(events: dict[str, dict[str, Any]], notes: list[str]) -> tuple[str, dict[str, Any]]:
    """Return path and payload of the one event of a bundle that made the record."""
    created = [path for path, event in events.items() if event["event_type"] == "record_created"]
    if len(created) != 1:
        what = f"at $.events: {len(created)} events 'record_created'"
        raise MissingFieldError(what, expected="exactly one")
    path, event = created[0], events[created[0]]
    if event["target"] != "record" or "payload" not in event:
        what = f"at {path}: target and payload"
        raise UnusableDocumentError(what, expected="'record', and its payload")
    shape.check(event["payload"], _CORE | {f"{k}?": v for k, v in _COPY.items()}, f"{path}.payload", notes)
    return path, event["payload"]
