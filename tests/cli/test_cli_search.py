"""`repro search`: every arm with the same values, the last number decides, and no record's seed is used."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

COMMAND = (
    "search",
    "meprop/tiny",
    "--metric",
    "height",
    "--over",
    "rate=0.001,0.05,0.01",
    "--profile",
    "quick",
)


def test_the_fastest_climb_wins_in_every_arm_and_all_is_written_down(cli: Any, places: Path) -> None:
    done = cli(*COMMAND, "--higher", "--out", places / "new" / "found.csv")
    assert done.returncode == 0, done.stderr
    with (places / "new" / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    arms = {row["arm"] for row in rows}
    assert len(rows) == 3 * len(arms) and {row["seed"] for row in rows} == {"100"}
    for arm in arms:
        own = {float(r["rate"]): float(r["height"]) for r in rows if r["arm"] == arm}
        assert own[0.05] > own[0.01] > own[0.001]
    marked = [line.split() for line in done.stdout.splitlines() if line.endswith("best")]
    assert len(marked) == len(arms) and {line[1] for line in marked} == {"0.05"}


def test_the_lowest_wins_unless_the_highest_is_asked_for(cli: Any) -> None:
    done = cli(*COMMAND)
    marked = [line.split() for line in done.stdout.splitlines() if line.endswith("best")]
    assert marked and {line[1] for line in marked} == {"0.001"}


def test_a_second_search_trains_nothing(cli: Any, places: Path) -> None:
    cli(*COMMAND)
    before = (places / "steps.log").read_text()
    assert cli(*COMMAND).returncode == 0
    assert (places / "steps.log").read_text() == before


def test_a_seed_of_a_record_and_a_single_value_are_refused(cli: Any) -> None:
    own = cli(*COMMAND, "--seed", "0")
    assert own.returncode == 2 and "seed 0" in own.stderr
    one = cli(*COMMAND[:5], "rate=0.1")
    assert one.returncode == 2 and "two or more" in one.stderr


def test_a_number_that_nobody_measures_is_an_error(cli: Any) -> None:
    done = cli("search", "meprop/tiny", "--metric", "depth", "--over", "rate=0.1,0.2", "--profile", "quick")
    assert done.returncode == 1 and "depth" in done.stderr
