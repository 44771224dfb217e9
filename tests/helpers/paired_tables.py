"""Records of meProp's Tables 1 and 4 as tests invent them: the paper's scores with a spread, and what is changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from repro.exhibits import get
from repro.record.judge import judge

ONE, FOUR = "meprop/table1", "meprop/table4"
LOST = 2.0
"""Points that entries by lot are behind the dense net, where the paper has no number."""
Scores = Mapping[str, float]


def told(exhibit: str) -> dict[str, float]:
    """The paper's scores; of entries by lot, what would be a clear loss."""
    arms = {a.id: a for a in get(exhibit).arms}
    return {
        i: a.reported.get("test_accuracy")
        or arms[i.replace("random", "dense")].reported["test_accuracy"] - LOST
        for i, a in arms.items()
    }


def rows(
    exhibit: str,
    scores: Scores,
    rng: random.Random,
    spread: float = 1.0,
    seeds: int = 5,
    changes: Scores | None = None,
    ends: Scores | None = None,
    length: float = 20.0,
) -> Iterator[Any]:
    """`changes`: iterations that are not the paper's; `ends`: points that arms lose by the end; `length`: epochs."""
    epochs = {a.id: a.reported.get("best_epoch", 10.0) for a in get(exhibit).arms} | dict(changes or {})
    for arm, score in scores.items():
        for seed in range(seeds):
            value = min(rng.gauss(score, spread * 0.1), 100.0)
            best = min(epochs[arm] * rng.uniform(1 - 0.1 * spread, 1 + 0.1 * spread), length)
            yield (arm, seed, "test_accuracy", round(100 * best), "", value)
            yield (
                arm,
                seed,
                "end_accuracy",
                round(100 * length),
                "",
                value - 0.05 - (ends or {}).get(arm, 0.0),
            )
            yield (arm, seed, "best_epoch", round(100 * best), "", best)


def judged(exhibit: str, made: Any) -> dict[str, Any]:
    found = judge(get(exhibit), {"profile": "cpu", "data": None}, list(made))
    assert [j.reason for j in found if "its test failed" in j.reason] == []
    return {j.claim.id: j for j in found}


def verdicts(exhibit: str, scores: Scores, **more: Any) -> dict[str, str]:
    made = rows(exhibit, scores, random.Random(0), more.pop("spread", 0.1), **more)
    return {i: j.verdict for i, j in judged(exhibit, made).items()}


R, D, N, OPEN = "reproduced", "direction only", "not reproduced", "open"
