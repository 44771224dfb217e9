"""Where a run computes: device choice, threads, and the facts a record keeps about the machine."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from repro.errors import BadValueError

DEVICES = ("auto", "cpu", "cuda")


def pick(name: str = "auto") -> str:
    """`auto` → "cuda" if there is one, else "cpu". Asking for an absent CUDA device is an error."""
    import torch

    if name not in DEVICES:
        raise BadValueError(f"device {name!r}: expected one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadValueError(
            "device 'cuda' was asked for, but torch sees no CUDA device: use --device cpu, or install a CUDA "
            "build of torch"
        )
    return "cuda" if name != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(device: str, threads: int | None = None) -> None:
    """Set what every run needs: flushed denormals, full fp32 products, a fixed number of CPU threads.

    Without flushed denormals the decaying Adam moments of untouched weights slow a CPU step down fivefold.
    """
    import torch

    pick(device)  # a worker on another machine may lack what the head was told
    torch.set_flush_denormal(True)
    torch.set_default_dtype(torch.float32)  # whoever called may have set another
    _keep_freed_memory()
    if threads:
        torch.set_num_threads(threads)
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False  # its default is True: convolutions too shall be fp32
        torch.backends.cudnn.deterministic = True  # the same bits at every call
        torch.backends.cudnn.benchmark = False


def _keep_freed_memory() -> None:
    """Tell glibc to keep freed blocks: else each large activation is a fresh mmap, paid for in page faults.

    Worth 10 to 40 % of a CPU step here. Does nothing where the C library has no `mallopt`.
    """
    trim_threshold, mmap_threshold = -1, -3  # glibc's <malloc.h>
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 1 << 25)  # 32 MiB, the most it accepts
        libc.mallopt(trim_threshold, (1 << 31) - 1)
    except (OSError, AttributeError):
        pass


def arithmetic(device: str, threads: int) -> dict[str, Any]:
    """What sets the last digits of a number, as part of what it is kept under.

    On a CPU: whose float32 products, if not the BLAS's, and the compiler of kernels in C (`repro.native`), if used.
    Of a CUDA device also its name, CUDA's version, whether TF32 is allowed, as `prepare` sets it, and Triton's
    version (None: kernels written in it leave the work to their plain twins). Its driver is no part: libraries come
    with torch, so it is among the `facts` alone.
    """
    import torch

    from repro import blas, native

    shared = {"device": device, "threads": threads, "torch": torch.__version__}
    if device != "cuda":
        by = {} if blas.name() == blas.BLAS else {"products": blas.name()}
        in_c = native.compiler() if threads == 1 else None
        return {**shared, **by, **({"native": in_c} if in_c else {})}
    pick(device)
    tf32 = {"matmul": False, "cudnn": False}  # not read: keys are asked for before `prepare`, too
    own = {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda, "triton": _triton()}
    if blas.on_gpu() != blas.BLAS:
        own["products"] = blas.on_gpu()
    return {**shared, **own, "tf32": tf32}


def facts(device: str) -> dict[str, Any]:
    """Versions, processor, threads and precision, as plain data for a record."""
    import numpy
    import torch

    from repro import blas, native

    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    return {
        "device": gpu or _cpu_name(),
        "kind": device,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "products": blas.on_gpu() if gpu else blas.name(),
        **({} if gpu else {"native": native.compiler() if torch.get_num_threads() == 1 else None}),
        "flush_denormal": device == "cpu",  # CUDA kernels keep denormals, whatever the host does
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "system": platform.system(),
        **(_cuda_facts() if device == "cuda" else {}),
    }


def _cuda_facts() -> dict[str, Any]:
    import torch

    flags = torch.backends
    return {
        "driver": _driver(),
        "cuda": torch.version.cuda,
        "triton": _triton(),
        "capability": ".".join(map(str, torch.cuda.get_device_capability())),
        "tf32": {"matmul": flags.cuda.matmul.allow_tf32, "cudnn": flags.cudnn.allow_tf32},
    }


def _triton() -> str | None:
    """Triton's version, if kernels written in it are used."""
    if os.environ.get("REPRO_TRITON") == "0":
        return None
    from importlib import metadata  # late: `repro list` needs none of it

    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version("triton")
    return None


@cache
def _driver() -> str | None:
    """Version of the NVIDIA driver; None where neither the system nor nvidia-smi tells."""
    with contextlib.suppress(OSError):
        found = re.search(r"\b\d+\.\d+(\.\d+)?\b", Path("/proc/driver/nvidia/version").read_text())
        if found:
            return found.group()
    ask = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=20)
        return done.stdout.split()[0] if done.stdout.split() else None
    return None


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
