"""Ask registry and arXiv what they say today, verify it, show what would change, and replace only what holds.

A document replaces a committed one only if it parses, passes every check, is about the very version that is pinned,
and changes no field of a pin but to what a signature covers. All are fetched before anything is written.
"""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from metadata.check import PINNED, RegistryKey, verify
from metadata.errors import RefusedUpdateError, UnusableDocumentError
from metadata.fetch import Client
from metadata.kinds import ArxivPaper, Corpus, Document, parse
from metadata.parse.ids import pith_code
from metadata.pins import PINS_FILE, Pin, build, committed, load_pins

USER_AGENT = "dni-meprop-repro/0.1 (refreshes three committed paper records; one request per 3 s)"
GAP_S = 3.0  # arXiv asks for at most one request in three seconds (https://info.arxiv.org/help/api/tou.html)
SERVERS = {"pith": "https://pith.science", "arxiv": "https://export.arxiv.org"}  # base addresses
_STATE, _FEED = "pith-{}.state.json", "arxiv-atom-{}.xml"  # names of what is fetched
_MAX_LINES = 60  # of a difference that are shown
_SIGNED = ("signed", "hash signed")


@dataclass(frozen=True)
class Update:
    """A fetched, verified document, its unified diff (cut after 60 lines; empty: it says the same) and warnings."""

    name: str
    data: bytes
    difference: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What would be written: the new pins, each change of a field in words, files, and what they replace."""

    pins: dict[str, Pin]
    changes: tuple[str, ...]
    files: dict[Path, bytes]
    expected: dict[Path, bytes | None]


def fetch(
    pin: Pin,
    client: Client,
    *,
    servers: Mapping[str, str] = SERVERS,
    pith: str | None = None,
    directory: Path = committed.RECORDS,
    key: RegistryKey = PINNED,
) -> list[Update]:
    """Fetch and verify state (of a known pith number) and feed; `FetchError`, or why one is unusable or refused."""
    present = committed.load(directory)
    asked = {_FEED.format(pin.arxiv): f"{servers['arxiv']}/api/query?id_list={pin.arxiv}"}
    if number := pith or pin.pith:
        asked = {_STATE.format(pin.arxiv): f"{servers['pith']}/pith/{pith_code(number)}/state.json"} | asked
    new = [client.read(url, partial(parse, name=name)) for name, url in asked.items()]
    # what was fetched must agree with what is here, and with each other
    corpus = Corpus((*(d for d in present.documents if d.name not in asked), *new))
    return [
        Update(d.name, d.data, tuple(_difference(d, present)), _require(d, pin, corpus, key)) for d in new
    ]


def _require(document: Document, pin: Pin, corpus: Corpus, key: RegistryKey) -> tuple[str, ...]:
    """Return the warnings of `document`; raise an error unless it is what was asked for, and verifies."""
    name, kind = (
        document.name,
        "pith record" if document.name == _STATE.format(pin.arxiv) else "arXiv Atom feed",
    )
    if document.kind != kind:
        raise UnusableDocumentError(f"{name}: another kind of document", got=document.kind, expected=kind)
    report = verify(document, corpus, {pin.arxiv: pin}, key=key)
    for check in report.failed:
        raise RefusedUpdateError(f"{name}: check {check.name!r} failed, {check.detail}", do="refused")
    if report.subject != pin.arxiv:
        raise RefusedUpdateError(f"{name}: about another paper", got=report.subject, expected=pin.arxiv)
    return report.warnings


def _difference(new: Document, present: Corpus) -> Iterable[str]:
    old = next((d for d in present.documents if d.name == new.name), None)
    # A feed tells the time of the answer, so its bytes differ each time though it says the same.
    if old and (old.data == new.data or (isinstance(new.content, ArxivPaper) and old.content == new.content)):
        return []
    names, before = (f"committed/{new.name}", f"fetched/{new.name}"), _readable(old.data) if old else []
    diff = list(difflib.unified_diff(before, _readable(new.data), *names, lineterm="", n=1))
    return diff[:_MAX_LINES] + ([f"… {len(diff) - _MAX_LINES} more lines"] if len(diff) > _MAX_LINES else [])


def _readable(data: bytes) -> list[str]:
    text = data.decode("utf-8")
    if text.startswith("{"):
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return [line[:500] for line in text.splitlines()[:5000]]


def plan(
    updates: Iterable[Update],
    *,
    directory: Path = committed.RECORDS,
    pins_file: Path = PINS_FILE,
    key: RegistryKey = PINNED,
) -> Plan:
    """Return what would change; `RefusedUpdateError` as in `pin_changes`, errors of `build`."""
    manifest = directory / committed.MANIFEST
    expected = {path: committed.content_of(path) for path in (manifest, pins_file)}
    wanted = {u.name: u.data for u in updates if u.difference}
    documents = {d.name: d for d in committed.load(directory).documents}
    documents |= {name: parse(data, name) for name, data in wanted.items()}
    new = build.build(Corpus(tuple(documents[name] for name in sorted(documents))), key=key)
    old, files = load_pins(pins_file), {directory / name: data for name, data in wanted.items()}
    files[manifest] = committed.render_manifest({d.name: d.sha256 for d in documents.values()})
    files[pins_file] = build.render(new)
    changes = tuple(line for arxiv, pin in new.items() for line in pin_changes(old[arxiv], pin))
    return Plan(new, changes, files, expected)


def pin_changes(old: Pin, new: Pin) -> Iterator[str]:
    """Yield each change of a field in words; `RefusedUpdateError` for one that no signature covers.

    A field that nothing gave so far may be filled by anyone; a value that is there changes only to a signed one.
    """
    if old.trust == "signed" and new.trust != "signed":
        raise RefusedUpdateError(f"{old.arxiv}: trust would change", got=new.trust, expected=old.trust)
    for now in new.evidence:
        field, was = now.field, old.why(now.field)
        before, after = getattr(old, field), getattr(new, field)
        signed = now.trust == "signed" and was.trust != "signed"
        if before == after and was.trust in _SIGNED and now.trust not in _SIGNED:
            raise RefusedUpdateError(f"{old.arxiv}: {field} would lose its signature", got=now.trust)
        if before not in (after, None, ()) and not signed and field != "date_of":
            what = f"{old.arxiv}: {field} would change, by {now.source} ({now.trust})"
            raise RefusedUpdateError(what, got=after, expected=f"{before!r}, {was.trust} by {was.source}")
        if before != after:
            yield f"{old.arxiv} {field}: {before!r} ({was.trust}) -> {after!r} ({now.trust}, by {now.source})"
        elif was.trust != now.trust:
            yield f"{old.arxiv} {field}: {was.trust} by {was.source} -> {now.trust} by {now.source}"
