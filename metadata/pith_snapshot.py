"""Parse the events of a pith record and its graph snapshot: what the registry read off the paper's page."""

from __future__ import annotations

from metadata.pith_types import Event, Snapshot, Source
from metadata.reader import Reader

_HASHED = ("author_claims", "claims", "formal_canon", "references")  # parts with a count and a snapshot hash


def parse_event(reader: Reader, *, partial: bool = False) -> Event:
    """Return an event; with `partial`, id, time and signer may be missing, as in bundles."""
    signer = reader.sub("signer") if not partial or "signer" in reader else None
    return Event(
        place=reader.path,
        event_id=reader.text("event_id") if not partial or "event_id" in reader else None,
        created_at=reader.time("created_at") if not partial or "created_at" in reader else None,
        key_id=signer.text("key_id") if signer else None,
        fingerprint=signer.hex("public_key_fingerprint", 32) if signer else None,
    )


def parse_snapshot(event: Reader) -> Snapshot:
    """Return the snapshot in an entry of `graph_snapshots`; errors as in `metadata.pith.parse`."""
    snapshot = event.sub("payload").sub("graph_snapshot")
    paper, source = snapshot.sub("paper"), snapshot.sub("source")
    return Snapshot(
        source=Source(source.text("kind"), source.text("id"), source.integer("version")),
        title=paper.text("title"),
        authors_text=paper.text("authors_text"),
        excerpt=paper.text("abstract_excerpt"),
        license=paper.text("license"),
        primary_cat=paper.text("primary_cat"),
        cross_cats=paper.texts("cross_cats"),
        submitted_at=paper.time("submitted_at"),
        hashes=tuple(_counted(snapshot.sub(key)) for key in _HASHED),
    )


def _counted(part: Reader) -> tuple[int, str]:
    key = "evidence_count" if "evidence_count" in part else "count"
    return part.integer(key), part.hex("snapshot_sha256", 64)
