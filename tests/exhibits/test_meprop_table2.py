"""meProp's Table 2: the paper's own times are reproduced; times that contradict it, or cannot decide, are not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from record_fakes import DATA, fake_record, rows_of

from repro.exhibits import get
from repro.exhibits.meprop.table2.spec import ADAGRAD_LINEAR, DENSE, HIDDEN, SPARSE
from repro.exhibits.meprop.times import outside
from repro.record.judge import judge
from repro.record.nulls import vacuous
from repro.record.run import runs
from repro.show.draw import draw

TABLE2 = get("meprop/table2")
Times = Mapping[str, dict[str, float]]


def told() -> dict[str, dict[str, float]]:
    """Arm → seconds by metric: the paper's, and in proportion to k where it has none."""
    made = {}
    for arm in TABLE2.arms:
        task, by, k = arm.setting["task"], arm.setting.get("by"), arm.setting.get("k", HIDDEN)
        forward, whole, linear = DENSE[task]
        rest = 0.5 * (whole - linear)
        if by is not None:
            at = SPARSE[task][2] / (20 if task != "pos" else 5)
            forward = SPARSE[task][0]
            linear = (
                {"rows": at * k, "unified": 0.5 * at * k, "mask": 1.2 * linear}[by]
                if k < HIDDEN
                else 2.5 * linear
            )
        made[arm.id] = {
            "forward_s": forward,
            "linear_s": linear,
            "backward_s": linear + rest,
            "update_s": 30.0,
        }
    return made


def rows(times: Times, spread: float = 0.01, repetitions: int = 20) -> Iterator[Any]:
    rng = random.Random(0)
    for arm, own in times.items():
        for metric, value in own.items():
            for i in range(repetitions):
                yield (arm, 0, metric, 0, str(i), max(rng.gauss(value, spread * value), 1e-3 * value))


def verdicts(times: Times, profile: str = "cpu", **more: Any) -> dict[str, str]:
    judged = judge(TABLE2, {"profile": profile, "data": None}, list(rows(times, **more)))
    assert [j.reason for j in judged if "its test failed" in j.reason] == []
    return {j.claim.id: j.verdict for j in judged}


def test_the_papers_own_times_are_reproduced() -> None:
    assert set(verdicts(told()).values()) == {"reproduced"}
    assert vacuous(TABLE2, list(rows(told()))) == {}


def test_gains_over_fast_products_are_not_judged_in_seconds() -> None:
    """Records at quick contradict one another: what an interval spans is the repetitions of one of them."""
    found = verdicts(told(), profile="quick")
    assert {i for i, v in found.items() if v == "open"} == {"M2-2", "M2-3", "M2-4", "M2-5"}


def test_the_papers_seconds_are_the_printed_ones() -> None:
    """Table 2's forward and backward pass, Table 1's linear parts (Adam; AdaGrad), read off the page."""
    assert {
        "mnist": (69, 171, 169.5), "parsing": (3906, 9114, 9077.7), "pos": (7334, 16522, 16167.3),
    } == DENSE  # fmt: skip
    assert {"mnist": (68, 9, 7.9), "parsing": (4002, 513, 488.7), "pos": (7362, 540, 247.2)} == SPARSE
    assert {
        "mnist": (171.0, 4.1), "parsing": (8899.7, 492.3), "pos": (17534.4, 253.2),
    } == ADAGRAD_LINEAR  # fmt: skip


def test_without_an_lstm_its_claim_stays_open() -> None:
    found = verdicts({k: v for k, v in told().items() if not k.startswith("pos")})
    assert {i for i, v in found.items() if v == "open"} == {"M2-7"}


def test_a_taggers_arms_have_the_papers_sizes_in_every_profile_but_smoke() -> None:
    wanted = {"hidden": 500, "hidden_layers": 1, "batch": 1, "outputs": 45, "examples": 38_219, "words": 24}
    for profile in TABLE2.profiles:
        made = {r.arm: r for r in runs(TABLE2, profile, (0,))}
        for own in (made["pos-dense"], made["pos-rows-5"]):
            assert "activation" not in own.params and "inputs" not in own.params
            if profile.name != "smoke":
                assert wanted.items() <= own.params.items()
                assert own.params["word_vector"] + 7 * own.params["feature_vector"] == 190


def test_a_few_repetitions_or_a_busy_machine_decide_nothing_that_is_close() -> None:
    assert set(verdicts(told(), repetitions=5).values()) == {"open"}
    close = {}
    for arm in told():  # what is asked, and no more
        task, k = arm.split("-")[0], arm.split("-")[-1]
        dense = told()[f"{task}-dense"]
        close[arm] = dense
        if sparse(arm):
            linear = dense["linear_s"] * 2 * int(k) / HIDDEN
            close[arm] = dense | {"backward_s": dense["backward_s"] / 2, "linear_s": linear}
    assert {verdicts(close, spread=0.3)[f"M2-{n}"] for n in (2, 3, 4, 5)} <= {"open"}


@pytest.mark.parametrize("n", [6, 7, 12, 20, 60, 101])
def test_an_interval_holds_the_median_with_95_percent_or_just_more(n: int) -> None:
    """Of n draws k lie below the median with C(n, k) / 2ⁿ."""

    def covers(out: int) -> float:
        return sum(math.comb(n, k) for k in range(out + 1, n - out)) / 2**n

    assert covers(outside(n)) >= 0.95 > covers(outside(n) + 1)


def scaled(times: Times, factor: Callable[[str, str], float]) -> dict[str, dict[str, float]]:
    return {arm: {m: v * factor(arm, m) for m, v in own.items()} for arm, own in times.items()}


def sparse(arm: str) -> bool:
    return "rows" in arm or "unified" in arm


def slightly(arm: str, metric: str) -> float:
    """What makes meProp's backward pass 1/1.06 of the dense one."""
    if not sparse(arm) or metric not in BACK:
        return 1.0
    task = arm.split("-")[0]
    return told()[f"{task}-dense"][metric] / told()[arm][metric] / 1.06


BACK = ("linear_s", "backward_s")
R, D, N, OPEN = "reproduced", "direction only", "not reproduced", "open"
CONTRARY: dict[str, tuple[Callable[[str, str], float], dict[str, str]]] = {
    "gains of a tenth": (
        lambda a, m: 10.0 if sparse(a) and m in BACK else 1.0, {"M2-3": N, "M2-4": N, "M2-5": N, "M2-7": D},
    ),
    "gains of a seventh": (
        lambda a, m: 7.0 if sparse(a) and m in BACK else 1.0, {"M2-3": D, "M2-4": D, "M2-5": N, "M2-7": D},
    ),
    "somewhat less saved than is left out": (
        lambda a, m: 1.3 if sparse(a) and m in BACK else 1.0, {"M2-3": R, "M2-4": R, "M2-5": D, "M2-7": R},
    ),
    "a gain of 6 %": (slightly, {"M2-2": OPEN, "M2-3": N, "M2-4": N, "M2-5": N, "M2-7": N}),
    "slower than dense": (
        lambda a, m: 40.0 if sparse(a) and m in BACK else 1.0,
        {"M2-2": OPEN, "M2-3": N, "M2-4": N, "M2-5": N, "M2-7": N},
    ),
    "more saved than is left out": (
        lambda a, m: 0.2 if sparse(a) and m == "linear_s" else 1.0, {"M2-3": R, "M2-5": D},
    ),
    "of the tagger's backward pass the linear maps alone gain": (
        lambda a, m: 40.0 if a == "pos-rows-5" and m == "backward_s" else 1.0, {"M2-3": R, "M2-7": N},
    ),
    "forward changes by a tenth": (
        lambda a, m: 1.12 if "rows" in a and m == "forward_s" else 1.0, {"M2-2": N, "M2-3": R},
    ),
    "backward as short as forward": (lambda a, m: 0.35 if m == "backward_s" else 1.0, {"M2-1": N}),
    "backward a little longer": (lambda a, m: 0.6 if m == "backward_s" else 1.0, {"M2-1": D}),
    "loops as fast as products": (lambda a, m: 0.5 if a.endswith("rows-500") else 1.0, {"M2-8": N, "M2-5": R}),
    "a short update": (lambda a, m: 0.1 if m == "update_s" else 1.0, {"M2-9": N}),
    "unified is slower": (lambda a, m: 4.0 if "unified" in a else 1.0, {"M2-10": N}),
    "zeros cost nothing": (lambda a, m: 0.5 if "mask" in a else 1.0, {"M2-11": N}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRARY)
def test_contradicted(name: str) -> None:
    factor, wanted = CONTRARY[name]
    found = verdicts(scaled(told(), factor))
    assert {i: v for i, v in found.items() if i in wanted} == wanted


@pytest.mark.parametrize(
    ("fixed", "verdict"), [(0.0, R), (0.2, R), (0.9, D), (1.1, N), (30.0, N), (1e9, N)]
)  # in units of the time of k = 10
def test_the_law(fixed: float, verdict: str) -> None:
    times = told()
    unit = {t: times[f"{t}-rows-10"]["linear_s"] for t in ("mnist", "parsing")}
    for arm, own in times.items():
        if "rows" in arm and not arm.startswith("pos"):
            own["linear_s"] = own["linear_s"] * (0 if fixed > 1e6 else 1) + fixed * unit[arm.split("-")[0]]
    assert verdicts(times, spread=0.001)["M2-6"] == verdict


def test_the_picture_names_batches_that_are_not_the_papers() -> None:
    titles = {}
    for profile in ("quick", "cpu"):
        made = fake_record(TABLE2, profile, rows_of(TABLE2, profile), DATA)
        titles[profile] = [ax.get_title() for ax in draw(TABLE2, made).axes[:3]]
    sizes = ["MNIST, k = 20 of 500", "Parsing, k = 20 of 500", "POS-Tag, k = 5 of 500"]
    assert titles["cpu"] == sizes
    assert titles["quick"] == [sizes[0], sizes[1] + "\nin batches of 300 (paper: 10,000)", sizes[2]]
