"""Learners whose layers act at random, small enough for a unit test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from repro.train.at_random import AtRandomLearner
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.optim import Optimizer

ARMS = ("ud-dni", "ud-cdni", "fud-dni", "fud-cdni", "bprop")
SEEDS = (0, 3)


class Exact(AtRandomLearner):
    dtype = torch.float64


def make(
    small: Callable[..., Given],
    arm: str,
    seeds: tuple[int, ...] = SEEDS,
    kind: Any = AtRandomLearner,
    **more: Any,
) -> Any:
    changes = {"steps": 20, "width": 16, "batch": 32, "input_hidden": (24,), "dni_sg_hidden": (24,)}
    if arm == "fud-cdni":
        changes["cdni_sg_hidden"] = (24,)
    given = small("dni/fig7", arm, seeds)
    known = given.runs[0].params.keys()
    return kind(
        small("dni/fig7", arm, seeds, **{k: v for k, v in (changes | more).items() if k in known}), Context()
    )


def tensors(learner: Any) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    for name, kept in learner.kept().items():
        made |= (
            {f"{name}/{k}": v for k, v in kept.kept().items()}
            if isinstance(kept, Optimizer)
            else {name: kept}
        )
    return made
