"""Null records: what each kind destroys, and that a claim which survives them is found out."""

import random
from dataclasses import replace

import pytest
from tiny_exhibit import EXHIBIT

from repro.claim import NULLS, Claim, Outcome
from repro.errors import BadValueError, UnknownNameError
from repro.record import nulls
from repro.record.nulls import DRAWS, null_records, vacuous
from repro.record.view import View


def survives(claim, rows):
    return nulls.survives(claim, View(rows, EXHIBIT.arms))


GOOD = [(f"arm-{n}", s, "height", 60, "", n / 10 + s / 1000) for n in (4, 3, 2, 1) for s in (0, 1)]


def test_null_records_keep_the_shape_and_lose_the_sense():
    nulls = [(kind, null) for kind in NULLS for null in null_records(EXHIBIT, GOOD, kind)]
    assert [kind for kind, _ in nulls].count("equal") == 4 and len(nulls) == 4 + 4 + 4 * DRAWS
    for kind, rows in nulls:
        assert sorted(r[:5] for r in rows) == sorted(r[:5] for r in GOOD)
        means = {View(rows).mean(arm, "height") for arm in View(rows).arms()}
        assert len(means) == (1 if kind in ("equal", "chance") else 4)
    (turned,) = null_records(EXHIBIT, GOOD, "reversed")
    for before, after in zip((1, 2, 3, 4), (4, 3, 2, 1), strict=True):
        assert View(turned).mean(f"arm-{before}", "height") == View(GOOD).mean(f"arm-{after}", "height")


def test_each_metric_is_reversed_by_its_own_ranking():
    weight = [(*r[:2], "weight", *r[3:5], -r[5]) for r in GOOD]
    (turned,) = null_records(EXHIBIT, [*GOOD, *weight], "reversed")
    assert View(turned).mean("arm-1", "height") > View(turned).mean("arm-4", "height") > 0
    assert View(turned).mean("arm-1", "weight") < View(turned).mean("arm-4", "weight") < 0


def claim(name, test):
    return Claim(name, "text", "Table 1", "1", "tolerance", test)


def test_vacuous_claims_are_found_and_honest_ones_are_not():
    honest = EXHIBIT.claims[0]
    always = claim("always", lambda view: Outcome(True, "1"))
    not_worse = claim(
        "not-worse", lambda v: Outcome(v.mean("arm-4", "height") >= v.mean("arm-1", "height"), "")
    )
    two_arms = claim("two-arms", lambda v: Outcome(v.mean("arm-4", "height") > v.mean("arm-1", "height"), ""))
    blind = claim("blind", lambda v: Outcome(len({v.mean(a, "height") for a in v.arms()}) > 1, ""))
    absent = claim("absent", lambda v: Outcome(v.mean("gone", "height") > 0, ""))
    exhibit = type(EXHIBIT)(
        **{**vars(EXHIBIT), "claims": (honest, always, not_worse, two_arms, blind, absent)}
    )
    found = vacuous(exhibit, GOOD)
    assert set(found) == {"always", "not-worse", "blind"}
    assert found["blind"] == 'holds on null records: 1 of 1 "reversed", 40 of 40 "permuted"'
    assert '4 of 4 "equal"' in found["not-worse"]
    assert survives(honest, GOOD) and not survives(absent, GOOD)


def test_claims_that_find_their_arms_by_setting_are_found_out_too():
    by_setting = claim("by-setting", lambda v: Outcome(v.mean(v.arm(factor=4), "height") < 1e9, ""))
    among = claim("among", lambda v: Outcome(len(v.where(factor=4)) == 1, ""))
    exhibit = replace(EXHIBIT, claims=(*EXHIBIT.claims, by_setting, among))
    assert set(vacuous(exhibit, GOOD)) == {"by-setting", "among"}


def test_what_the_gate_stops_survives_nothing():
    gated = claim("gated", lambda v: Outcome(True, "", gate="the baseline has not learned"))
    undecided = claim("undecided", lambda v: Outcome(None, ""))
    direction = claim("direction", lambda v: Outcome(True, "", size=False))
    assert not survives(gated, GOOD) and not survives(undecided, GOOD) and survives(direction, GOOD)


def test_a_claim_that_a_record_contradicts_is_not_blamed_for_holding_on_its_reverse():
    wrong = claim("wrong", lambda v: Outcome(v.mean("arm-1", "height") > v.mean("arm-4", "height"), ""))
    exhibit = type(EXHIBIT)(**{**vars(EXHIBIT), "claims": (wrong,)})
    (turned,) = null_records(EXHIBIT, GOOD, "reversed")
    assert not survives(wrong, GOOD) and survives(wrong, turned)
    assert vacuous(exhibit, GOOD) == {}


def runs_of_one_arm():
    """A hundred runs: each has its p, ends the worse the larger p is, by index and by step, with noise."""
    rng = random.Random(1)
    for seed in range(100):
        p = seed / 100
        yield ("arm-4", seed, "p", 0, "", p)
        yield ("arm-4", seed, "height", 60, str(seed), p + rng.gauss(0, 0.1))
        for step in (10, 20, 30):
            yield ("arm-4", seed, "loss", step, "", 1 / step + rng.gauss(0, 0.001))


ONE_ARM = list(runs_of_one_arm())


def slope(points):
    """Least squares of y against x."""
    x, y = [p[0] for p in points], [p[1] for p in points]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in points) / sum((a - mx) ** 2 for a in x)


def by_index(view):
    return slope([(float(i), v[0]) for i, v in view.by_index("arm-4", "height").items()])


def by_seed(view):
    return slope(list(zip(view.final("arm-4", "p"), view.final("arm-4", "height"), strict=True)))


def by_step(view):
    return slope([(step, v) for step, values in view.curve("arm-4", "loss").items() for v in values])


@pytest.mark.parametrize(
    ("kind", "measure", "sign"), [("index", by_index, 1), ("pairing", by_seed, 1), ("steps", by_step, -1)]
)
def test_a_claim_inside_one_arm_is_judged_by_what_it_rests_on(kind, measure, sign):
    size = abs(measure(View(ONE_ARM)))
    tests = {
        "honest": lambda v: Outcome(sign * measure(v) > size / 2, ""),
        "either-way": lambda v: Outcome(measure(v) != 0, ""),
        "elsewhere": lambda v: Outcome(v.mean("arm-4", "height") > 0.3, ""),
    }
    claims = tuple(Claim(n, "text", "Table 1", "1", "tol", t, null=(kind,)) for n, t in tests.items())
    exhibit = type(EXHIBIT)(**{**vars(EXHIBIT), "claims": claims})
    assert all(survives(c, ONE_ARM) for c in claims)
    assert set(vacuous(exhibit, ONE_ARM)) == {"either-way", "elsewhere"}


def test_a_claim_inside_one_arm_cannot_do_with_arms_that_change_places():
    only = claim("slope", lambda v: Outcome(by_index(v) > 0, ""))
    exhibit = type(EXHIBIT)(**{**vars(EXHIBIT), "claims": (only,)})
    assert set(vacuous(exhibit, ONE_ARM)) == {"slope"}


@pytest.mark.parametrize("kind", ["index", "steps", "pairing"])
def test_what_is_random_inside_an_arm_keeps_its_places_and_values(kind):
    for null in null_records(EXHIBIT, ONE_ARM, kind):
        assert null != ONE_ARM
        for metric in ("p", "height", "loss"):
            theirs, ours = ([r for r in rows if r[2] == metric] for rows in (null, ONE_ARM))
            assert sorted(r[5] for r in theirs) == sorted(r[5] for r in ours)
            assert sorted(r[:4] for r in theirs) == sorted(r[:4] for r in ours)


def test_a_claim_names_null_records_that_exist():
    with pytest.raises(BadValueError, match="claim a names no null record"):
        Claim("a", "text", "Table 1", "1", "tolerance", survives, null=())
    with pytest.raises(UnknownNameError, match="null record of claim a 'step': did you mean 'steps'"):
        Claim("a", "text", "Table 1", "1", "tolerance", survives, null=("step",))
