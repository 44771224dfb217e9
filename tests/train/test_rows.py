"""Rows as they are measured, and what a work is handed."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.errors import BadValueError, RunError
from repro.record.run import Run
from repro.train.given import Given
from repro.train.loop import ROWS
from repro.train.rows import RowLog, RunRow


@pytest.mark.parametrize("in_file", [True, False])
def test_rows_are_read_as_they_were_added(in_file: bool, tmp_path: Path) -> None:
    log = RowLog(tmp_path / "below" / ROWS if in_file else None)
    rows: list[RunRow] = [(0, "error", t, "a;b", t / 3) for t in range(4)]
    for row in rows:
        log.add([row])
        log.flush()
    assert log.read() == rows and (log.size > 0) == in_file
    log.add(rows)
    assert log.read() == rows * 2


def test_the_row_log_forgets_what_came_after(tmp_path: Path) -> None:
    log = RowLog(tmp_path / ROWS)
    log.add([(0, "error", 1, "", 0.1)])
    assert not (tmp_path / ROWS).exists(), "what the next checkpoint will have is in memory until then"
    log.flush()
    first = log.size
    log.add([(0, "error", 2, "", 0.2)])
    log.flush()
    log.add([(0, "error", 3, "", 0.3)])
    log.rewind(first)
    assert log.read() == [(0, "error", 1, "", 0.1)]
    log.add([(0, "error", 4, "", 0.4)])
    log.flush()
    again = RowLog(tmp_path / ROWS)
    again.rewind(log.size)
    assert [r[2] for r in again.read()] == [1, 4]


def test_a_row_log_knows_whether_it_still_holds_what_it_had(tmp_path: Path) -> None:
    log = RowLog(tmp_path / ROWS)
    log.add([(0, "error", 1, "", float("nan"))])
    log.flush()
    again = RowLog(tmp_path / ROWS)
    assert again.holds(log.size, log.sum) and not again.holds(log.size + 1, log.sum)
    again.rewind(log.size)
    assert str(again.read()[0][4]) == "nan" and again.sum == log.sum
    again.add([(0, "error", 2, "", 0.5)])
    again.flush()
    assert again.holds(log.size, log.sum) and again.holds(again.size, again.sum)
    (tmp_path / ROWS).write_bytes((tmp_path / ROWS).read_bytes().replace(b"NaN", b"0.1"))
    assert not again.holds(log.size, log.sum), "other rows of the same length"
    (tmp_path / ROWS).unlink()
    assert not again.holds(log.size, log.sum) and again.holds(0, RowLog(None).sum)


@pytest.mark.parametrize("before", [0, 1], ids=["before its first row", "behind a row of its own"])
def test_rows_that_others_put_into_the_file_are_none_of_it(before: int, tmp_path: Path) -> None:
    """As a checkpoint that is taken in from elsewhere while its runs are trained here."""
    log = RowLog(tmp_path / ROWS)
    own: list[RunRow] = [(0, "error", t, "", t / 3) for t in range(3)]
    log.add(own[:before])
    log.flush()
    with (tmp_path / ROWS).open("ab") as file:
        file.write(b'[0, "error", 9, "", 0.9]\n')
    assert log.read() == own[:before]
    log.add(own[before:])
    log.flush()
    assert log.read() == own and log.holds(log.size, log.sum)
    assert (tmp_path / ROWS).stat().st_size == log.size


def test_rows_that_others_replaced_are_not_read_as_ours(tmp_path: Path) -> None:
    log = RowLog(tmp_path / ROWS)
    log.add([(0, "error", 1, "", 0.5)])
    log.flush()
    (tmp_path / ROWS).write_bytes((tmp_path / ROWS).read_bytes().replace(b"0.5", b"0.4"))
    with pytest.raises(RunError, match="no longer holds the rows that were measured"):
        log.read()


def test_rows_whose_file_has_gone_away_are_an_error_at_the_next_ones(tmp_path: Path) -> None:
    log = RowLog(tmp_path / ROWS)
    log.add([(0, "error", 1, "", 0.5)])
    log.flush()
    (tmp_path / ROWS).unlink()
    log.add([(0, "error", 2, "", 0.4)])
    with pytest.raises(RunError, match="is gone, with the rows that were measured: run it again"):
        log.flush()


def test_what_a_work_is_handed(tmp_path: Path) -> None:
    runs = [
        Run("a", s, {"rule": "dni", "layers": 3 + s}, {"rate": 0.1, "width": 8 * (s + 1)}) for s in (0, 1)
    ]
    given = Given(runs)
    assert given.seeds == [0, 1] and given.setting("rule") == "dni" and given.settings("layers") == [3, 4]
    assert given.setting("cond", False) is False and given.params("width") == [8, 16]
    with pytest.raises(
        BadValueError, match=r"runs a/0 and a/1 train together but differ in parameter width \(8 and 16"
    ):
        given.param("width")
    with pytest.raises(BadValueError, match="run a/0 has no parameter steps; it has rate, width"):
        given.param("steps")
    with pytest.raises(BadValueError, match="run a/0 has no setting net; it has rule, layers"):
        given.setting("net")
    assert given.param("rate") == 0.1
    given.refuse_unread()
