"""Samples for the tests: the committed documents, and others made from them (re-signed, bundled)."""

from __future__ import annotations

import base64
import copy
import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import settings

from metadata import load_pins
from metadata.check.record import RegistryKey
from metadata.kinds import arxiv
from metadata.kinds import paper as paper_text
from metadata.parse.strict_json import canonical_bytes, sha256_hex, text_sha256
from metadata.pins import committed

RECORDS = committed.RECORDS
SG, MEPROP = RECORDS / "pith-1703.00522v1.state.json", RECORDS / "pith-1706.06197v5.state.json"
PAGE, LISTING = RECORDS / "arxiv-listing-1703.00522.txt", RECORDS / "listing-dni-jaderberg.txt"
IMPOSTOR = RECORDS / "same-title-zhang-2018.md"
ALL = (PAGE, LISTING, SG, MEPROP, IMPOSTOR)

examples = functools.partial(settings, derandomize=True, deadline=None)  # the same examples in every run

_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_PUBLIC = _PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
TEST_KEY = RegistryKey("test-key", _PUBLIC.hex(), "made in the tests")


def state(path: Path = SG) -> dict[str, Any]:
    return json.loads(path.read_bytes())


def dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def canonical_sha256(value: object) -> str:
    return sha256_hex(canonical_bytes(value))


def rehash_state(document: dict[str, Any]) -> dict[str, Any]:
    """What whoever edits a file can do without a key: make its own hash over the whole right again."""
    rest = {k: v for k, v in document.items() if k != "state_sha256"}
    return rest | {"state_sha256": canonical_sha256(rest)}


def rehash_all(document: dict[str, Any]) -> dict[str, Any]:
    """Also recompute everything else that follows from the canonical record, but not the signature."""
    document = copy.deepcopy(document)
    current, payload = document["current"], document["current"]["record_created"]["payload"]
    record = payload["canonical_record"] = current["canonical_record"]
    digest = canonical_sha256(record)
    code, source = base64.b32encode(bytes.fromhex(digest)).decode()[:26], record["source"]
    payload["canonical_sha256"] = payload["receipt"]["canonical_sha256"] = digest
    payload["source_id"], payload["source_version"] = source["id"], source["version"]
    document["pith_number"] = f"pith:{record['metadata']['submitted_at'][:4]}:{code}"
    values = {"arxiv": source["id"], "arxiv_version": f"{source['id']}v{source['version']}"}
    values |= {"doi": f"10.48550/arxiv.{source['id']}"} | {f"pith_short_{n}": code[:n] for n in (8, 12, 16)}
    for alias in current["source_aliases"]:
        alias["alias_value"] = values[alias["alias_kind"]]
    for snapshot in current["graph_snapshots"]:
        graph, metadata = snapshot["payload"]["graph_snapshot"], record["metadata"]
        graph["source"] = dict(source)
        graph["paper"] |= {k: metadata[k] for k in ("license", "primary_cat", "submitted_at")}
        graph["paper"]["cross_cats"] = list(metadata["cross_cats_sorted"])
    return rehash_state(document)


def resign(document: dict[str, Any], *, honest: bool = True) -> dict[str, Any]:
    """Recompute all and sign with the test key; unless `honest`, still claim the registry's key."""
    document = rehash_all(document)
    payload = document["current"]["record_created"]["payload"]
    signature = _PRIVATE.sign(bytes.fromhex(payload["canonical_sha256"]))
    payload["receipt"]["signature_b64"] = base64.b64encode(signature).decode()
    if honest:
        payload["receipt"] |= {"key_id": TEST_KEY.key_id, "public_key_fingerprint": TEST_KEY.fingerprint}
        for event in (document["current"]["record_created"], *document["current"]["graph_snapshots"]):
            event["signer"] |= {"key_id": TEST_KEY.key_id, "public_key_fingerprint": TEST_KEY.fingerprint}
    return rehash_state(document)


def signed_dni(version: int = 2) -> dict[str, Any]:
    """A record of the DNI paper as the registry might sign it one day, signed with the test key."""
    document = state(SG)
    record = document["current"]["canonical_record"]
    record["source"] |= {"id": "1608.05343", "version": version}
    paper = document["current"]["graph_snapshots"][0]["payload"]["graph_snapshot"]["paper"]
    paper["title"] = "Decoupled Neural Interfaces using Synthetic Gradients"
    paper["authors_text"] = (
        "Alex Graves, David Silver, Koray Kavukcuoglu, Max Jaderberg, Oriol Vinyals, Simon Osindero, "
        "Wojciech Marian Czarnecki"
    )
    abstract = paper_text.parse(LISTING.read_bytes()).abstract
    paper["abstract_excerpt"] = abstract[:600]
    record["metadata"] |= {
        "submitted_at": "2016-08-18T17:29:09Z",
        "cross_cats_sorted": [],
        "title_canon_sha256": text_sha256(paper["title"]),
        "abstract_canon_sha256": text_sha256(abstract),
    }
    return resign(document)


def dni_feed(**changes: str) -> bytes:
    """The feed that belongs to `signed_dni`."""
    page = paper_text.parse(LISTING.read_bytes())
    authors = load_pins()["1608.05343v2"].authors
    fields = {
        "arxiv": "1608.05343v2",
        "title": page.title,
        "authors": ", ".join(authors),
        "abstract": page.abstract,
        "published": "2016-08-18T17:29:09Z",
        "updated": "2017-07-03T10:52:04Z",
        "categories": "cs.LG",
    }
    return atom(**(fields | changes))


def bundle(document: dict[str, Any]) -> dict[str, Any]:
    """The bundle form of a state, with its keys in the order seen, and fields that nobody knows."""
    current, payload = document["current"], document["current"]["record_created"]["payload"]
    record = {key: current["canonical_record"][key] for key in ("source", "metadata", "schema_version")}
    code = document["pith_number"]
    event = {
        "event_type": "record_created",
        "subject_pith_number": code,
        "target": "record",
        "payload": {"canonical_record": record} | {k: payload[k] for k in ("canonical_sha256", "receipt")},
        "something_new": [1, 2.5, None],
    }
    return {
        "bundle_type": "pith_open_graph_bundle",
        "bundle_version": "1.0",
        "pith_number": code,
        "short_pith_number": f"pith:{code.rpartition(':')[2][:8]}",
        "canonical_record": record,
        "canonical_sha256": payload["canonical_sha256"],
        "source": record["source"],
        "source_aliases": current["source_aliases"],
        "events": [event],
    }


def atom(**changes: str) -> bytes:
    """An Atom feed as arXiv answers it, for 1703.00522v1; `changes` replace fields (`abstract=…`)."""
    page = arxiv.parse_page(PAGE.read_bytes())
    fields = {
        "arxiv": "1703.00522v1",
        "title": page.title,
        "abstract": page.abstract,
        "published": "2017-03-01T21:41:09Z",
        "updated": "2017-03-01T21:41:09Z",
        "authors": ", ".join(page.authors),
        "categories": "cs.LG cs.NE",
        "now": "2026-11-21T00:00:00-05:00",
    } | changes
    f = {key: escape(value) for key, value in fields.items()}
    people = "".join(f"<author><name>{name}</name></author>" for name in f["authors"].split(", "))
    categories = f["categories"].split()
    terms = "".join(f'<category term="{c}" scheme="http://arxiv.org/schemas/atom"/>' for c in categories)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query: id_list={f["arxiv"]}</title><updated>{f["now"]}</updated>
  <entry><id>http://arxiv.org/abs/{f["arxiv"]}</id>
    <updated>{f["updated"]}</updated><published>{f["published"]}</published>
    <title>{f["title"]}</title><summary>  {f["abstract"]}
</summary>{people}
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="{categories[0]}"/>{terms}
  </entry>
</feed>
""".encode()


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf (and empty container) of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    children = list(items)
    if not children:
        yield path
    for key, item in children:
        yield from leaves(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    return functools.reduce(lambda v, key: v[key], path, value)


def record_bytes(document: dict[str, Any]) -> bytes:
    return canonical_bytes(document["current"]["canonical_record"])


def copy_records(folder: Path, extra: dict[str, bytes] | None = None) -> Path:
    """A copy of the committed records in `folder`, with `extra` files added and the manifest to match."""
    target = folder / "records"
    shutil.copytree(RECORDS, target)
    hashes = committed.read_manifest(target)
    for name, data in (extra or {}).items():
        (target / name).write_bytes(data)
        hashes[name] = sha256_hex(data)
    (target / committed.MANIFEST).write_bytes(committed.render_manifest(hashes))
    return target
