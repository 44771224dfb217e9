"""Claims on one DNI and on errors of synthetic gradients hold on what the paper says, and on nothing contrary."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from record_fakes import DATA, fake_record

from repro.exhibits import get
from repro.record.nulls import vacuous
from repro.record.run import runs

LAST = 20_000
STEPS = (0, *(1 << k for k in range(10)), *range(1000, LAST + 1, 1000))
SINGLE = {  # % after layers 1 to 5: the ends as v1 A.2 has them, between them ours
    "no_bprop": (2.9, 6.0, 10.0, 16.0, 23.7),
    "dni": (1.8, 2.1, 2.5, 2.9, 3.4),
    "cdni": (1.6, 1.6, 1.65, 1.65, 1.7),
}
WHOLE = {"no_bprop": 21.4, "bprop": 1.8, "dni": 4.3, "cdni": 1.6}
Change = Callable[[dict[str, Any], str, str, int, float], float]


def error_of(setting: dict[str, Any]) -> float:
    if "after" in setting:
        return SINGLE[setting["rule"]][setting["after"] - 1]
    return 1.6 if setting["rule"] == "bprop" else WHOLE[setting["rule"]]


def course(setting: dict[str, Any], layer: int) -> dict[str, Callable[[int], float]]:
    """What v1 A.2 says of the curves: a jump at first, a fit later, a cosine just above 0, signs hardly right."""
    poor = 1.0 if setting["rule"] == "dni" else 0.7
    return {
        "sg_distance": lambda t: (0.5 if t < 1 else 1.5 if t <= 0.2 * LAST else 1.5 - t / LAST) / layer,
        "sg_error": lambda t: poor - 0.02 * layer,
        "sg_cosine": lambda t: 0.02 * layer,
        "sg_sign": lambda t: 49 - layer,
    }


def rows_of(exhibit_id: str, change: Change = lambda setting, metric, index, step, value: value) -> list[Any]:
    rng, exhibit, made = random.Random(0), get(exhibit_id), []
    whole = exhibit_id == "dni/fig13"
    for run in runs(exhibit, exhibit.profile("cpu")):
        s = dict(run.setting)
        error = WHOLE[s["rule"]] if whole else error_of(s)
        own = [("test_error", step, "", error) for step in STEPS if step >= 1000]
        for layer in (range(1, 6) if whole else [s.get("after", 0)]) if s["rule"] in ("dni", "cdni") else ():
            curves = course(s, layer).items()
            own += [(metric, t, str(layer), at(t)) for metric, at in curves for t in STEPS]
        for metric, step, index, value in own:
            changed = change(s, metric, index, step, value)
            noise = rng.gauss(0, 0.005 * abs(changed))
            made.append((run.arm, run.seed, metric, step, index, changed + noise))
    shown = {m.name for m in exhibit.metrics}
    return [r for r in made if r[2] in shown]


def verdicts(exhibit_id: str, rows: list[Any]) -> dict[str, str]:
    judged = fake_record(get(exhibit_id), "cpu", rows, DATA).judgements(get(exhibit_id))
    assert [j.reason for j in judged if "its test failed" in j.reason] == []
    return {j.claim.id: j.verdict for j in judged}


def no_jump(setting: dict[str, Any], metric: str, index: str, step: int, value: float) -> float:
    """The error after layer 5 starts high and falls, but where the classifier starts small."""
    whole = metric == "sg_distance" and index == "5" and "classifier" not in setting
    return 3 - min(step / 1000, 2) if whole else value


@pytest.mark.parametrize(
    ("exhibit_id", "change", "contradicted"),
    [
        ("dni/fig11", None, set()),
        (
            "dni/fig12",
            None,
            {"F12-5"},
        ),  # which asks that the error does not jump, where F12-1 asks that it does
        ("dni/fig12", no_jump, {"F12-1"}),
        ("dni/fig13", None, set()),
    ],
)
def test_claims_hold_on_what_the_paper_says_and_on_no_null_record(
    exhibit_id: str, change: Change | None, contradicted: set[str]
) -> None:
    rows = rows_of(exhibit_id, change) if change else rows_of(exhibit_id)
    found = verdicts(exhibit_id, rows)
    assert {c for c, v in found.items() if v != "reproduced"} == contradicted
    assert {found[c] for c in contradicted} <= {"not reproduced"}
    assert vacuous(get(exhibit_id), rows) == {}


def one(rule: str, after: int, points: float) -> Change:
    """One arm's test error is so many points higher."""

    def changed(setting: dict[str, Any], metric: str, index: str, step: int, value: float) -> float:
        hit = metric == "test_error" and (setting["rule"], setting.get("after")) == (rule, after)
        return value + points if hit else value

    return changed


def all_of(rule: str, metric: str, to: Callable[[str, int, float], float]) -> Change:
    """A metric of a rule, changed by its layer and step."""

    def changed(setting: dict[str, Any], own: str, index: str, step: int, value: float) -> float:
        return to(index, step, value) if (setting["rule"], own) == (rule, metric) else value

    return changed


def worse_than_zero(left: float) -> Change:
    """What a guess leaves of the true gradient: 1.3 without the label, `left` with it."""

    def changed(setting: dict[str, Any], own: str, index: str, step: int, value: float) -> float:
        return {"dni": 1.3, "cdni": left}.get(setting["rule"], value) if own == "sg_error" else value

    return changed


CONTRARY: dict[str, tuple[str, Change, str]] = {
    "DNI after the first layer costs a point": ("F11-1", one("dni", 1, 1.05), "not reproduced"),
    "DNI after the first layer is as bad as nothing": ("F11-1", one("no_bprop", 1, -1.4), "not reproduced"),
    "DNI at the end is as good as at the start": ("F11-2", one("dni", 5, -1.6), "not reproduced"),
    "DNI gets worse, and then better": ("F11-2", one("dni", 4, 1.0), "not reproduced"),
    "DNI gets ten points worse": ("F11-2", one("dni", 5, 10.0), "direction only"),
    "no gradient is no worse in the middle": ("F11-3", one("no_bprop", 3, -7.8), "not reproduced"),
    "DNI closes half of the distance": ("F11-3", one("dni", 5, 9.0), "direction only"),
    "no gradient, whatever the layer": ("F11-4", one("no_bprop", 2, -4.0), "not reproduced"),
    "no gradient at half of the paper's": ("F11-4", one("no_bprop", 5, -7.0), "direction only"),
    "the label undoes a third": ("F11-5", one("cdni", 5, 1.1), "not reproduced"),
    "the label costs a point at layer 2": ("F11-5", one("cdni", 2, 1.0), "direction only"),
    "no jump": ("F12-1", all_of("dni", "sg_distance", lambda i, t, v: 3 - min(t / 1000, 2)), "not reproduced"),
    "a jump without a fit": ("F12-1", all_of("dni", "sg_distance", lambda i, t, v: 0.5 + t / LAST), "not reproduced"),
    "no jump at one layer": (
        "F12-1",
        all_of("dni", "sg_distance", lambda i, t, v: 1.0 if i == "4" and t < 1 else v),
        "not reproduced",
    ),
    "a negative cosine at one layer": (
        "F12-2",
        all_of("dni", "sg_cosine", lambda i, t, v: -0.05 if i == "2" else v),
        "not reproduced",
    ),
    "the right direction": ("F12-2", all_of("dni", "sg_cosine", lambda i, t, v: 0.9), "direction only"),
    "it tracks": ("F12-3", all_of("dni", "sg_error", lambda i, t, v: 0.1), "not reproduced"),
    "it does not train": ("F12-3", one("dni", 5, 15.0), "not reproduced"),
    "no jump with a small classifier": (
        "F12-5",
        lambda s, m, i, t, v: 3 - min(t / 1000, 2) if "dni" == s["rule"] and m == "sg_distance" else v,
        "not reproduced",
    ),
    "a jump with either": ("F12-5", all_of("dni", "sg_distance", lambda i, t, v: v), "not reproduced"),
    "a jump of two hundred steps": (
        "F12-1",
        all_of("dni", "sg_distance", lambda i, t, v: 1.5 if 1 <= t <= 200 else 1.0 - 0.5 * t / LAST),
        "not reproduced",
    ),
    "labels do not help": ("F12-4", all_of("cdni", "sg_error", lambda i, t, v: 1.2), "not reproduced"),
    "with the label as bad as zero": ("F12-4", worse_than_zero(1.0), "open"),
    "no layer jumps": (
        "F13-1",
        all_of("dni", "sg_distance", lambda i, t, v: 3 - min(t / 1000, 2)),
        "not reproduced",
    ),
    "the lowest points away": (
        "F13-2",
        all_of("dni", "sg_cosine", lambda i, t, v: -0.02 if i == "1" else v),
        "not reproduced",
    ),
    "all of them track": ("F13-3", all_of("dni", "sg_error", lambda i, t, v: 0.1), "not reproduced"),
    "the net does not train": (
        "F13-3",
        all_of("dni", "test_error", lambda i, t, v: 18.0),
        "not reproduced",
    ),
    "the best below": ("F13-4", all_of("dni", "sg_cosine", lambda i, t, v: 0.2 - v), "not reproduced"),
    "with the label no better than zero": ("F13-5", worse_than_zero(1.1), "not reproduced"),
    "labels help nowhere": ("F13-5", all_of("cdni", "sg_error", lambda i, t, v: 1.2), "not reproduced"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRARY)
def test_what_contradicts_a_claim_is_not_reproduced(name: str) -> None:
    claim, change, verdict = CONTRARY[name]
    exhibit_id = f"dni/fig{claim.split('-')[0][1:]}"
    assert verdicts(exhibit_id, rows_of(exhibit_id, change))[claim] == verdict


@pytest.mark.parametrize("exhibit_id", ["dni/fig11", "dni/fig12", "dni/fig13"])
@pytest.mark.parametrize("to", [lambda error: error + 10, lambda error: 60.0])
def test_where_backpropagation_has_not_learned_errors_decide_nothing(
    exhibit_id: str, to: Callable[[float], float]
) -> None:
    def worse(setting: dict[str, Any], metric: str, index: str, step: int, value: float) -> float:
        return to(value) if metric == "test_error" else value

    assert {*verdicts(exhibit_id, rows_of(exhibit_id, worse)).values()} == {"open"}


@pytest.mark.parametrize("exhibit_id", ["dni/fig11", "dni/fig12", "dni/fig13"])
def test_one_seed_decides_nothing(exhibit_id: str) -> None:
    exhibit, rows = get(exhibit_id), [r for r in rows_of(exhibit_id) if r[1] == 0]
    judged = fake_record(exhibit, "cpu", rows, DATA).judgements(exhibit)
    assert {j.verdict for j in judged} == {"open"}
