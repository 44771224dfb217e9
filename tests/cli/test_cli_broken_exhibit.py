"""An exhibit that is being written: its folder cannot be read yet, and hides none of the others."""

import json

import pytest

from repro import exhibits
from repro.cli.app import main


@pytest.fixture
def broken(monkeypatch):
    """`sg/unwritten` is a folder whose spec has a typing error."""

    def read(package, plain=exhibits.read):
        if package == "repro.exhibits.sg.unwritten":
            raise exhibits.ExhibitError("repro.exhibits.sg.unwritten.spec does not import: SyntaxError")
        return plain(package)

    monkeypatch.setattr(exhibits, "read", read)
    monkeypatch.setitem(exhibits.EXTRA, "sg/unwritten", "repro.exhibits.sg.unwritten")


@pytest.mark.parametrize("command", ["list", "status"])
def test_it_is_named_and_the_others_are_told_of(command, broken, capsys):
    assert main([command, "--json"]) == 0
    told = capsys.readouterr()
    assert {row.get("id") or row.get("exhibit") for row in json.loads(told.out)} >= {"dni/table2", "sg/fig6"}
    assert (
        told.err
        == "sg/unwritten is left out: repro.exhibits.sg.unwritten.spec does not import: SyntaxError\n"
    )


def test_check_counts_it_as_broken_and_checks_the_others(broken, capsys, monkeypatch):
    monkeypatch.setattr("repro.cli.check._check", lambda e, profile, record: {"record": e.id, "problems": []})
    assert main(["check", "--json"]) == 1
    found = {f["record"]: f["problems"] for f in json.loads(capsys.readouterr().out)}
    assert found["sg/unwritten"] == ["repro.exhibits.sg.unwritten.spec does not import: SyntaxError"]
    assert found["dni/table2"] == []


def test_who_asks_for_it_is_refused(broken, capsys):
    assert main(["check", "sg/unwritten"]) == 2
    assert "does not import" in capsys.readouterr().err
