"""Runs that are trained together are the runs trained one by one: the law, as sharp as rounding allows.

float64: 20 free steps, every part of the parameters within 1e-9. float32: every step from equal states, since what
rounding does to a free trajectory grows (under DNI one ulp to 5e-3 in 20 steps); the median gradient within 1e-5 and
the worst within 2e-3, because a ReLU whose input is 0 up to rounding may fall to either side.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

STEPS = 20


class Trainee(Protocol):
    """R runs in training. Names are "part/name", tensors [R, …]."""

    def step(self, t: int) -> dict[str, Any]:
        """Carry out training step t; returns `grads`, name → [R, …], and losses [R] by name."""

    def parameters(self) -> dict[str, Tensor]:
        """What has been learned, by name."""

    def take(self, other: Any, run: int | None = None) -> None:
        """Become run number `run` of `other`: weights, moments, statistics, generators."""


Build = Callable[[Sequence[Any], torch.dtype], Trainee]
"""The trainee of a list of runs (their seeds, say)."""


@dataclass(frozen=True)
class Difference:
    """A relative difference in L2, and where it is."""

    value: float
    where: str


def _parts(tensors: dict[str, Tensor], run: int) -> dict[str, Tensor]:
    """The tensors of one run as one vector a part."""
    made: dict[str, list[Tensor]] = {}
    for name, value in tensors.items():
        made.setdefault(name.partition("/")[0], []).append(value[run].double().flatten())
    return {part: torch.cat(values) for part, values in made.items()}


def _differences(
    ours: dict[str, Tensor], theirs: dict[str, Tensor], run: int, where: str
) -> list[Difference]:
    """Of run number `run` of `ours` from the only run of `theirs`, part by part."""
    assert ours.keys() == theirs.keys()
    made, mine = [], _parts(ours, run)
    for part, exact in _parts(theirs, 0).items():
        gap = (mine[part] - exact).norm().item()
        made.append(Difference(gap / max(exact.norm().item(), 1e-300), f"{part} of run {run} {where}"))
    return made


def free(build: Build, runs: Sequence[Any], steps: int = STEPS) -> list[Difference]:
    """What float64 has learned after `steps` free steps."""
    group = build(runs, torch.float64)
    start = {k: v.clone() for k, v in group.parameters().items()}
    for t in range(steps):
        group.step(t)
    learned = group.parameters()
    assert any(not torch.equal(v, start[k]) for k, v in learned.items()), "nothing was learned"
    made = []
    for r, run in enumerate(runs):
        alone = build([run], torch.float64)
        for t in range(steps):
            alone.step(t)
        made += _differences(learned, alone.parameters(), r, f"after {steps} steps")
    return made


def forced(build: Build, runs: Sequence[Any], steps: int = STEPS) -> list[Difference]:
    """float32 gradients and losses of each step, taken alone from the state that the run has in the group."""
    group, alone = build(runs, torch.float32), [build([run], torch.float32) for run in runs]
    made = []
    for t in range(steps):
        for r, one in enumerate(alone):
            one.take(group, r)
        ours = group.step(t)
        for r, one in enumerate(alone):
            theirs = one.step(t)
            for name in ours.keys() - {"grads"}:
                ours["grads"][f"{name}/"], theirs["grads"][f"{name}/"] = ours[name], theirs[name]
            made += _differences(ours["grads"], theirs["grads"], r, f"at step {t}")
    return made


def check(build: Build, runs: Sequence[Any], steps: int = STEPS) -> None:
    """AssertionError, naming the part, the run and the step, where training together is another training."""
    worst = max(free(build, runs, steps), key=lambda d: d.value)
    assert worst.value <= 1e-9, f"float64: {worst}"
    seen = forced(build, runs, steps)
    worst, middle = max(seen, key=lambda d: d.value), statistics.median(d.value for d in seen)
    assert worst.value <= 2e-3, f"float32, from equal states: {worst}"
    assert middle <= 1e-5, f"float32, from equal states: the median is {middle}"
