"""The parts of a pith record as frozen objects. Nothing in here is verified: see `metadata.verify`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from metadata.ids import ArxivId


@dataclass(frozen=True)
class Source:
    """What a record is about: `kind` (always `arxiv`), the id without version, and the version from 1 on."""

    kind: str
    id: str
    version: int

    @property
    def arxiv(self) -> ArxivId:
        """The arXiv id with its version."""
        return ArxivId(self.id, self.version)


@dataclass(frozen=True)
class CanonicalRecord:
    """The signed core of a record: the signature covers exactly these fields, and nothing else of the file.

    `submitted_at` is the time of the *first* version, whatever `source.version` says; the two hashes are
    `metadata.canonical.text_sha256` of title and abstract; `canonical` is the canonical JSON (UTF-8).
    """

    source: Source
    submitted_at: datetime
    license: str
    primary_cat: str
    cross_cats: tuple[str, ...]
    title_sha256: str
    abstract_sha256: str
    canonical: bytes


@dataclass(frozen=True)
class Receipt:
    """The registry's receipt: an Ed25519 signature (base64) over the 32 raw bytes of `canonical_sha256`.

    Only `canonical_sha256` is signed; the times and names around it merely stand there.
    """

    algorithm: str
    canonical_sha256: str
    key_id: str
    fingerprint: str
    signature_b64: str
    signature_status: str
    signed_message: str
    first_computed_at: datetime
    last_reissued_at: datetime
    signed_at: datetime


@dataclass(frozen=True)
class Alias:
    """Another name of the record: `kind` is `arxiv`, `arxiv_version`, `doi` or `pith_short_8/12/16`."""

    kind: str
    value: str
    created_at: datetime


@dataclass(frozen=True)
class Event:
    """An event of the record's history; fields that a bundle may leave out are None.

    `signer` is who is named as having recorded it: key id, fingerprint, id and type of the signer.
    """

    place: str
    target: str
    event_id: str | None
    created_at: datetime | None
    signer: tuple[str, str, str, str] | None


@dataclass(frozen=True)
class Snapshot:
    """What the registry read off the paper's page. *Not* covered by the signature.

    `authors_text` is sorted by given name, so it does not tell the paper's author order; `excerpt` is the
    abstract's first 600 characters or so; `hashes` pairs each stated list length with its snapshot hash.
    """

    source: Source
    title: str
    authors_text: str
    excerpt: str
    license: str
    primary_cat: str
    cross_cats: tuple[str, ...]
    submitted_at: datetime
    hashes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Counters:
    """Stated counts of a state beside the lists that they count."""

    events: int
    valid: int
    invalid: int
    equivocations: int
    listed_invalid: int
    listed_equivocations: int
    applied_ids: tuple[str, ...]


@dataclass(frozen=True)
class PithRecord:
    """A pith open-graph record, read from a `state` or a `bundle` document.

    `records` holds every copy of the canonical record in the file and `stated_sha256` every copy of its hash,
    each with its path. `state_sha256` is stated and recomputed (None in a bundle, which has no such hash).
    """

    form: Literal["state", "bundle"]
    pith_number: str
    record: CanonicalRecord
    records: tuple[tuple[str, CanonicalRecord], ...]
    sources: tuple[tuple[str, Source], ...]
    stated_sha256: tuple[tuple[str, str], ...]
    pith_numbers: tuple[tuple[str, str], ...]
    receipt: Receipt
    aliases: tuple[Alias, ...]
    events: tuple[Event, ...]
    snapshots: tuple[Snapshot, ...]
    counters: Counters | None
    state_sha256: tuple[str, str] | None

    @property
    def arxiv(self) -> ArxivId:
        """The arXiv id, with version, that the canonical record is about."""
        return self.record.source.arxiv
