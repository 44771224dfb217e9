"""Parse the events of a pith record and its graph snapshot: what the registry read off the paper's page."""

from __future__ import annotations

from metadata.errors import UnusableDocumentError
from metadata.ids import parse_arxiv
from metadata.pith_types import Event, Snapshot, Source
from metadata.reader import Reader

# Parts with a snapshot hash, and the field that counts what was hashed.
_HASHED = {
    "author_claims": "count",
    "claims": "count",
    "formal_canon": "evidence_count",
    "references": "count",
}


def parse_event(reader: Reader, *, partial: bool = False) -> Event:
    """Return an event; with `partial`, id, time and signer may be missing, as in bundles."""
    signer = reader.sub("signer") if not partial or "signer" in reader else None
    return Event(
        place=reader.path,
        target=reader.text("target"),
        event_id=reader.text("event_id") if not partial or "event_id" in reader else None,
        created_at=reader.time("created_at") if not partial or "created_at" in reader else None,
        signer=_signer(signer) if signer else None,
    )


def _signer(reader: Reader) -> tuple[str, str, str, str]:
    fingerprint = reader.hex("public_key_fingerprint", 32)
    return reader.text("key_id"), fingerprint, reader.text("signer_id"), reader.text("signer_type")


def parse_snapshot(event: Reader) -> Snapshot:
    """Return the snapshot in an entry of `graph_snapshots`; errors as in `metadata.pith.parse`."""
    snapshot = event.sub("payload").sub("graph_snapshot")
    paper = snapshot.sub("paper")
    return Snapshot(
        source=parse_source(snapshot.sub("source")),
        title=paper.text("title"),
        authors_text=paper.text("authors_text"),
        excerpt=paper.text("abstract_excerpt"),
        license=paper.text("license"),
        primary_cat=paper.text("primary_cat"),
        cross_cats=paper.texts("cross_cats"),
        submitted_at=paper.time("submitted_at"),
        hashes=tuple(_counted(snapshot.sub(key), count) for key, count in _HASHED.items()),
    )


def _counted(part: Reader, count: str) -> tuple[int, str]:
    return part.integer(count), part.hex("snapshot_sha256", 64)


def parse_source(reader: Reader) -> Source:
    """Return the closed object `{id, kind, version}`; errors of `read_source`."""
    reader.only(("id", "kind", "version"))
    return read_source(reader, "")


def read_source(reader: Reader, prefix: str) -> Source:
    """Return the source in the fields `id`, `kind`, `version` of `reader`, their names after `prefix`.

    Raises `UnusableDocumentError` or `IdentifierError` for a source that is no version of an arXiv paper.
    """
    kind, base, version = (
        reader.text(prefix + "kind"),
        reader.text(prefix + "id"),
        reader.integer(prefix + "version"),
    )
    if kind != "arxiv":
        raise UnusableDocumentError(f"at {reader.at(prefix + 'kind')}", got=kind, expected="'arxiv'")
    parse_arxiv(f"{base}v{version}")
    return Source(kind, base, version)
