"""Writing a file so that a kill at any moment leaves the old one or the new one; folders that can be written."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repro.errors import BadValueError


def write_together(files: Mapping[Path, bytes | memoryview]) -> None:
    """Replace each file atomically, in this order, and none before all are on the disk beside their places."""
    mine = f"{os.getpid()}-{threading.get_ident()}"  # a GPU's workers are threads
    there = {path: path.with_name(f"{path.name}.{mine}.tmp") for path in files}
    try:
        for path, temporary in there.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(files[path])
        for path, temporary in there.items():
            os.replace(temporary, path)
    except BaseException:  # a full disk, Ctrl-C: no torn file is left behind
        for temporary in there.values():
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Replace `path` by `data` atomically; its folder is made if it is not there."""
    write_together({path: data})


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of UTF-8, with the line ends that are in the text."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, data: Any) -> None:
    """`write_text` of compact JSON."""
    write_text(path, json.dumps(data))


def writable(folder: Path) -> None:
    """`BadValueError` if `folder` cannot be made and written: an hour of training must not end in such a one.

    It is not made yet: what is refused for another reason leaves nothing behind.
    """
    import tempfile  # here: `repro list` answers at once

    try:
        tempfile.TemporaryFile(dir=_nearest(folder.absolute())).close()
    except OSError as e:
        told = f"cannot write in {folder}: {e.strerror}; expected a folder that can be written"
        raise BadValueError(told) from None


def _nearest(path: Path) -> Path:
    """The path, or the nearest above it that is there; `OSError` where the name itself cannot be."""
    try:
        path.lstat()  # a link that leads nowhere is there, and no folder
        return path
    except FileNotFoundError:
        return _nearest(path.parent)
