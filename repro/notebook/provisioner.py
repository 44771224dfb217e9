"""How Jupyter gets a kernel from `repro.notebook.warm`, where one is to be had; else as always.

Registered in `pyproject.toml` as `repro-warm`; Jupyter takes it where the environment names it, and nowhere else.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Sequence
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from repro.notebook.warm import ADDRESS

START_S = 60
"""Seconds that a kernel may take to be forked; the first waits for the libraries."""


class Forked:
    """A kernel that is not our child, with what `LocalProvisioner` uses of `subprocess.Popen`.

    The connection closes when the kernel ends, and the kernel ends when the connection closes.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection, self.pid = connection, pid

    def poll(self) -> int | None:
        """None while it runs; its exit code is not known."""
        try:
            return None if self._connection.recv(1) else 0
        except BlockingIOError:
            return None
        except OSError:
            return 0

    def wait(self) -> int:
        """Until it has ended."""
        while self.poll() is None:
            time.sleep(0.01)
        self._connection.close()
        return 0

    def send_signal(self, number: int) -> None:
        """To the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def forked(
    command: list[str], environment: dict[str, str], folder: str, files: Sequence[int]
) -> Forked | None:
    """A kernel forked for this command, with `files` as its standard output and error.

    None if there is no process to fork from or it says no.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(START_S)
        connection.connect(environment[ADDRESS])
        asked = json.dumps([command, environment, folder]).encode() + b"\n"
        connection.sendall(asked[socket.send_fds(connection, [asked], files) :])
        answer = connection.recv(64).decode().strip()
        if answer.isdigit():
            connection.setblocking(False)
            return Forked(connection, int(answer))
    except (KeyError, OSError):
        pass
    connection.close()
    return None


def _file(asked: Any, own: int) -> int:
    """The descriptor that `Popen` would use for what was asked for; 0 for what only `Popen` can make."""
    if asked is None:
        return own
    descriptor = asked if isinstance(asked, int) else asked.fileno()
    return max(int(descriptor), 0)


class WarmProvisioner(LocalProvisioner):
    """`LocalProvisioner` whose kernels are forks of a process that has the libraries."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork, or else start; returns what tells clients how to connect."""
        environment = dict(kwargs.get("env") or os.environ)
        files = [_file(kwargs.get(name), n) for name, n in (("stdout", 1), ("stderr", 2))]
        kernel = (
            forked(cmd, environment, str(kwargs.get("cwd") or os.getcwd()), files) if all(files) else None
        )
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = kernel
        self.pid: Any = kernel.pid
        self.pgid: Any = kernel.pid  # it leads a group of its own
        return self.connection_info
