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
