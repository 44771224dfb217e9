"""Brings the missing files of a data set into the data folder, one process at a time."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import tarfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from repro.data.fetch import marker
from repro.data.fetch.files import examine, missing_error, sha256
from repro.data.fetch.sources import File, Source
from repro.errors import DataError

if TYPE_CHECKING:  # urllib3 is slow to import and absent on bare machines
    from repro.data.fetch.download import Downloads, Progress
    from repro.data.fetch.request import Limits


def mirrors_of(source: Source) -> tuple[str, ...]:
    """The base addresses to ask: `REPRO_MIRRORS` (blanks or commas between), else the publishers'."""
    own = os.environ.get("REPRO_MIRRORS", "").replace(",", " ").split()
    return tuple(own) or source.mirrors


def offline() -> bool:
    """Whether the user forbids the network: `REPRO_OFFLINE` is set, and not to 0."""
    return os.environ.get("REPRO_OFFLINE", "0") not in ("", "0")


def obtain(
    source: Source,
    base: Path,
    asked: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> None:
    """Download what `base` lacks of `source`. `UnavailableError` when that cannot be had.

    `asked`: a user wants it now, so be patient, ask mirrors again that failed lately, replace corrupt files.
    """
    _refuse_early(source, base, asked)
    try:
        import filelock

        from repro.data.fetch.request import ASKED, AUTOMATIC
    except ImportError as error:
        why = f"downloading needs {error.name}"
        raise missing_error(source, _wanted(source, base, asked), base, why) from error
    limits = limits or (ASKED if asked else AUTOMATIC)
    folder = base / source.folders[0]
    patience = limits.total if math.isfinite(limits.total) else -1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(base / f".{source.name}.lock", timeout=patience):
            _obtain_alone(source, base, asked, limits, progress)
    except filelock.Timeout as error:
        why = f"another process has been downloading it for {patience:.0f} s"
        raise missing_error(source, _wanted(source, base, asked), base, why) from error
    except OSError as error:
        why = f"cannot write to {folder}: {error.strerror or error}"
        raise missing_error(source, _wanted(source, base, asked), base, why) from error


def unpack(archive: Path, source: Source, wanted: list[File], folder: Path) -> None:
    """Take `wanted` out of a tar file. Nothing else is written, whatever its paths and links say."""
    inside = {f"{source.member}/{f.name}": f for f in wanted}
    try:
        with tarfile.open(archive, "r:*") as tar:
            for entry in tar:
                body = tar.extractfile(entry) if entry.name in inside and entry.isfile() else None
                if body is not None:
                    _keep(body, inside.pop(entry.name), folder, archive)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{source.name}: {archive} is not a readable archive: {error}") from error
    if inside:
        raise DataError(f"{source.name}: {archive} lacks {', '.join(inside)}")


def _obtain_alone(source: Source, base: Path, asked: bool, limits: Limits, progress: Progress | None) -> None:
    """The download itself, under the lock: what another process brought meanwhile is not fetched again."""
    from repro.data.fetch.download import Downloads, NoMirrorError

    wanted = _wanted(source, base, asked)
    if not wanted:
        return
    _refuse_early(source, base, asked)
    mirrors = mirrors_of(source)
    try:
        _bring(source, wanted, base / source.folders[0], Downloads(mirrors, limits, progress))
    except NoMirrorError as error:
        marker.note(base, mirrors, error.network_out)
        raise missing_error(source, wanted, base, str(error)) from error
    marker.clear(base)


def _bring(source: Source, wanted: list[File], folder: Path, downloads: Downloads) -> None:
    """Each file by itself, or all out of the archive, which is then deleted; one that was there before is kept."""
    if source.archive is None:
        for file in wanted:
            downloads.get(file, folder / file.name)
        return
    archive = folder.parent / source.archive.name
    if _at_hand(source, archive):
        unpack(archive, source, wanted, folder)
        return
    downloads.get(source.archive, archive)
    try:
        unpack(archive, source, wanted, folder)
    finally:
        archive.unlink()


def _at_hand(source: Source, archive: Path) -> bool:
    """Whether the published archive lies there: a user put it there, or a process was killed while unpacking it."""
    return source.archive is not None and archive.is_file() and sha256(archive) == source.archive.sha256


def _wanted(source: Source, base: Path, asked: bool) -> list[File]:
    """Files to bring: the missing ones, and the corrupt ones too if the user asked."""
    missing, corrupt = examine(source, base)
    return [f for f in source.files if f in missing or (asked and f.name in corrupt)]


def _refuse_early(source: Source, base: Path, asked: bool) -> None:
    """`UnavailableError` where the network need not even be tried, though it is needed."""
    if source.archive and _at_hand(source, (base / source.folders[0]).parent / source.archive.name):
        return
    mirrors = mirrors_of(source)
    why = ""
    if not mirrors:
        why = "no open mirror"
    elif offline():
        why = "REPRO_OFFLINE is set"
    elif not asked and marker.failed_lately(base, mirrors, own_mirrors=mirrors != source.mirrors):
        why = f"its mirrors failed in the last {marker.LIFE_S / 60:.0f} minutes"
    if why:
        raise missing_error(source, _wanted(source, base, asked), base, why)


def _keep(body: IO[bytes], file: File, folder: Path, archive: Path) -> None:
    """Write one member under its own name, if its bytes are the published ones."""
    part = folder / f"{file.name}.part"
    got, left = hashlib.sha256(), file.size + 1  # one byte more would show that it is too long
    with part.open("wb") as out:
        while chunk := body.read(min(left, 1 << 20)):
            got.update(chunk)
            out.write(chunk)
            left -= len(chunk)
    if got.hexdigest() != file.sha256:
        part.unlink()
        raise DataError(f"{archive}: {file.name} has SHA-256 {got.hexdigest()}, expected {file.sha256}")
    part.replace(folder / file.name)
