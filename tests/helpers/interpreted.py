"""Triton kernels under its interpreter, which wants to be chosen before any import: tests in a process of their own.

Triton is no dependency of this repository; where it is missing, whoever imports this is skipped.
"""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton", reason="Triton is not installed", exc_type=ImportError)
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
inside = pytest.mark.skipif(not INTERPRETED, reason="in the process that the file's first test starts")
outside = pytest.mark.skipif(INTERPRETED, reason="is that process")


def all_inside_pass(file: str) -> None:
    """Run the test file again under the interpreter; AssertionError with what pytest said if not all passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    env = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-4000:] + done.stderr[-2000:]
