"""Times and the skeleton's claim: what contradicts a claim, or cannot decide it, is not `reproduced`."""

import random

import pytest

from repro.exhibits import get, read
from repro.exhibits.meprop.table7.spec import DENSE_MS, MS
from repro.record.judge import judge

TABLE7, SKELETON = get("meprop/table7"), read("repro.exhibits.skeleton")


def verdicts(exhibit, rows, profile="cpu"):
    judged = judge(exhibit, {"profile": profile, "data": None}, rows)
    assert [j.reason for j in judged if "its test failed" in j.reason] == []
    return {j.claim.id: j.verdict for j in judged}


def times(ms, other=None):
    """k → ms of W out × in, and `other` of W in × out; twenty repetitions, 1 % apart."""
    rng = random.Random(0)
    for arm in (a for a in TABLE7.arms if a.setting["precision"] == "float32"):
        k, own = arm.setting.get("k"), ms if arm.setting["layout"] == "out x in" else other or ms
        for i in range(20):
            value = DENSE_MS if k is None else own[k]
            yield (arm.id, 0, "backward_ms", 0, str(i), rng.gauss(value, 0.01 * value))


def test_the_papers_own_times_are_reproduced():
    found = verdicts(TABLE7, list(times(MS)))
    assert {found[f"T7-{n}"] for n in (1, 2, 3)} == {"reproduced"}


FALLING = {8 * 2**i: 14 * 0.91**i for i in range(5)}
SLOW = dict.fromkeys(MS, 250.0)
R, D, N = "reproduced", "direction only", "not reproduced"
OTHER = {  # times of both layouts → the verdicts on T7-1, T7-2 and T7-3
    "falling by 9 % a step up to k = 128": (MS | FALLING, None, [R, N, D]),
    "the same at every k": (dict.fromkeys(MS, 20.0), None, [D, N, N]),
    "in proportion to k": ({k: 0.13 * k for k in MS}, None, [D, R, N]),
    "nothing gained": (dict.fromkeys(MS, DENSE_MS), None, [N, N, N]),
    "more than what is left out": ({k: v / 10 for k, v in MS.items()}, None, [N, R, R]),
    "less than twice as fast at k = 512": (MS | {512: DENSE_MS / 1.5}, None, [N, D, R]),
    "in the first layout alone": (MS, SLOW, [N, N, N]),
    "in the second layout alone": (SLOW, MS, [N, N, N]),
}


@pytest.mark.parametrize("name", OTHER)
def test_times_contradicted(name):
    ms, other, told = OTHER[name]
    found = verdicts(TABLE7, list(times(ms, other)))
    assert [found[f"T7-{n}"] for n in (1, 2, 3)] == told


def test_a_gain_that_is_impossible_at_the_size_of_quick_is_not_reproduced_there():
    """Three times n / k of its 2,048 units, and less than that of the paper's 8,192."""
    rows = list(times({k: DENSE_MS / (3 * 2048 / k) for k in MS}))
    assert {p: verdicts(TABLE7, rows, p)["T7-1"] for p in ("quick", "cpu")} == {"quick": "open", "cpu": D}
    assert verdicts(TABLE7, list(times(MS)), "quick")["T7-1"] == "open"


@pytest.mark.parametrize(
    ("none", "true", "verdict"),
    [
        ((9.2, 9.3, 9.4), (2.0, 2.1, 2.0), "reproduced"),
        ((9.3,), (2.0,), "open"),  # one seed has no spread
        ((3.0, 2.0, 9.0), (2.0, 2.1, 2.0), "open"),
        ((5.0, 5.1, 5.0), (2.0, 2.1, 2.0), "direction only"),
        ((2.0, 2.1, 2.1), (2.0, 2.1, 2.0), "not reproduced"),
        ((89.2, 89.3, 89.4), (82.0, 82.1, 82.0), "open"),  # nothing has learned
    ],
)
def test_a_new_exhibit_begins_with_a_claim_that_can_be_refuted_and_left_open(none, true, verdict):
    rows = [
        (arm, seed, "test_error", 500, "", error)
        for arm, errors in (("no_bprop", none), ("bprop", true))
        for seed, error in enumerate(errors)
    ]
    assert verdicts(SKELETON, rows) == {"S-1": verdict}
