"""Carry out one piece: look it up by content, else train it (resuming), and keep the result.

A piece's folder in the runs directory is named by the digest of what determines its numbers: the piece, the data's
checksums, the code of the modules it uses and the kind of device. Files are replaced atomically; a lock lets one
runner work on a piece while others wait and then read its result.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro import device as devices
from repro.data import DataInfo
from repro.data import info as data_info
from repro.errors import PieceError
from repro.runner.code import digests
from repro.spec import Piece, digest
from repro.train.loop import Context


@dataclass(frozen=True)
class Job:
    """A piece and where to carry it out: plain data, so that any executor can ship it."""

    piece: dict[str, Any]
    runs_dir: str
    device: str
    data_dir: str | None
    download: bool = True
    threads: int | None = None


def key_of(piece: Piece, data: DataInfo | None, device: str) -> str:
    """Digest of all that determines the piece's numbers."""
    files = {"asked": data.asked, "name": data.name, "files": dict(data.files)} if data else None
    return digest({"piece": piece.as_json(), "data": files, "code": digests(piece.work), "device": device})


def data_of(piece: Piece, data_dir: str | None, download: bool = True) -> DataInfo | None:
    """Which data the piece will use; `DataError` if it is missing and no stand-in is allowed."""
    if piece.dataset is None:
        return None
    return data_info(piece.dataset, data_dir, piece.stand_in, download)


def read_result(folder: Path) -> dict[str, Any] | None:
    """The finished result in a piece's folder, or None if it is absent or torn."""
    try:
        result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if {"piece", "rows", "meta"} <= result.keys() else None


def carry_out(job: Job, progress: Callable[[str, float], None] | None = None) -> dict[str, Any]:
    """Result of the piece {"piece", "key", "data", "code", "rows", "meta"}: from the cache, else by training."""
    from filelock import FileLock

    piece = Piece.from_json(job.piece)
    data = data_of(piece, job.data_dir, job.download)
    key = key_of(piece, data, job.device)
    folder = Path(job.runs_dir) / key[:2] / key
    folder.mkdir(parents=True, exist_ok=True)
    found = read_result(folder)
    if found:
        return found
    with FileLock(folder / "lock"):  # released by the system when its holder dies
        found = read_result(folder)  # another runner may have finished it while we waited
        if not found:
            found = _train(piece, data, key, folder, job, progress)
    return found


def _train(
    piece: Piece,
    data: DataInfo | None,
    key: str,
    folder: Path,
    job: Job,
    progress: Callable[[str, float], None] | None,
) -> dict[str, Any]:
    devices.prepare(job.device, job.threads)
    (folder / "piece.json").write_text(json.dumps(piece.as_json(), indent=1), encoding="utf-8")
    ctx = Context(job.device, job.data_dir, job.download, folder / "checkpoint.pt")
    if progress:
        name = f"{piece.exhibit} {piece.name}"
        ctx.progress = lambda fraction: progress(name, fraction)
    started = time.time()
    module, function = piece.work.split(":")
    try:
        done = getattr(importlib.import_module(module), function)(piece, ctx)
    except Exception as e:
        raise PieceError(f"piece {piece.exhibit} {piece.name} failed: {type(e).__name__}: {e}") from e
    result = {
        "piece": piece.as_json(),
        "key": key,
        "data": None
        if data is None
        else {
            "asked": data.asked,
            "name": data.name,
            "note": data.note,
            "stand_in": data.stand_in,
            "files": dict(data.files),
        },
        "code": digests(piece.work),
        "rows": [list(r) for r in done.rows],
        "meta": {
            **done.meta,
            "started": started,
            "wall_s": time.time() - started,
            "peak_memory_mb": _peak_mb(job.device),
            "environment": devices.facts(job.device),
        },
    }
    temporary = folder / f"result.{os.getpid()}.tmp"
    temporary.write_text(json.dumps(result, allow_nan=True), encoding="utf-8")
    os.replace(temporary, folder / "result.json")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return result


def _peak_mb(device: str) -> float:
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
