"""What sg/table2 says of the SG shaped for log loss, on invented records; no claim on the paper's cells reads it."""

import random

import pytest

from repro.exhibits import get
from repro.record.judge import judge
from repro.record.nulls import vacuous

EXHIBIT = get("sg/table2")
PLAIN = [a.id for a in EXHIBIT.arms if "precision" not in a.setting]
LINEAR = {"linear2": 0.04, "linear100": 0.09, "noisy100": 0.0044}
TENTH = {data: 0.05 * gap for data, gap in LINEAR.items()}


def rows_of(shaped, linear=LINEAR, loss_bp=0.05, seeds=10):
    """Gaps of the linear and of the shaped SG, and the cells that other claims read, at the paper's numbers."""
    rng, made = random.Random(0), {a: EXHIBIT.arm(a).reported.get("gap", 0.0) for a in PLAIN}
    made |= {f"{data}-shallow-log": gap for data, gap in linear.items()}
    made |= {f"{data}-sigmoid": gap for data, gap in shaped.items()}
    for arm, gap in made.items():
        for seed in range(seeds):
            luck = random.Random(seed).gauss(1, 0.2)
            yield arm, seed, "gap", 100, "", gap * luck + rng.gauss(0, 1e-6)
            yield arm, seed, "loss_bp", 100, "", loss_bp
            yield arm, seed, "loss_sg", 100, "", loss_bp + gap * luck


def judged(rows, profile="cpu"):
    return {j.claim.id: j for j in judge(EXHIBIT, {"profile": profile, "data": None}, rows)}


def verdict(*args, **changes):
    found = judged(list(rows_of(*args, **changes)))["T2-9"]
    assert "its test failed" not in found.reason
    return found.verdict


def test_it_closes_the_gap_if_a_tenth_is_left_on_each():
    assert verdict(TENTH) == verdict(dict.fromkeys(LINEAR, 0.0)) == "reproduced"
    for data, gap in LINEAR.items():
        assert verdict(TENTH | {data: 0.3 * gap}) == "direction only", "most of it is closed"
        assert verdict(TENTH | {data: -0.3 * gap}) == "direction only", (
            "ends elsewhere: below backpropagation"
        )
        assert verdict(TENTH | {data: 1.2 * gap}) == "not reproduced"


def test_one_data_set_or_the_same_gap_does_not_decide_it():
    assert verdict(TENTH, seeds=1) == "open"
    assert verdict(LINEAR) == "open"


@pytest.mark.parametrize("changes", [{"linear": dict.fromkeys(LINEAR, 1e-5)}, {"loss_bp": 0.4}], ids=str)
def test_without_a_gap_or_a_baseline_there_is_nothing_to_close(changes):
    assert verdict(dict.fromkeys(LINEAR, 0.0), **changes) == "open"


def test_it_holds_on_no_null_record():
    """Among them: all gaps worse by the same, and all losses half way to chance."""
    assert "T2-9" not in vacuous(EXHIBIT, list(rows_of(TENTH)))


def test_claims_on_the_papers_cells_do_not_see_it():
    found = [judged(list(rows_of(shaped)), "paper") for shaped in (TENTH, dict.fromkeys(LINEAR, 9.0), {})]
    for other in found[1:]:
        for claim, j in found[0].items():
            assert claim == "T2-9" or (j.verdict, j.ours) == (other[claim].verdict, other[claim].ours)
    assert {c for c, j in found[0].items() if j.verdict == "reproduced"} >= {f"T2-{n}" for n in (1, 2, 3, 4)}
