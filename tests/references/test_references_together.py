"""Together is one by one, for every family that is recorded; and the comparison notices what it should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import together
import torch
from cases import CASES, ROUGH, SEEDS
from families import Trained

STEP = Trained.step


@pytest.mark.parametrize("case", CASES)
def test_together_is_one_by_one(case: str) -> None:
    together.check(CASES[case], SEEDS, steps=6 if "large" in case else together.STEPS)  # large: seconds


@pytest.mark.parametrize("case", ROUGH)
def test_together_is_one_by_one_in_low_precision(case: str) -> None:
    """No float64 twin; one step of bfloat16 models is the same step all the same."""
    seen = together.forced(ROUGH[case], SEEDS)
    assert max(d.value for d in seen) <= 2e-3


def hasty(it: Trained, t: int) -> Any:
    """One percent too far."""
    before = [v.clone() for v in it.parameters().values()]
    made = STEP(it, t)
    for v, old in zip(it.parameters().values(), before, strict=True):
        v.add_((v - old) * 0.01)
    return made


def mixed(it: Trained, t: int) -> Any:
    """The last run's gradients hold a hundredth of the first one's."""
    made = STEP(it, t)
    for g in made["grads"].values():
        g[-1] += 1e-2 * g[0]
    return made


def dropped(it: Trained, t: int) -> Any:
    """The last run stays as it was."""
    before = [v[-1].clone() for v in it.parameters().values()]
    made = STEP(it, t)
    for v, old in zip(it.parameters().values(), before, strict=True):
        v[-1].copy_(old)
    return made


@pytest.mark.parametrize(("defect", "words"), [(hasty, "float64"), (dropped, "run 2"), (mixed, "float32")])
@pytest.mark.parametrize("case", ["dni", "linear-shallow-log"])
@torch.no_grad()
def test_what_happens_only_together_is_noticed(
    case: str, defect: Callable[[Trained, int], Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Trained,
        "step",
        lambda it, t: (defect if len(next(iter(it.parameters().values()))) > 1 else STEP)(it, t),
    )
    with pytest.raises(AssertionError, match=words):
        together.check(CASES[case], SEEDS)
