"""What `make lint` runs, beside the other tests: before them, a core would be idle for a tenth of the time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECIPE = re.search(r"^lint: setup\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
COMMANDS = [line.strip().removeprefix("$(PY) ") for line in RECIPE.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_lint(command):
    arguments = [sys.executable, *command.split()]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_is_code_form_and_types():
    assert {c.removeprefix("-m ").split()[0] for c in COMMANDS} == {"ruff", "mypy"} and len(COMMANDS) == 3
