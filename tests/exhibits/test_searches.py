"""Rates at `cpu` are those that one search for all arms found, and no record is made before it."""

from __future__ import annotations

import csv
from importlib import import_module
from pathlib import Path

import pytest

from repro.exhibits import get
from repro.record.run import runs

ROOT = Path(__file__).parents[2]
SEED = "1000"
ENDS = {
    "dni/fig7": (1e-4, 1e-2),
    "dni/fig11": (1e-5, 1e-2),
    "dni/fig14": (1e-5, 1e-3),
    "dni/fig15": (1e-5, 3e-3),
}
"""The outermost rates: a best one there is taken as it is."""


@pytest.mark.parametrize("exhibit_id", ENDS)
def test_each_arm_has_the_best_rate_of_the_search(exhibit_id: str) -> None:
    exhibit, name = get(exhibit_id), exhibit_id.replace("/", "-")
    rates: dict[str, float] = import_module(f"{exhibit.package}.spec").RATES
    found: dict[str, dict[float, float]] = {}
    for file in sorted((ROOT / "docs" / "searches").glob(f"{name}*.csv")):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            if row["seed"] == SEED:
                found.setdefault(row["arm"], {})[float(row["learning_rate"])] = float(row["validation_error"])
    if not found:
        assert not (ROOT / "results" / exhibit_id / "cpu.json").exists(), "search before you record"
        return
    assert rates.keys() == found.keys()
    for arm, errors in found.items():
        assert errors[rates[arm]] == min(errors.values()), f"{arm}: {errors}"
        inside = min(errors) < rates[arm] < max(errors)
        assert inside or rates[arm] in ENDS[exhibit_id], f"{arm}: the best is at an edge of what was tried"
    trained = {r.arm: r.params["learning_rate"] for r in runs(exhibit, exhibit.profile("cpu"))}
    assert {arm: trained[arm] for arm in rates} == rates
    assert trained.get("dni-5-small") == trained.get("dni-5")


def searched(name: str, seed: str, metric: str) -> dict[str, dict[float, float]]:
    """Arm → rate → what the search measured."""
    found: dict[str, dict[float, float]] = {}
    text = (ROOT / "docs" / "searches" / f"{name}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        assert row["seed"] == seed
        found.setdefault(row["arm"], {})[float(row["learning_rate"])] = float(row[metric])
    return found


def test_dni_table2_has_the_best_of_the_rates_first_searched() -> None:
    """1e-4 to 1e-3, DNI from 1e-5 on; what is higher came after the record (deviation 2). Ties: the higher."""
    exhibit, found = get("dni/table2"), searched("dni-table2", "100", "validation_error")
    trained = {r.arm: r.params["learning_rate"] for r in runs(exhibit, exhibit.profile("cpu"))}
    fully_connected = {arm for arm in trained if "cnn" not in arm and "cifar" not in arm}
    assert found.keys() == fully_connected
    for arm, errors in found.items():
        first = {
            rate: e for rate, e in errors.items() if rate <= 1e-3 and (rate >= 1e-4 or arm.startswith("dni-"))
        }
        assert len(first) == (5 if arm.startswith("dni-") else 3)
        assert trained[arm] == max(rate for rate, e in first.items() if e == min(first.values())), (
            f"{arm}: {first}"
        )


def test_dni_fig5_has_the_best_of_its_search() -> None:
    """B's error; an M that never learns has the rate of δ̂."""
    found = searched("dni-fig5", "1000", "validation_error_b")
    rates: dict[str, float] = import_module("repro.exhibits.dni.fig5.spec").RATES
    assert rates["dni-untrained"] == rates["dni"] and rates.keys() == found.keys()
    for arm, errors in found.items():
        if arm != "dni-untrained":
            assert errors[rates[arm]] == min(errors.values()), f"{arm}: {errors}"
