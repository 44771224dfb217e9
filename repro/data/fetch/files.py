"""Data files on disk: finding them, checking them, reading them. Never the network."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from repro.data.fetch.sources import SOURCES, File, Source
from repro.errors import DataError

_CHUNK = 1 << 20
_verified: dict[Path, tuple[str, int, int, int]] = {}


class UnavailableError(DataError):
    """Data that is not on disk and cannot be brought there now. `why` says it in a few words."""

    def __init__(self, message: str, why: str):
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Found:
    """A file on disk and the published file (compressed or plain) that it claims to be."""

    path: Path
    want: File


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def locate(source: Source, file: File, base: Path) -> Found | None:
    """Where `file` lies below `base`: the first of the source's folders that has it, packed before plain."""
    for folder in source.folders:
        for form in (file, file.plain):
            if form is not None and os.path.exists(base / folder / form.name):
                return Found(base / folder / form.name, form)
    return None


def verify(source: Source, found: Found) -> None:
    """Refuse a file whose bytes are not the published ones. Its sum is taken once a process.

    A file that changes afterwards (inode, length or time) is checked again.
    """
    try:
        stamp = _stamp(found)
        if _verified.get(found.path) == stamp:
            return
        got = sha256(found.path)
    except OSError as error:
        raise DataError(f"{source.name}: cannot read {found.path}: {error.strerror or error}") from error
    if got != found.want.sha256:
        raise DataError(_not_the_one(source, found, got))
    _verified[found.path] = stamp


def read(source: Source, file: File, base: Path) -> bytes:
    """The verified bytes of `file`, still compressed if it is."""
    found = locate(source, file, base)
    if found is None:
        raise missing_error(source, [file], base, "not on disk")
    verify(source, found)
    return found.path.read_bytes()


def examine(source: Source, base: Path) -> tuple[list[File], dict[str, DataError]]:
    """The files of `source` that are missing below `base`, and the error of each that is corrupt."""
    missing: list[File] = []
    corrupt: dict[str, DataError] = {}
    for file in source.files:
        found = locate(source, file, base)
        if found is None:
            missing.append(file)
            continue
        try:
            verify(source, found)
        except DataError as error:
            corrupt[file.name] = error
    return missing, corrupt


def missing_error(source: Source, missing: list[File], base: Path, why: str) -> UnavailableError:
    """What to tell a user who lacks files: which, from where, their sums, where to put them, what to run."""
    lines = [f"{source.name}: {len(missing)} of {len(source.files)} files are missing ({why})"]
    if source.folders:
        lines += [f"  put into {base / source.folders[0]}:"]
    lines += [f"  {f.name}  {f.size} bytes  SHA-256 {f.sha256}" for f in missing]
    if source.archive and source.mirrors:
        lines += [f"  they are in {source.mirrors[0]}{source.archive.name}"]
    elif source.mirrors:
        lines += [f"  from {' or '.join(source.mirrors)}"]
    if source.how:
        lines += [f"  {source.how}"]
    if source.mirrors:
        lines += [f"  or run `repro data fetch {source.name}` where there is a network"]
    if source.folders:
        lines += ["  or name another folder with --data-dir or REPRO_DATA"]
    return UnavailableError("\n".join(lines), why)


def forget() -> None:
    """Forget which files were verified (tests)."""
    _verified.clear()


def _stamp(found: Found) -> tuple[str, int, int, int]:
    """What identifies a verified file: the sum it was checked against, inode, length, time of change."""
    stat = found.path.stat()
    return found.want.sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _not_the_one(source: Source, found: Found, got: str) -> str:
    """The message for wrong bytes, with the likely cause: truncated, or another published file's bytes."""
    plain = found.want.plain
    if plain and plain.sha256 == got:  # as browsers and archivers leave it
        return f"{source.name}: {found.path} holds the published bytes, unpacked: rename it to {plain.name}"
    size = found.path.stat().st_size
    cause = f"{size} bytes, expected {found.want.size}"
    for other in (f for s in SOURCES.values() for g in s.files for f in (g, g.plain) if f):
        if other.sha256 == got:
            cause = f"these are the bytes of {other.name}: swapped?"
    fetch = f" or run `repro data fetch {source.name}`" if source.mirrors else ""
    return (
        f"{source.name}: {found.path} is not the published file: its SHA-256 is {got}, expected "
        f"{found.want.sha256} ({cause}); delete it{fetch}"
    )
