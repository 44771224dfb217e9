"""meProp's Tables 1 and 4: the paper's own numbers hold or are open, and are the printed ones."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from paired_tables import FOUR, ONE, judged, rows, told, verdicts

from repro.exhibits import get
from repro.exhibits.meprop.table1 import spec as table1
from repro.exhibits.meprop.table4 import spec as table4
from repro.record.nulls import vacuous

BOTH, DRAWS = (ONE, FOUR), 30


@pytest.mark.parametrize("exhibit", BOTH)
def test_the_papers_own_numbers_are_reproduced_or_undecided(exhibit: str) -> None:
    seen: dict[str, Counter[str]] = {c.id: Counter() for c in get(exhibit).claims}
    for draw in range(DRAWS):
        for i, j in judged(exhibit, rows(exhibit, told(exhibit), random.Random(draw))).items():
            seen[i][j.verdict] += 1
    for claim, found in seen.items():
        assert found["reproduced"] + found["open"] >= 0.9 * DRAWS, f"{claim}: {found}"
    assert sum(found["reproduced"] for found in seen.values()) > 0.4 * DRAWS * len(seen)


@pytest.mark.parametrize("exhibit", BOTH)
def test_without_spread_all_of_them_hold_and_none_where_there_is_nothing_to_see(exhibit: str) -> None:
    made = list(rows(exhibit, told(exhibit), random.Random(0), 0.05))
    assert {j.verdict for j in judged(exhibit, made).values()} == {"reproduced"}
    assert vacuous(get(exhibit), made) == {}


@pytest.mark.parametrize("exhibit", BOTH)
def test_one_seed_decides_nothing(exhibit: str) -> None:
    assert set(verdicts(exhibit, told(exhibit), seeds=1).values()) == {"open"}


@pytest.mark.parametrize("exhibit", BOTH)
def test_without_the_tagger_its_parts_stay_open(exhibit: str) -> None:
    ran = {k: v for k, v in told(exhibit).items() if not k.startswith("pos")}
    found = verdicts(exhibit, ran)
    prefix = "M1" if exhibit == ONE else "T4"
    assert {i for i, v in found.items() if v == "open"} == {f"{prefix}-1", f"{prefix}-4"}
    assert set(found.values()) == {"open", "reproduced"}


def test_the_papers_numbers_are_the_printed_ones() -> None:
    """Tables 1 and 4, read off the page: dense and meProp; iterations of Table 1."""
    printed = {
        "adagrad": {
            "pos": (96.93, 97.25, 4, 4),
            "parsing": (88.92, 88.95, 11, 8),
            "mnist": (97.52, 98.00, 8, 16),
        },
        "adam": {
            "pos": (97.07, 97.12, 2, 5),
            "parsing": (89.84, 90.01, 14, 6),
            "mnist": (97.82, 98.01, 17, 15),
        },
    }
    cells = {(t, o): (*p.scores, *(p.iterations or ())) for (t, o), p in table1.PAIRS.items()}
    assert cells == {(t, o): own for o, row in printed.items() for t, own in row.items()}
    assert {t: p.scores for t, p in table4.PAIRS.items()} == {
        "pos": (97.20, 97.31), "parsing": (91.53, 91.99), "mnist": (98.09, 98.32),
    }  # fmt: skip
    assert table4.WITHOUT == {"pos": 97.07, "parsing": 89.84, "mnist": 97.82}


def test_arms_have_the_papers_k_and_rates() -> None:
    for exhibit, wanted in (
        (ONE, {"pos": 5, "parsing": 20, "mnist-top-adagrad": 10, "mnist-top-adam": 20}),
        (FOUR, {"pos": 20, "parsing": 40, "mnist": 25}),
    ):
        for arm in (a for a in get(exhibit).arms if a.setting["rule"] != "dense"):
            k = wanted.get(arm.id.replace("random", "top")) or wanted.get(arm.setting["task"])
            assert arm.setting["percent"] * 5 == k, arm.id
    rates = {a.id: a.params["dropout"].value for a in get(FOUR).arms if "dropout" in a.params}
    assert {(i.split("-")[0], v) for i, v in rates.items()} == {
        ("pos", 0.5),
        ("parsing", 0.5),
        ("mnist", 0.2),
    }
    steps = {a.id: a.params["learning_rate"].value for a in get(ONE).arms if "learning_rate" in a.params}
    assert {(i.split("-")[0], v) for i, v in steps.items()} == {
        ("pos", 0.01),
        ("parsing", 0.01),
        ("mnist", 0.1),
    }
