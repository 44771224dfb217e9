"""When the learning rate falls and when a run is evaluated."""

from __future__ import annotations

import math
from collections.abc import Sequence

from repro.data.streams.draws import NEVER
from repro.errors import BadValueError


def evenly(steps: int, times: int) -> list[int]:
    """About `times` evenly spread step counts, the last one `steps`; `BadValueError` if either is below 1."""
    if min(steps, times) < 1:
        raise BadValueError(f"{times} evaluations in {steps} steps; expected 1 or more of each")
    times = min(times, steps)
    return sorted({round(steps * (i + 1) / times) for i in range(times)})


def doubling(below: int) -> list[int]:
    """1, 2, 4, … below `below`: early looks at what changes fast at first."""
    return [1 << k for k in range(max(below - 1, 0).bit_length())]


class RateDrops:
    """The factor on the learning rate at each step: 1, times `factor` from `at` · steps on, for each (at, factor).

    `whole`: `at` · steps is rounded to a whole step (0.3 · 5 = 1.5 → 2). `BadValueError` unless 0 < `at` < 1.
    """

    def __init__(self, drops: Sequence[tuple[float, float]], steps: int, whole: bool = True):
        for at, _ in drops:
            if not 0 < at < 1:
                raise BadValueError(
                    f"rate_drops has a drop at {at}; expected a fraction of the steps, between 0 and 1"
                )
        self.drops = [(round(at * steps) if whole else at * steps, factor) for at, factor in drops]

    def rate(self, base: float, t: int) -> float:
        """The learning rate of training step t (0-based) that starts at `base`."""
        for at, factor in self.drops:
            base *= factor if t >= at else 1
        return base

    def next(self, t: int) -> int:
        """The first step after t whose rate may be another."""
        return min((math.ceil(at) for at, _ in self.drops if at > t), default=NEVER)
