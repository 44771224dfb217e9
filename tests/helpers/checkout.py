"""A git checkout of a test's own, and the command line in it."""

import subprocess

from repro.cli import main
from repro.record.store import load


def git(top, *arguments):
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *who, *arguments], cwd=top, check=True, capture_output=True)


def run(*more, code=0):
    assert main(["run", "meprop/tiny", *more]) == code


def commit(clone, arms, monkeypatch, *more, code=0, note=True):
    """Train these arms as who has nothing but the checkout, and commit them; returns the committed record."""
    monkeypatch.setenv("REPRO_RUNS", str(clone.parent / f"runs of {arms}"))
    run("--profile", "cpu", "--arms", arms, *more, "--out", str(clone / "output"))
    assert main(["commit", "meprop/tiny", "--profile", "cpu"]) == code
    if note:
        git(clone, "add", ".")
        git(clone, "commit", "--quiet", "--allow-empty", "-m", arms)
    return load(clone / "results", "meprop/tiny", "cpu")
