"""A git checkout of a test's own, and the command line in it."""

import subprocess

from repro.cli import main


def git(top, *arguments):
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *who, *arguments], cwd=top, check=True, capture_output=True)


def run(*more, code=0):
    assert main(["run", "meprop/tiny", *more]) == code
