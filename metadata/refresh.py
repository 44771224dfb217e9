"""Ask registry and arXiv what they say today, verify it, show the difference, and replace only what holds.

A document replaces a committed one only if it parses, passes every check, is about the very version that is
pinned, and still gives the same pin where the pin is signed. All are fetched before anything is written.
"""

from __future__ import annotations

import difflib
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from metadata import atomic, build, documents, keys, pins, records
from metadata.arxiv import ArxivPaper
from metadata.canonical import sha256_hex
from metadata.corpus import Corpus
from metadata.documents import Document
from metadata.errors import RefusedUpdateError, UnusableDocumentError
from metadata.fetch import Fetcher
from metadata.ids import parse_pith
from metadata.keys import RegistryKey
from metadata.pins import Pin
from metadata.pith_types import PithRecord
from metadata.trust import is_signed
from metadata.verify import verify

_MAX_LINES = 60  # of a difference that are shown


@dataclass(frozen=True)
class Servers:
    """Base addresses, without a slash at the end."""

    pith: str = "https://pith.science"
    arxiv: str = "https://export.arxiv.org"


PUBLIC = Servers()


@dataclass(frozen=True)
class Update:
    """A fetched and verified document: its file name, its bytes, and how it differs from the committed one.

    `difference` is a unified diff (lines, cut off after 60); empty if the committed document says the same.
    """

    name: str
    data: bytes
    difference: tuple[str, ...]


def fetch(
    pin: Pin,
    fetcher: Fetcher,
    *,
    servers: Servers = PUBLIC,
    pith: str | None = None,
    directory: Path = records.RECORDS,
    key: RegistryKey = keys.PINNED,
) -> list[Update]:
    """Fetch and verify the state (if its pith number is known or given as `pith`) and arXiv's entry.

    Raises `FetchError`, `UnusableDocumentError` or `RefusedUpdateError`. Nothing is written.
    """
    committed = records.load(directory)
    addresses = {f"arxiv-atom-{pin.arxiv}.xml": f"{servers.arxiv}/api/query?id_list={pin.arxiv}"}
    number = pith or pin.pith
    if number:
        url = f"{servers.pith}/pith/{parse_pith(number).code}/state.json"
        addresses = {f"pith-{pin.arxiv}.state.json": url, **addresses}
    answers = {name: fetcher.get(url) for name, url in addresses.items()}
    fetched = [documents.parse(data, name) for name, data in answers.items()]
    others = [d for d in committed.documents if d.name not in answers]
    corpus = Corpus((*others, *fetched))  # what was fetched must agree with what is here, and with each other
    for document in fetched:
        _require(document, pin, corpus, key)
    return [
        Update(d.name, answers[d.name], tuple(_difference(d, answers[d.name], directory))) for d in fetched
    ]


def _require(document: Document, pin: Pin, corpus: Corpus, key: RegistryKey) -> None:
    """Raise `RefusedUpdateError` unless `document` is of the kind asked for, about `pin`, and verifies."""
    expected = PithRecord if document.name.endswith(".json") else ArxivPaper
    if not isinstance(document.content, expected):
        raise UnusableDocumentError(f"{document.name}: kind", got=document.kind, expected=expected.__name__)
    report = verify(document, corpus, {pin.arxiv: pin}, key=key)
    if report.failed:
        check = report.failed[0]
        raise RefusedUpdateError(
            f"{document.name}: check {check.name!r} failed, {check.detail}", do="refused"
        )
    if report.subject != pin.arxiv:
        raise RefusedUpdateError(
            f"{document.name}: about another paper", got=report.subject, expected=pin.arxiv
        )
    if isinstance(document.content, PithRecord) and not is_signed(list(report.checks)):
        raise RefusedUpdateError(f"{document.name}: not signed", expected="a signature by the pinned key")


def _difference(document: Document, new: bytes, directory: Path) -> Iterable[str]:
    path, name = directory / document.name, document.name
    old = path.read_bytes() if path.exists() else b""
    if old and (old == new or _same_paper(old, document)):
        return []
    before, after = _readable(old), _readable(new)
    diff = list(difflib.unified_diff(before, after, f"committed/{name}", f"fetched/{name}", lineterm="", n=1))
    more = [f"… {len(diff) - _MAX_LINES} more lines"] if len(diff) > _MAX_LINES else []
    return diff[:_MAX_LINES] + more


def _same_paper(old: bytes, document: Document) -> bool:
    # A feed tells the time of the answer, so its bytes differ each time though it says the same.
    return isinstance(document.content, ArxivPaper) and documents.parse(old).content == document.content


def _readable(data: bytes) -> list[str]:
    text = data.decode("utf-8")
    if text.startswith("{"):
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return text.splitlines()


def apply(
    updates: Iterable[Update],
    *,
    directory: Path = records.RECORDS,
    pins_file: Path = pins.PINS_FILE,
    key: RegistryKey = keys.PINNED,
) -> dict[str, Pin]:
    """Write `updates` with manifest and pins, and return the new pins; write nothing if they do not hold.

    The new set is built in a copy first. Raises `RefusedUpdateError` if a pin would change its identity,
    `PinError` if the new documents contradict each other.
    """
    wanted = {u.name: u.data for u in updates if u.difference}
    old = pins.load_pins(pins_file)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "records"
        shutil.copytree(directory, copy)
        manifest = records.read_manifest(copy) | {name: sha256_hex(data) for name, data in wanted.items()}
        for name, data in wanted.items():
            (copy / name).write_bytes(data)
        (copy / records.MANIFEST).write_text(records.render_manifest(manifest), encoding="ascii")
        new = build.build_committed(copy, key=key)
        for arxiv, pin in new.items():
            _require_same(old[arxiv], pin)
        for name in [*wanted, records.MANIFEST]:
            atomic.write(directory / name, (copy / name).read_bytes())
    atomic.write(pins_file, build.render(new).encode("utf-8"))
    return new


def _require_same(old: Pin, new: Pin) -> None:
    """Raise `RefusedUpdateError` if a signed pin loses its signature, or any pin becomes another paper."""
    if old.trust == "curated":
        old = replace(old, trust=new.trust, pith=new.pith, canonical_sha256=new.canonical_sha256)
    for field in ("arxiv", "trust", "pith", "canonical_sha256", "authors", "submitted", "doi"):
        got, expected = getattr(new, field), getattr(old, field)
        if got != expected:
            raise RefusedUpdateError(f"{old.arxiv}: {field} would change", got=got, expected=str(expected))
