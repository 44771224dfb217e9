"""The script that plants mistakes: where it plants them, what it refuses, and that it puts nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from run import ROOT, TABLE, Mutant, places, plant, read_table

CODE = "def f(x):\n    if x:\n        y = 1\n        return y\n    return 0\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repro" / "deep").mkdir(parents=True)
    (tmp_path / "repro" / "deep" / "one.py").write_text(CODE)
    (tmp_path / "repro" / "two.py").write_text("return 0\nz = 2\n")
    return tmp_path


def test_a_mistake_of_several_lines_keeps_its_indentation(root: Path) -> None:
    file = root / "repro" / "deep" / "one.py"
    before = plant(
        Mutant("repro/deep/one.py", "", ["y = 1", "return y"], ["y = 2", "y += 1", "return y"]), root
    )
    assert before == {file: CODE}
    assert file.read_text() == CODE.replace("y = 1\n", "y = 2\n        y += 1\n")


@pytest.mark.parametrize("where", ["repro/two.py", "repro", "repro/gone.py"])
def test_its_text_is_looked_for_in_a_file_or_folder_or_everywhere(where: str, root: Path) -> None:
    plant(Mutant(where, "", ["z = 2"], ["z = 3"]), root)
    assert (root / "repro" / "two.py").read_text() == "return 0\nz = 3\n"
    assert (root / "repro" / "deep" / "one.py").read_text() == CODE


@pytest.mark.parametrize(("text", "times"), [("return 0", 2), ("nowhere", 0)])
def test_a_text_that_is_not_there_exactly_once_is_named(text: str, times: int, root: Path) -> None:
    with pytest.raises(LookupError, match=f"there {times} times: {text}"):
        plant(Mutant("repro", "", [text], ["pass"]), root)


def test_the_table_is_read_as_it_is_written() -> None:
    first = "# remark\n\nrepro/a.py\n  why\n    - old\n    -   more\n    + new\n"
    assert read_table(first + "  again\n    - b\n    + c\nrepro\n  x\n    - d\n") == [
        Mutant("repro/a.py", "why", ["old", "  more"], ["new"]),
        Mutant("repro/a.py", "again", ["b"], ["c"]),
        Mutant("repro", "x", ["d"], []),
    ]
    table = read_table(TABLE.read_text(encoding="utf-8"))
    assert len(table) >= 40 and all(m.why and m.old and m.new and m.old != m.new for m in table)


def test_every_text_of_the_table_is_there_once() -> None:
    """Code that moves takes its mistakes along: one that is planted nowhere is noticed by nobody."""
    table = read_table(TABLE.read_text(encoding="utf-8"))
    there = {str(m): len(places(m, ROOT)) for m in table}
    assert {m: n for m, n in there.items() if n != 1} == {}
