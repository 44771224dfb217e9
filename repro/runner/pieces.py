"""Carry out one piece: look it up by content, else train it (resuming), and keep the result.

A piece's folder in the runs directory is named by the digest of what determines its numbers: the piece, the
data's checksums, the code of the modules it uses and the kind of device. Files are replaced atomically; a
lock lets one runner work on a piece while others wait and then read its result.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro import device as devices
from repro.data import DataInfo
from repro.data import info as data_info
from repro.errors import PieceError
from repro.piece import Piece, digest
from repro.runner.code import digests
from repro.runner.settings import check_settings, first_line
from repro.train.loop import Context

Progress = Callable[[str, float], None]
"""progress("exhibit piece", fraction of that piece): 1.0 when it is finished."""

_log = logging.getLogger("repro.runner")


@dataclass(frozen=True)
class Job:
    """A piece and where to carry it out: plain data, so that any executor can ship it."""

    piece: dict[str, Any]
    runs_dir: str
    device: str
    data_dir: str | None
    download: bool = True
    threads: int | None = None
    checkpoint_s: float = 20.0

    @property
    def name(self) -> str:
        """The piece as messages call it: "exhibit arms/seeds"."""
        return f"{self.piece['exhibit']} {self.piece['name']}"


def key_of(piece: Piece, data: DataInfo | None, device: str) -> str:
    """Digest of all that determines the piece's numbers."""
    files = {"asked": data.asked, "name": data.name, "files": dict(data.files)} if data else None
    return digest({"piece": piece.as_json(), "data": files, "code": digests(piece.work), "device": device})


def data_of(piece: Piece, data_dir: str | None, download: bool = True) -> DataInfo | None:
    """Which data the piece will use; `DataError` if it is missing and no stand-in is allowed."""
    if piece.dataset is None:
        return None
    return data_info(piece.dataset, data_dir, piece.stand_in, download)


def folder_of(runs_dir: str, key: str) -> Path:
    """Where the piece with this key is kept."""
    return Path(runs_dir) / key[:2] / key


def read_result(folder: Path) -> dict[str, Any] | None:
    """The finished result in a piece's folder, or None if it is absent or damaged: then it is named and put aside."""
    path = folder / "result.json"
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if result.pop("sha256") == _sum(result) and result["key"] == folder.name:
            return result
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    bad = path.with_suffix(".bad")
    os.replace(path, bad)
    _log.warning("%s is damaged (its SHA-256 is another); kept as %s, the piece is trained again", path, bad)
    return None


def _sum(result: dict[str, Any]) -> str:
    """SHA-256 of a result's JSON; values that are not finite are allowed."""
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()


def read_progress(folder: Path) -> float | None:
    """The fraction that a worker in another process has written down, if it has."""
    try:
        return float((folder / "progress").read_text(encoding="ascii"))
    except (OSError, ValueError):  # not begun, or read in the middle of a write
        return None


def carry_out(job: Job, progress: Progress | None = None) -> dict[str, Any]:
    """Result of the piece, {"piece", "key", "data", "code", "rows", "meta"}: cached, else by training."""
    from filelock import FileLock

    piece = Piece.from_json(job.piece)
    data = data_of(piece, job.data_dir, job.download)
    key = key_of(piece, data, job.device)
    folder = folder_of(job.runs_dir, key)
    folder.mkdir(parents=True, exist_ok=True)
    found = read_result(folder)
    if not found:
        with FileLock(folder / "lock"):  # released by the system when its holder dies
            found = read_result(folder)  # another runner may have finished it while we waited
            if not found:
                found = _train(piece, data, folder, job, progress)
    if progress:
        progress(job.name, 1.0)
    return found


def attempt(job: Job, progress: Progress | None = None) -> dict[str, Any]:
    """`carry_out` as plain data: {"result": …} or {"failure": what went wrong}.

    Nothing is raised, because not every exception survives the way back from another process.
    """
    try:
        return {"result": carry_out(job, progress)}
    except PieceError as e:
        return {"failure": str(e)}
    except Exception as e:  # named, so that the other pieces go on
        return {"failure": f"piece {job.name} failed: {first_line(e)}"}


def _train(
    piece: Piece, data: DataInfo | None, folder: Path, job: Job, progress: Progress | None
) -> dict[str, Any]:
    check_settings(piece)
    devices.prepare(job.device, job.threads)
    _reset_peak(job.device)
    (folder / "piece.json").write_text(json.dumps(piece.as_json(), indent=1), encoding="utf-8")
    checkpoint = folder / "checkpoint.pt"
    ctx = Context(job.device, job.data_dir, job.download, checkpoint, job.checkpoint_s)
    ctx.progress = _teller(job, folder, progress)
    resumed, started = checkpoint.exists(), time.time()
    module, function = piece.work.split(":")
    try:
        done = getattr(importlib.import_module(module), function)(piece, ctx)
    except Exception as e:
        (folder / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
        _log.error("the traceback of %s is in %s", job.name, folder / "failure.txt")
        _end_if_broken(job.device)
        raise PieceError(f"piece {job.name} failed: {first_line(e)}") from e
    result = {
        "piece": piece.as_json(),
        "key": folder.name,
        "data": data and _plain(data),
        "code": digests(piece.work),
        "rows": [list(r) for r in done.rows],
        "meta": {
            **done.meta,
            "started": started,
            "resumed": resumed,
            # this session, and the training of earlier ones that its checkpoint kept
            "wall_s": time.time() - started + done.meta.get("before_s", 0.0),
            "peak_memory_mb": _peak_mb(job.device),
            "environment": devices.facts(job.device),
        },
    }
    _keep(result, folder)
    return result


def _keep(result: dict[str, Any], folder: Path) -> None:
    temporary = folder / f"result.{os.getpid()}.tmp"
    result = json.loads(json.dumps(result))  # as it will be read: tuples are lists, keys are text
    temporary.write_text(json.dumps({**result, "sha256": _sum(result)}), encoding="utf-8")
    os.replace(temporary, folder / "result.json")
    for name in ("checkpoint.pt", "checkpoint.bad", "result.bad", "progress", "failure.txt"):
        (folder / name).unlink(missing_ok=True)
    for torn in folder.glob("*.tmp"):  # left by runners that were killed in the middle of a write
        torn.unlink(missing_ok=True)


def _plain(data: DataInfo) -> dict[str, Any]:
    return {
        "asked": data.asked,
        "name": data.name,
        "note": data.note,
        "stand_in": data.stand_in,
        "files": dict(data.files),
    }


def _teller(job: Job, folder: Path, progress: Progress | None) -> Callable[[float], None]:
    """Tell `progress`; without one, write the fraction down for the runner that waits elsewhere."""
    if progress:
        return lambda fraction: progress(job.name, min(fraction, 0.999))
    return lambda fraction: _write_progress(folder, fraction)


def _write_progress(folder: Path, fraction: float) -> None:
    (folder / "progress").write_text(f"{fraction:.4f}", encoding="ascii")


def _end_if_broken(device: str) -> None:
    """End a worker process whose CUDA context is lost: every later piece there would fail too.

    Its pool is renewed; in the user's own process there is none, and the error is told as any other.
    """
    if device != "cuda":
        return
    import torch

    try:
        torch.cuda.synchronize()
    except Exception:  # what torch raises for a lost context differs between its versions
        if multiprocessing.parent_process() is not None:
            _log.error("CUDA fails since then: this worker process ends")
            os._exit(1)


def _reset_peak(device: str) -> None:
    """Start the peak anew, since a worker carries out many pieces; off Linux it stays that of the process's life."""
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:  # another system, or forbidden
        pass


def _peak_mb(device: str) -> float:
    """MiB: of tensors on a CUDA device, else of the whole process."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
