"""Checkpoints of training: written atomically, and believed only if they are whole.

A file is the SHA-256 of the state that follows it: `torch.load` does not notice a changed byte.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from pathlib import Path
from typing import Any

import torch

from repro.files import write_bytes

_log = logging.getLogger("repro.runner")
_SUM = hashlib.sha256().digest_size


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write atomically: a kill at any moment leaves the old checkpoint or the new one."""
    data = io.BytesIO()
    data.write(bytes(_SUM))
    torch.save(state, data)
    whole = data.getbuffer()
    whole[:_SUM] = hashlib.sha256(whole[_SUM:]).digest()
    write_bytes(path, whole)


def load_checkpoint(path: Path | None) -> dict[str, Any] | None:
    """The saved state, or None when there is none or the file is damaged: then training starts afresh.

    A damaged file is named in a warning and kept beside as `*.bad`. What may pass (`OSError` such as a lost disk,
    `MemoryError`) is raised, because the checkpoint may hold hours of work.
    """
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(memoryview(data)[_SUM:]).digest() != data[:_SUM]:
        bad = path.with_suffix(".bad")
        os.replace(path, bad)
        _log.warning("%s is damaged (its SHA-256 is another); kept as %s, training starts afresh", path, bad)
        return None
    return torch.load(io.BytesIO(memoryview(data)[_SUM:]), map_location="cpu", weights_only=True)  # type: ignore[no-any-return]


def copied(state: dict[str, Any]) -> dict[str, Any]:
    """A copy of a learner's state as a checkpoint would give it back."""
    data = io.BytesIO()
    torch.save(state, data)
    data.seek(0)
    return torch.load(data, map_location="cpu", weights_only=True)  # type: ignore[no-any-return]
