"""The committed documents under `metadata/records/` and the manifest that fixes their bytes."""

from __future__ import annotations

import re
from pathlib import Path

from metadata.errors import PinError, UnusableDocumentError
from metadata.kinds import Corpus, Document, parse, read_bytes
from metadata.parse.strict_json import sha256_hex

RECORDS = Path(__file__).parents[1] / "records"
MANIFEST = "MANIFEST.sha256"  # the format of `sha256sum`, so that `sha256sum -c` checks it too
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]{0,120})")
_REPAIR = "restore the files with git; only a deliberate refresh may change them"


def load(directory: Path = RECORDS) -> Corpus:
    """Return the documents in `directory`, in the order of the manifest, named by their file names.

    Raises `PinError` if files and manifest do not agree (missing, changed, unlisted) and
    `UnusableDocumentError` for a listed document that cannot be parsed.
    """
    listed = read_manifest(directory)
    present = {p.name for p in directory.iterdir() if not p.name.startswith(".") and p.name != MANIFEST}
    unlisted = sorted(present - set(listed))
    if unlisted:
        raise PinError(f"file in records that {MANIFEST} does not list", got=unlisted[0], do=_REPAIR)
    return Corpus(tuple(_document(directory / name, sha256) for name, sha256 in listed.items()))


def _document(path: Path, expected: str) -> Document:
    try:
        data = read_bytes(path)
    except UnusableDocumentError as e:
        raise PinError(f"record {path.name!r}: {e}", do=_REPAIR) from None
    if sha256_hex(data) != expected:
        raise PinError(
            f"SHA-256 of record {path.name!r}", got=sha256_hex(data), expected=expected, do=_REPAIR
        )
    return parse(data, path.name)


def read_manifest(directory: Path = RECORDS) -> dict[str, str]:
    """Return the SHA-256 (64 hex digits) of each listed file name; `PinError` for a broken manifest."""
    try:
        lines = (directory / MANIFEST).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError) as e:
        raise PinError(f"cannot read {MANIFEST}: {e}", do=_REPAIR) from None
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in listed:
            expected = "64 hex digits, two spaces, a new name"
            raise PinError(f"{MANIFEST}, line {number}", got=line, expected=expected)
        listed[match[2]] = match[1]
    return listed


def render_manifest(hashes: dict[str, str]) -> str:
    """Return the manifest's text for SHA-256 by file name, sorted by name."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
