"""A package of the test's own, with modules that change."""

import sys

import pytest
from edited import PLAIN, WORK
from running import Package
from tiny_exhibit import EXHIBIT

from repro.exhibits import EXTRA
from repro.runner import adopt
from repro.runner.pack import pack
from repro.runner.run import Options, run_exhibit


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


@pytest.fixture
def made(places, monkeypatch):
    """The folders of a machine on which the tiny exhibit has run, and whose runs are packed in `packed`."""
    monkeypatch.setitem(EXTRA, "meprop/tiny", "tiny")
    run_exhibit(EXHIBIT, "quick", Options("cpu"))
    pack(places / "packed", places / "runs")
    return places
