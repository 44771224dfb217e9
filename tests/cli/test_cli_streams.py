"""Where the command line writes to: a terminal that is narrow or lacks our signs, a pipe, a full disk, nothing."""

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from repro.exhibits import ids


def test_nobody_reading_is_no_error(places):
    """`repro list | head -0`: the pipe is closed before anything is written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "repro", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) == 141 and err == ""


@pytest.mark.parametrize(
    ("where", "code", "said"), [(">&-", 0, ""), ("> /dev/full", 1, "repro: No space left on device")]
)
def test_an_output_that_takes_nothing_gives_no_traceback(places, where, code, said):
    if "full" in where and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    command = f'"{sys.executable}" -m repro list {where}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code and done.stderr.startswith(said) and "Traceback" not in done.stderr


def test_in_a_narrow_terminal_no_line_is_broken_by_it(places):
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 90, 0, 0))
    with subprocess.Popen([sys.executable, "-m", "repro", "list"], stdout=theirs, cwd=places) as running:
        os.close(theirs)
        told = b""
        with contextlib.suppress(OSError):  # so a pseudo-terminal ends
            while part := os.read(ours, 1 << 16):
                told += part
    os.close(ours)
    lines = told.decode().splitlines()
    assert running.returncode == 0 and len(lines) > len(ids()) and max(map(len, lines)) <= 90


def test_a_terminal_without_our_signs_is_no_reason_to_fail():
    done = subprocess.run(
        [sys.executable, "-m", "repro", "list"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 and b"?" in done.stdout and b"Traceback" not in done.stderr
