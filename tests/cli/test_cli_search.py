"""`repro search`: every arm with the same values, the last number decides, and no record's seed is used."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from repro.cli.app import main
from repro.errors import BadValueError
from repro.exhibits import get
from repro.runner.run import Options
from repro.runner.search import Found, at_edge, best, search

COMMAND = (
    "search",
    "dni/table2",
    "--profile",
    "smoke",
    "--set",
    "hold_out=500",
    "--metric",
    "validation_error",
)
RATES = ("--over", "learning_rate=1e-4,1e-3,3e-4", "--arms", "bprop-3,cdni-3")


def marked(text: str) -> list[str]:
    """The values that are said to be best."""
    return [line.split()[1] for line in text.splitlines() if line.endswith("best")]


def test_the_least_error_wins_in_every_arm_and_all_is_written_down(
    places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, *RATES, "--out", str(places / "new" / "found.csv")]) == 0
    with (places / "new" / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and {row["seed"] for row in rows} == {"1000"}
    for arm in ("bprop-3", "cdni-3"):
        own = {r["learning_rate"]: float(r["validation_error"]) for r in rows if r["arm"] == arm}
        assert own["0.001"] < own["0.0003"] < own["0.0001"], "after twenty steps"
    said = capsys.readouterr()
    assert "best at an edge of what was tried: bprop-3, cdni-3; values beyond" in said.out
    assert marked(said.out) == ["0.001"] * 2 and "2/2" in said.err, "a group an arm, its rates together"
    before = sorted(places.rglob("*.json"))
    assert main([*COMMAND, *RATES, "--higher"]) == 0, "again, from what is kept"
    assert marked(capsys.readouterr().out) == ["0.0001"] * 2 and sorted(places.rglob("*.json")) == before


def test_a_seed_of_a_record_and_a_single_value_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, *RATES, "--seed", "100"]) == 2
    assert "seed 100 is one of dni/rnn-control's records" in capsys.readouterr().err
    assert main([*COMMAND, "--over", "learning_rate=1e-3"]) == 2 and "two or more" in capsys.readouterr().err


@pytest.mark.parametrize(("exhibit", "metric"), [("dni/table2", "test_error"), ("dni/table1", "bpc")])
def test_a_test_result_does_not_choose(exhibit: str, metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["search", exhibit, "--metric", metric, "--over", "learning_rate=0.1,0.2", "--profile", "smoke"])
        == 2
    )
    assert f"{metric} is a test result" in capsys.readouterr().err


def test_each_value_of_another_parameter_is_a_group(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--over", "batch=32,64", "--arms", "bprop-3"]) == 0
    assert "2/2" in capsys.readouterr().err


def test_which_best_values_lie_at_an_edge() -> None:
    results = {"low": (1, 2, 3), "inside": (2, 1, 3), "high": (3, 2, 1), "diverged": (math.inf,) * 3}
    found = [
        Found(a, 0, v, 9, r) for a, own in results.items() for v, r in zip((1e-3, 1e-2, 1), own, strict=True)
    ]
    assert at_edge(found, best(found)) == ["low", "high"]
    words = [Found("named", 0, v, 9, r) for v, r in (("relu", 1.0), ("tanh", 2.0), (True, 3.0))]
    assert at_edge(words, best(words)) == []


def test_what_has_diverged_is_never_the_best() -> None:
    found = [Found("arm", 1, value, 9, result) for value, result in ((1, 0.5), (2, float("nan")), (3, 0.4))]
    assert best(found)["arm"].value == 3 and best(found, lower=False)["arm"].value == 1
    assert best(found[::-1])["arm"].value == 3 and best(found[1:2]) == {}


def test_arms_without_the_parameter_are_named_before_anything_is_trained(tmp_path: Path) -> None:
    options = Options("cpu", runs_dir=str(tmp_path), changes={"steps": 200})
    with pytest.raises(
        BadValueError, match=r"noisy2-deep-log.* of sg/table2 have no parameter learning_rate"
    ):
        search(get("sg/table2"), "smoke", ("learning_rate", ["1e-3", "1e-2"]), "loss_bp", 1000, options)


def test_a_number_that_nobody_measures_is_an_error(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND[:-1], "depth", *RATES]) == 1 and "depth" in capsys.readouterr().err
