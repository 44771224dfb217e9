"""A package of the test's own, with modules that change."""

import sys

import pytest
from edited import PLAIN, WORK
from running import Package

from repro.runner import adopt


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """An importable, empty package `mine`; see `running.Package`."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of a module within a second
    package = Package(tmp_path)
    yield package
    package.forget()


@pytest.fixture
def pace(mine, monkeypatch):
    """`pace(text)`: the module that the work reaches, edited."""
    monkeypatch.setattr(adopt, "WORTH_S", 0)
    mine.write("work", WORK)
    mine.write("pace", PLAIN)
    return lambda text: mine.write("pace", text)
