"""A package of the test's own, with modules that change."""

import sys

import pytest
from running import Package


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """An importable, empty package `mine`; see `running.Package`."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of a module within a second
    package = Package(tmp_path)
    yield package
    package.forget()
