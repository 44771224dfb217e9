"""Parse pith open-graph records: the state document and the bundle form, whose keys come in another order.

Source: two state documents and the first part of a bundle, read by hand. Signed objects are closed (an
unknown field is refused); elsewhere further fields are accepted, covered by `state_sha256` at best, and not
trusted.
"""

from __future__ import annotations

from typing import Literal

from metadata import strict_json
from metadata.canonical import canonical_bytes, canonical_sha256
from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.ids import parse_pith
from metadata.pith_snapshot import parse_event, parse_snapshot, parse_source, read_source
from metadata.pith_types import Alias, CanonicalRecord, Counters, Event, PithRecord, Receipt, Snapshot, Source
from metadata.reader import Reader

_RECEIPT_FIELDS = frozenset(
    "algorithm builder_version canonical_sha256 first_computed_at key_id kind last_reissued_at "
    "public_key_fingerprint receipt_version signature_b64 signature_status signed_at signed_message".split()
)
_METADATA_FIELDS = frozenset(
    "abstract_canon_sha256 cross_cats_sorted license primary_cat submitted_at title_canon_sha256".split()
)
# Lists of a state's `current` whose entries, when there are any, are events of the record too.
_EVENT_LISTS = (
    "author_attestations timestamp_anchors storage_attestations citation_signatures replication_records "
    "corrections mirror_hints"
).split()


def parse(data: bytes) -> PithRecord:
    """Return the record in `data` (UTF-8 JSON, at most 1 MiB, state or bundle).

    Raises `UnusableDocumentError`, or its `MissingFieldError` and `UnknownVersionError`, with the place.
    """
    root = Reader.of(strict_json.parse(data))
    if "state_type" in root:
        return _parse_state(root)
    if "bundle_type" in root:
        return _parse_bundle(root)
    raise MissingFieldError(
        "JSON is no pith record", expected="a field 'state_type' or 'bundle_type' at the top"
    )


def _kind(root: Reader, key: str, expected: str) -> None:
    if root.text(key) != expected:
        raise UnusableDocumentError(f"at {root.at(key)}", got=root.text(key), expected=repr(expected))


def _parse_state(root: Reader) -> PithRecord:
    _kind(root, "state_type", "pith_open_graph_state")
    root.version("state_version", "1.0")
    root.version("merge_version", "pith-open-graph-merge-v1")
    current = root.sub("current")
    created = current.sub("record_created")
    _kind(created, "target", "record")
    snapshots = current.objects("graph_snapshots")
    for snapshot in snapshots:
        _kind(snapshot, "target", "graph")
    others = [event for key in _EVENT_LISTS for event in current.objects(key)]
    rest = {key: value for key, value in root.value.items() if key != "state_sha256"}
    return _record(
        "state",
        root,
        holder=current,
        payload=created.sub("payload"),
        aliases=current.objects("source_aliases"),
        events=[
            *(parse_event(e) for e in [created, *snapshots]),
            *(parse_event(e, partial=True) for e in others),
        ],
        snapshots=[parse_snapshot(s) for s in snapshots],
        counters=_counters(root),
        state_sha256=(root.hex("state_sha256", 64), canonical_sha256(rest)),
    )


def _parse_bundle(root: Reader) -> PithRecord:
    _kind(root, "bundle_type", "pith_open_graph_bundle")
    root.version("bundle_version", "1.0")
    events = root.objects("events")
    created = [e for e in events if e.text("event_type") == "record_created"]
    if len(created) != 1:
        raise MissingFieldError(
            f"at $.events: {len(created)} events 'record_created'", expected="exactly one"
        )
    _kind(created[0], "target", "record")
    return _record(
        "bundle",
        root,
        holder=root,
        payload=created[0].sub("payload"),
        aliases=root.objects("source_aliases"),
        events=[parse_event(e, partial=True) for e in events],
        snapshots=[],
        counters=None,
        state_sha256=None,
    )


def _record(
    form: Literal["state", "bundle"],
    root: Reader,
    *,
    holder: Reader,
    payload: Reader,
    aliases: list[Reader],
    events: list[Event],
    snapshots: list[Snapshot],
    counters: Counters | None,
    state_sha256: tuple[str, str] | None,
) -> PithRecord:
    records = tuple(
        (r.at("canonical_record"), _canonical(r.sub("canonical_record"))) for r in (holder, payload)
    )
    receipt = payload.sub("receipt")
    hashes = [payload, receipt] + ([root] if form == "bundle" else [])
    return PithRecord(
        form=form,
        pith_number=str(parse_pith(root.text("pith_number"))),
        record=records[0][1],
        records=records,
        sources=_sources(form, root, payload),
        stated_sha256=tuple((r.at("canonical_sha256"), r.hex("canonical_sha256", 64)) for r in hashes),
        pith_numbers=_pith_numbers(root),
        receipt=_receipt(receipt),
        aliases=tuple(_alias(a) for a in aliases),
        events=tuple(events),
        snapshots=tuple(snapshots),
        counters=counters,
        state_sha256=state_sha256,
    )


def _canonical(reader: Reader) -> CanonicalRecord:
    reader.version("schema_version", "1.0")
    reader.only(("metadata", "schema_version", "source"))
    metadata = reader.sub("metadata")
    metadata.only(_METADATA_FIELDS)
    return CanonicalRecord(
        source=parse_source(reader.sub("source")),
        submitted_at=metadata.time("submitted_at"),
        license=metadata.text("license"),
        primary_cat=metadata.text("primary_cat"),
        cross_cats=metadata.texts("cross_cats_sorted"),
        title_sha256=metadata.hex("title_canon_sha256", 64),
        abstract_sha256=metadata.hex("abstract_canon_sha256", 64),
        canonical=canonical_bytes(reader.value),
    )


def _sources(form: str, root: Reader, payload: Reader) -> tuple[tuple[str, Source], ...]:
    found = []
    if form == "bundle":
        found.append((root.at("source"), parse_source(root.sub("source"))))
    if form == "state" or "source_id" in payload:
        found.append((payload.at("source_*"), read_source(payload, "source_")))
    return tuple(found)


def _pith_numbers(root: Reader) -> tuple[tuple[str, str], ...]:
    """Return the further places of a bundle that repeat its pith number, in full or shortened."""
    if "bundle_type" not in root:
        return ()
    subjects = [(e.at("subject_pith_number"), e.text("subject_pith_number")) for e in root.objects("events")]
    return ((root.at("short_pith_number"), root.text("short_pith_number")), *subjects)


def _receipt(reader: Reader) -> Receipt:
    reader.version("receipt_version", "0.3")
    reader.only(_RECEIPT_FIELDS)
    _kind(reader, "kind", "pith_receipt")
    reader.text("builder_version")
    return Receipt(
        algorithm=reader.text("algorithm"),
        canonical_sha256=reader.hex("canonical_sha256", 64),
        key_id=reader.text("key_id"),
        fingerprint=reader.hex("public_key_fingerprint", 32),
        signature_b64=reader.text("signature_b64"),
        signature_status=reader.text("signature_status"),
        signed_message=reader.text("signed_message"),
        first_computed_at=reader.time("first_computed_at"),
        last_reissued_at=reader.time("last_reissued_at"),
        signed_at=reader.time("signed_at"),
    )


def _alias(reader: Reader) -> Alias:
    return Alias(reader.text("alias_kind"), reader.text("alias_value"), reader.time("created_at"))


def _counters(root: Reader) -> Counters:
    return Counters(
        events=root.integer("event_count"),
        valid=root.integer("valid_event_count"),
        invalid=root.integer("invalid_event_count"),
        equivocations=root.integer("equivocation_count"),
        listed_invalid=len(root.array("invalid_events")),
        listed_equivocations=len(root.array("equivocations")),
        applied_ids=root.texts("applied_event_ids"),
    )
