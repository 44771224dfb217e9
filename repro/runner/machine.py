"""What a group took of the machine, and whether its device still works."""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import resource
import sys
from pathlib import Path

_log = logging.getLogger("repro.runner")


def name() -> str:
    """This machine and process, as messages call them."""
    return f"{platform.node() or 'here'} (process {os.getpid()})"


def end_if_broken(device: str) -> None:
    """End a worker process whose CUDA context is lost: every later group there would fail too.

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


def reset_peak(device: str) -> None:
    """Start the peak anew, since a worker carries out many groups; off Linux it stays that of the process's life."""
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:  # another system, or forbidden
        pass


def peak_mb(device: str) -> float:
    """MiB: of tensors on a CUDA device, else of the whole process."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
