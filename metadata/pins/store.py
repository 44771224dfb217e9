"""Replace several files together or not at all: under a lock, whole on disk before the first one changes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from metadata.errors import RefusedUpdateError, WriteError

_LOCK_S = 10.0  # seconds to wait for another writer


class Replaced(KeyboardInterrupt):
    """Ctrl-C came while the files were being replaced: all of them were."""


def replace(files: Mapping[Path, bytes], expected: Mapping[Path, bytes | None] | None = None) -> None:
    """Write `files` (contents by path): all of them, or none.

    `expected` are contents (None: no such file) on which the new ones rest: if another writer changed one,
    nothing is written. Raises `RefusedUpdateError` then, and `WriteError` if a file cannot be written; an
    interruption takes effect before the first file or after the last one.
    """
    from filelock import FileLock, Timeout

    lock = Path(os.path.commonpath([path.parent for path in (*files, *(expected or ()))])) / ".lock"
    try:
        with FileLock(lock, timeout=_LOCK_S):
            for path, content in (expected or {}).items():
                if _read(path) != content:
                    raise RefusedUpdateError(
                        f"{path.name} was changed by someone else meanwhile", do="run it again"
                    )
            _swap(files)
    except Timeout:
        raise WriteError(
            "someone else is writing", do="wait for it, and run it again; nothing was changed"
        ) from None
    except OSError as e:
        raise WriteError(f"cannot write: {e.strerror or e}", do="nothing was changed") from None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _swap(files: Mapping[Path, bytes]) -> None:
    names = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in files}
    new = {path: name.with_suffix(".new.tmp") for path, name in names.items()}
    old = {path: name.with_suffix(".old.tmp") for path, name in names.items()}
    done: list[Path] = []
    try:
        for path, temporary in new.items():  # a full disk shows here, before anything is replaced
            with temporary.open("wb") as file:
                file.write(files[path])
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                os.link(path, old[path])  # so that going back needs no space
        with _uninterrupted() as asked:
            for path, temporary in new.items():
                done.append(path)
                temporary.replace(path)
    except BaseException:
        for path in done:
            old[path].replace(path) if old[path].exists() else path.unlink(missing_ok=True)
        raise
    finally:
        for temporary in (*new.values(), *old.values()):
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    if asked:
        raise Replaced


@contextmanager
def _uninterrupted() -> Iterator[list[int]]:
    """Put Ctrl-C off to the end of the block, and yield the list that it is added to."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def later(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGINT, later)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
