"""Kernels that are forked from one process which has imported the libraries: seconds less for every notebook.

`python repro/notebook/warm.py FOLDER` is that process. It imports nothing of this package, so that a kernel imports
the code it is to run, of whatever checkout. `repro.notebook.provisioner` asks it for kernels, and starts them as
usual where it answers no or there is none (it needs `fork`, and is tried on Linux alone).
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

NAME = "repro-warm"
"""Of the entry point in `pyproject.toml`."""
PROVISIONER = "JUPYTER_DEFAULT_PROVISIONER_NAME"
ADDRESS = "REPRO_WARM_KERNELS"
"""The variable with the socket's path; without it no kernel is asked for."""
LIBRARIES = ("ipykernel.kernelapp", "torch", "matplotlib.pyplot", "seaborn", "pandas", "IPython", "sympy")
"""What notebooks import; sympy is what torch imports at the first backward pass."""
READ_AT_IMPORT = (
    *("PYTHON", "OMP_", "MKL_", "OPENBLAS_", "KMP_AFFINITY", "GOMP_", "NUMEXPR_", "TORCH_", "CUDA", "LD_"),
    *("MPLCONFIGDIR", "MATPLOTLIBRC", "HOME", "XDG_", "TZ", "LANG", "LC_"),
)
"""Beginnings of variables that interpreter or libraries read only once: they must be as they were here.

Not those that libraries set for others when they are imported: whoever asks may have imported them.
"""
INLINE = "module://matplotlib_inline.backend_inline"
KERNEL = ["-m", "ipykernel_launcher"]
PATIENCE_S = 5
"""Seconds for one request: whoever is slower gets no kernel, and the next one is served."""


class Request(NamedTuple):
    """A kernel to be: its command, variables and folder, as `subprocess.Popen` would get them."""

    command: list[str]
    environment: dict[str, str]
    folder: str


@contextlib.contextmanager
def kernels(**variables: str) -> Iterator[None]:
    """A process that hands out kernels to all that Jupyter starts inside the block, also in child processes.

    `variables`: with which kernels will be asked for, beside the environment's. None where kernels cannot be forked
    safely, where there is such a process, or where this installation is older than the entry point through which
    Jupyter finds it. Its libraries are imported at the first request. Kernels share what is settled when an
    interpreter starts: the hashes of strings, for instance.
    """
    known = entry_points(group="jupyter_client.kernel_provisioners", name=NAME)
    if sys.platform != "linux" or ADDRESS in os.environ or not known:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:  # nobody else may enter it
        command = [sys.executable, str(Path(__file__).resolve()), folder]
        pipes: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
        }
        with subprocess.Popen(command, process_group=0, env={**os.environ, **variables}, **pipes) as server:
            assert server.stdout is not None
            if server.stdout.readline():  # it listens; else kernels start as usual
                os.environ |= {PROVISIONER: NAME, ADDRESS: f"{folder}/socket"}
            try:
                yield
            finally:
                for name in (PROVISIONER, ADDRESS):
                    os.environ.pop(name, None)
                server.terminate()


def _facts(environment: dict[str, str]) -> dict[str, str]:
    """What must agree between this process and a kernel; the path of modules is set anew in each."""
    return {k: v for k, v in environment.items() if k.startswith(READ_AT_IMPORT) and k != "PYTHONPATH"}


def _fits(request: Request) -> bool:
    """Whether a fork of this process is what the command would start."""
    program, *arguments = request.command
    mine = program == sys.executable and arguments[:2] == KERNEL
    return mine and _facts(request.environment) == _facts(dict(os.environ))


def _received(connection: socket.socket, files: list[int]) -> Request:
    """The request; into `files`, the standard output and error that its kernel is to have."""
    text, received, _, _ = socket.recv_fds(connection, 1 << 16, 2)
    files += received
    while not text.endswith(b"\n"):
        more = connection.recv(1 << 16)
        if not more:
            raise ConnectionError("the request ended before its end")
        text += more
    return Request(*json.loads(text))


def _path(environment: Any) -> list[str]:
    return [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]


def _forked() -> bool:
    """Whether this is the fork, which has the libraries."""
    for name in LIBRARIES:
        importlib.import_module(name)
    return os.fork() == 0


def serve(folder: str) -> Request:
    """Fork a kernel for each request that fits, until standard input ends; returns the request in each fork."""
    sys.path[:] = [p for p in sys.path[1:] if p not in _path(os.environ)]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads at its import whose end it is to notice
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen(64)
        print("listening", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            files: list[int] = []
            # what is suppressed is the trouble of whoever asked: the next one is served
            with contextlib.suppress(OSError, ValueError, TypeError), listener.accept()[0] as connection:
                try:
                    connection.settimeout(PATIENCE_S)
                    request = _received(connection, files)
                    if not _fits(request):
                        connection.sendall(b"no\n")
                    elif _forked():
                        listener.close()
                        _become(request, files, connection)
                        return request
                finally:
                    for file in files:
                        os.close(file)
    sys.exit()


def _become(request: Request, files: list[int], connection: socket.socket) -> None:
    """Make this fork what `Popen` would have made, and let it end with whoever asked for it; it never goes back."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with open(os.devnull) as nothing:
            for source, target in zip((nothing.fileno(), *files), (0, 1, 2), strict=True):
                os.dup2(source, target)
        os.environ.clear()
        os.environ.update(request.environment)
        os.environ.setdefault("MPLBACKEND", INLINE)  # as the kernel does, before matplotlib is imported
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
        for library in (sys.modules["numpy"].random, sys.modules["torch"]):
            library.seed()  # as `random` does by itself: no two kernels draw the same
        os.chdir(request.folder)
        sys.path[:0] = _path(os.environ)
        importlib.invalidate_caches()
        connection.sendall(f"{os.getpid()}\n".encode())
        kept = connection.dup()  # the caller closes its own
        kept.settimeout(None)
        os.register_at_fork(after_in_child=kept.close)  # else its own forks would pass for the kernel
        threading.Thread(target=_end_with, args=(kept,), daemon=True).start()
    except BaseException:
        os._exit(1)


def _end_with(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.recv(1)
    os._exit(1)


def main(folder: str) -> None:
    """Serve; each fork becomes its kernel, and ends without taking apart what it shares with the others."""
    sys.argv = ["ipykernel_launcher", *serve(folder).command[3:]]
    code = 1
    try:
        sys.modules["ipykernel.kernelapp"].launch_new_instance()
        code = 0
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
