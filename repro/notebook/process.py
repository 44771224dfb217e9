"""One notebook's process: pass its lines on, end it when its time is up or when all is to stop."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from typing import IO

from repro.paths import root

Echo = Callable[[str], None]
KERNEL = {"MPLBACKEND": "agg", "JUPYTER_PREFER_ENV_PATH": "1"}
"""No window for a figure; this environment's kernel, whatever others the user has."""
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONUTF8"), "1")
"""One thread: side by side, notebooks share the cores; and numbers do not hang on how many there are. UTF-8: names
of folders reach them whatever the locale is."""
STOP_S = 5
"""Seconds between asking a process to stop (and to end its kernel) and killing it."""
POLL_S = 0.2


def run(command: list[str], echo: Echo, limit_s: float, stop: threading.Event | None = None) -> str:
    """Run one notebook's process, passing its lines on; returns the error in one line, or an empty string.

    It is ended when it takes longer than `limit_s`, and when `stop` is set. It has a process group of its own, so
    that Ctrl-C reaches only us, who end it.
    """
    path = os.pathsep.join(filter(None, [str(root()), os.environ.get("PYTHONPATH")]))
    # the kernel must find this package
    environment = {**os.environ, "PYTHONPATH": path, **KERNEL, **ALONE}
    environment.pop("JUPYTER_PATH", None)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as trouble:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=trouble,
            text=True,
            errors="replace",
            process_group=0,
        )
        assert child.stdout is not None
        reader = threading.Thread(target=_pass_on, args=(child.stdout, echo), daemon=True)
        reader.start()
        error = _wait(child, limit_s, stop or threading.Event())
        reader.join(5)
        child.stdout.close()
        trouble.seek(0)
        last = [line for line in trouble.read().splitlines() if line.strip()][-1:]
    if error or child.returncode == 0:
        return error
    return last[0] if last else f"its process ended with code {child.returncode}"


def _wait(child: subprocess.Popen[str], limit_s: float, stop: threading.Event) -> str:
    end = time.monotonic() + limit_s
    try:
        while time.monotonic() < end and not stop.is_set():
            try:
                child.wait(POLL_S)
                return ""
            except subprocess.TimeoutExpired:
                pass
    finally:
        if child.poll() is None:  # over the limit, or all is to stop, or we are being interrupted ourselves
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    return "stopped" if stop.is_set() else f"stopped after its time limit of {limit_s:g} s"


def _pass_on(lines: IO[str], echo: Echo) -> None:
    for line in lines:
        if line.strip():
            echo(line.rstrip())
