"""Ask registry and arXiv what they say today, verify it, show what would change, and replace only what holds.

A document replaces a committed one only if it parses, passes every check, is about the very version that is pinned,
and changes no field of a pin but to what a signature covers. All are fetched before anything is written.
"""

import difflib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.check import PINNED, RegistryKey, verify
from metadata.check.record import is_signed
from metadata.errors import RefusedUpdateError, UnusableDocumentError
from metadata.fetch import Client
from metadata.kinds import ArxivPaper, Corpus, Document, PithRecord, parse
from metadata.parse.ids import pith_code
from metadata.parse.strict_json import sha256_hex
from metadata.pins import PINS_FILE, Pin, build, committed, load_pins

USER_AGENT = "dni-meprop-repro/0.1 (refreshes three committed paper records; one request per 3 s)"
GAP_S = 3.0  # arXiv asks for at most one request in three seconds (https://info.arxiv.org/help/api/tou.html)
_MAX_LINES = 60  # of a difference that are shown
_SIGNED = ("signed", "hash signed")


@dataclass(frozen=True)
class Servers:
    """Base addresses, without a slash at the end."""

    pith: str = "https://pith.science"
    arxiv: str = "https://export.arxiv.org"


PUBLIC = Servers()


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
    servers: Servers = PUBLIC,
    pith: str | None = None,
    directory: Path = committed.RECORDS,
    key: RegistryKey = PINNED,
) -> list[Update]:
    """Fetch and verify state (of a known pith number) and feed; `FetchError`, or why one is unusable or refused."""
    present, answers = committed.load(directory), dict[str, tuple[Document, bytes]]()
    if number := pith or pin.pith:
        url = f"{servers.pith}/pith/{pith_code(number)}/state.json"
        name = f"pith-{pin.arxiv}.state.json"
        answers[name] = _document(client, url, name, PithRecord)
    url, name = f"{servers.arxiv}/api/query?id_list={pin.arxiv}", f"arxiv-atom-{pin.arxiv}.xml"
    answers[name] = _document(client, url, name, ArxivPaper)
    others = (d for d in present.documents if d.name not in answers)
    # what was fetched must agree with what is here, and with each other
    corpus = Corpus((*others, *(document for document, _ in answers.values())))
    updates = []
    for document, data in answers.values():
        warnings = _require(document, pin, corpus, key)
        updates.append(Update(document.name, data, tuple(_difference(document, data, directory)), warnings))
    return updates


def _document(client: Client, url: str, name: str, kind: type) -> tuple[Document, bytes]:
    """Return the document at `url`, parsed within the time limit, and its bytes."""

    def use(data: bytes) -> tuple[Document, bytes]:
        first = b"{" if kind is PithRecord else b"<"
        if not data.lstrip().startswith(first):  # before anything else is tried
            what = f"{name}: another kind of document"
            raise UnusableDocumentError(what, got=data[:40], expected=kind.__name__)
        return parse(data, name), data

    return client.read(url, use)


def _require(document: Document, pin: Pin, corpus: Corpus, key: RegistryKey) -> tuple[str, ...]:
    """Raise `RefusedUpdateError` unless `document` is about `pin` and verifies; return its warnings."""
    report, name = verify(document, corpus, {pin.arxiv: pin}, key=key), document.name
    for check in report.failed:
        raise RefusedUpdateError(f"{name}: check {check.name!r} failed, {check.detail}", do="refused")
    if report.subject != pin.arxiv:
        raise RefusedUpdateError(f"{name}: about another paper", got=report.subject, expected=pin.arxiv)
    if isinstance(document.content, PithRecord) and not is_signed(report.checks):
        raise RefusedUpdateError(f"{name}: not signed", expected="a signature by the pinned key")
    return report.warnings


def _difference(document: Document, new: bytes, directory: Path) -> Iterable[str]:
    path, name = directory / document.name, document.name
    old = path.read_bytes() if path.exists() else b""
    # A feed tells the time of the answer, so its bytes differ each time though it says the same.
    feed = isinstance(document.content, ArxivPaper)
    if old and (old == new or (feed and parse(old).content == document.content)):
        return []
    names = (f"committed/{name}", f"fetched/{name}")
    diff = list(difflib.unified_diff(_readable(old), _readable(new), *names, lineterm="", n=1))
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
    """Return what would change, built in a copy; `RefusedUpdateError` as in `pin_changes`, errors of `build`."""
    wanted, old = {u.name: u.data for u in updates if u.difference}, load_pins(pins_file)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "records"
        shutil.copytree(directory, copy)
        manifest = committed.read_manifest(copy) | {name: sha256_hex(data) for name, data in wanted.items()}
        wanted[committed.MANIFEST] = committed.render_manifest(manifest).encode("ascii")
        present = (directory / committed.MANIFEST, pins_file)
        expected = {path: path.read_bytes() if path.exists() else None for path in present}
        for name, data in wanted.items():
            (copy / name).write_bytes(data)
        new = build.build_committed(copy, key=key)
    changes = tuple(line for arxiv, pin in new.items() for line in pin_changes(old[arxiv], pin))
    files = {directory / name: data for name, data in wanted.items()}
    return Plan(new, changes, files | {pins_file: build.render(new).encode("utf-8")}, expected)


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


def apply(what: Plan) -> dict[str, Pin]:
    """Write a plan, all of it or nothing, and return the new pins; errors of `metadata.pins.committed.replace`."""
    committed.replace(what.files, what.expected)
    return what.pins
