"""Records of recurrent nets that contradict the paper, or say nothing, are never `reproduced`.

Each is the committed record with some numbers replaced; on each an earlier edition of the claims held.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from repro.exhibits import get
from repro.record.judge import judge
from repro.record.store import load

RESULTS = Path(__file__).resolve().parents[2] / "results"
AUX = [f"repeat-copy-aux-{t}" for t in (2, 3, 4, 5)]
Row = tuple[str, int, str, int, str, float]
Edit = Callable[[Row], float | None]
"""A row → its number in the place of the record's; None: as it is."""


def verdicts(exhibit: str, edit: Edit) -> dict[str, str]:
    record = load(RESULTS, exhibit, "cpu")
    rows = [row if (v := edit(row)) is None else (*row[:5], v) for row in record.rows]
    return {j.claim.id: j.verdict for j in judge(get(exhibit), record.facts, rows)}


def last(exhibit: str) -> int:
    return max(r[3] for r in load(RESULTS, exhibit, "cpu").rows)


def ends(**errors: float) -> Edit:
    """B's last errors by arm, each seed a little off; others as they are."""
    end = last("dni/fig5")

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        if (metric, step) != ("test_error_b", end) or arm.replace("-", "_") not in errors:
            return None
        return errors[arm.replace("-", "_")] + 0.3 * ((seed * 7 + len(arm)) % 5 - 2)

    return edit


def test_a_b_worse_than_chance_and_one_that_says_the_most_frequent_number_show_nothing() -> None:
    assert verdicts("dni/fig5", ends(no_bprop=97, dni=70))["F5-4"] == "not reproduced"
    assert verdicts("dni/fig5", ends(no_bprop=66, dni=45))["F5-4"] == "reproduced"


def test_controls_that_do_harm_show_nothing_where_the_guess_teaches_nothing() -> None:
    harm = {"dni_negative": 75.0, "dni_other": 75.0, "dni_untrained": 75.0}
    found = verdicts("dni/fig5", ends(no_bprop=64.4, dni=64.4, **harm))
    assert (found["F5-7"], found["F5-9"]) == ("open", "open")
    found = verdicts("dni/fig5", ends(no_bprop=64.4, dni=50, **harm))
    assert (found["F5-7"], found["F5-9"]) == ("reproduced", "reproduced")


@pytest.mark.parametrize(("level", "verdict"), [(62.4, "open"), (5.0, "reproduced")])
def test_an_a_that_has_not_learned_needs_nothing(level: float, verdict: str) -> None:
    end = last("dni/fig5")

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        early = 0.1 if arm == "no_bprop" and step < end / 4 else 0.0
        return level + 0.05 * ((seed + step) % 3) - early if metric == "test_error_a" else None

    assert verdicts("dni/fig5", edit)["F5-5"] == verdict


@pytest.mark.parametrize(
    ("stairs", "verdict"), [((0.45, 0.7, 0.97), "not reproduced"), ((0.3,), "reproduced")]
)
def test_levels_that_come_all_the_time_are_not_flat(stairs: tuple[float, ...], verdict: str) -> None:
    """Six levels at a quarter of the run, then one at each of `stairs`."""
    end = max(r[3] for r in load(RESULTS, "dni/fig4", "cpu").rows if r[0] == AUX[0])

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        if arm not in AUX or metric != "levels":
            return None
        at, base = step / end, 6 + seed % 2
        return float(round(base * min(at / 0.24, 1)) + sum(at > s for s in stairs))

    assert verdicts("dni/fig4", edit)["F4-2"] == verdict


@pytest.mark.parametrize(("bits", "verdict"), [(3.9, "open"), (1.7, "reproduced")])
def test_text_that_nobody_has_learned_shows_nothing(bits: float, verdict: str) -> None:
    """DNI has 0.02 bits fewer all the way, in all seeds."""

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        if metric not in ("validation_bpc", "bpc") or not arm.startswith("ptb-"):
            return None
        return bits + 0.002 * ((seed * 7 + step // 1000) % 5) - (0.02 if "-dni-" in arm else 0.0)

    assert verdicts("dni/fig16", edit)["F16-1"] == verdict


def measured(**values: float) -> Edit:
    """Metrics with these values in every row, a little off by seed."""
    return lambda row: values[row[2]] + 0.001 * (row[1] % 3) if row[2] in values else None


@pytest.mark.parametrize(("true", "own", "verdict"), [(0.2, 0.0, "not reproduced"), (0.0, 0.2, "reproduced")])
def test_a_guess_that_knows_the_future_is_told_from_one_that_knows_its_own_target(
    true: float, own: float, verdict: str
) -> None:
    edit = measured(future_r2=true, sg_r2=own)
    assert verdicts("dni/rnn-control", edit)["RC-9"] == verdict


def test_lengths_are_those_of_what_is_injected() -> None:
    """Noise and the redrawn direction no longer than what DNI injects, whatever their own models' guesses are."""

    def edit(row: Row) -> float | None:
        if row[2] == "injected_length":
            return 1.0 + 0.01 * (row[1] % 3)
        longer = "noise" in row[0] or "redrawn" in row[0]
        return (9.0 if longer else 1.0) + 0.01 * (row[1] % 3) if row[2] == "sg_length" else None

    assert verdicts("dni/rnn-length", edit)["RL-1"] != "reproduced"


@pytest.mark.parametrize(("lost", "verdict"), [(1.6, "not reproduced"), (0.0, "reproduced")])
def test_an_auxiliary_task_that_costs_more_than_a_level_somewhere(lost: float, verdict: str) -> None:
    """It gains two levels at T = 5 of Copy, at T = 3 of Repeat Copy it loses; else it is DNI's."""
    record = load(RESULTS, "dni/table1", "cpu")
    dni = {(r[0], r[1], r[3]): r[5] for r in record.rows if r[2] == "levels" and "-dni-" in r[0]}

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        if metric != "levels" or "-aux-" not in arm:
            return None
        change = {"copy-aux-5": 2.0, "repeat-copy-aux-3": -lost}.get(arm, 0.0)
        return dni[arm.replace("-aux-", "-dni-"), seed, step] + change

    assert verdicts("dni/table1", edit)["T1-2"] == verdict


@pytest.mark.parametrize(
    ("gain", "verdict"), [(-0.5, "not reproduced"), (0.0, "not reproduced"), (0.5, "direction only")]
)
def test_dni_that_is_not_ahead_somewhere(gain: float, verdict: str) -> None:
    """So many levels beyond BPTT with T = 4 on Copy, elsewhere two."""
    record = load(RESULTS, "dni/table1", "cpu")
    bptt = {(r[0], r[1], r[3]): r[5] for r in record.rows if r[2] == "levels" and "-bptt-" in r[0]}

    def edit(row: Row) -> float | None:
        arm, seed, metric, step = row[:4]
        if metric != "levels" or "-dni-" not in arm or arm.endswith("-peepholes"):
            return None
        own = gain if arm == "copy-dni-4" else 2.0
        return bptt[arm.replace("-dni-", "-bptt-"), seed, step] + own + 0.02 * (seed % 2)

    assert verdicts("dni/table1", edit)["T1-1"] == verdict


def test_gains_at_another_threshold_are_over_nothing_at_the_same() -> None:
    """All arms at 0.05 solve nine levels: more than nothing does at the usual threshold, and none has a gain."""

    def edit(row: Row) -> float | None:
        return 9.0 if row[2] == "levels" and row[0].endswith("-strict") else None

    assert verdicts("dni/rnn-control", edit)["RC-15"] == "not reproduced"
    assert verdicts("dni/rnn-control", lambda row: None)["RC-15"] == "reproduced"
