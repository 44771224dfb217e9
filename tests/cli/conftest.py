"""A checkout with the tiny exhibit among the others."""

import shutil

import pytest
from checkout import git

from metadata.cite import CFF_FILE
from repro.exhibits import EXTRA


@pytest.fixture
def clone(places, monkeypatch):
    """A git checkout with the tiny exhibit among the others; the records are its own."""
    top = places / "clone"
    top.mkdir()
    monkeypatch.setenv("REPRO_ROOT", str(top))
    monkeypatch.setenv("REPRO_RESULTS", str(top / "results"))
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    monkeypatch.chdir(top)
    (top / "code.py").write_text("a = 1\n")
    (top / ".gitignore").write_text("output/\n.native/\n")
    shutil.copy(CFF_FILE, top)
    git(top, "init", "--quiet")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "start")
    return top
