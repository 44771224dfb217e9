"""How claims about Tables 1 and 2 read times: gains over the dense net, repetition by repetition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repro.claim import Outcome
from repro.exhibits.meprop.table2.spec import DENSE, RUN, SPARSE, K
from repro.exhibits.meprop.table3.spec import TASKS
from repro.record.stats import both, median
from repro.record.view import MissingData, View

WHOLE, FORWARD, LINEAR, UPDATE = "backward_s", "forward_s", "linear_s", "update_s"
FACTOR = 1.5
"""Sizes may be so many times the paper's, or as small a part of it."""


@dataclass(frozen=True)
class Ratio:
    """The median of ratios, repetition by repetition, and its interval."""

    middle: float
    low: float
    high: float

    def above(self, least: float = 1.0) -> bool | None:
        """Whether it is more than `least`; None where the interval holds it."""
        return True if self.low > least else False if self.high <= least else None

    def near(self, told: float) -> bool:
        """Whether it is `told`, up to `FACTOR`."""
        return told / FACTOR <= self.middle <= told * FACTOR

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"


def arm(view: View, task: str, by: str | None = None, k: int | None = None) -> str:
    """The id of an arm; dense without `by`."""
    return view.arm(task=task, by=by, k=k)


def seconds(view: View, arm: str, *metrics: str) -> dict[str, float]:
    """Repetition → seconds of these parts together."""
    found = [{row[4]: row[5] for row in view.select(arm, m)} for m in metrics]
    return {i: sum(part[i] for part in found) for i in found[0] if all(i in part for part in found)}


def middle(view: View, arm: str, *metrics: str) -> float | None:
    """The median, over repetitions, of seconds of these parts together; None for what the record has not."""
    there = all(view.has(arm, m) for m in metrics)
    return median([*seconds(view, arm, *metrics).values()]) if there else None


def ratio(more: Mapping[str, float], less: Mapping[str, float]) -> Ratio:
    """`more` over `less`, repetition by repetition; `MissingData` for less than six, which have no 95 % interval."""
    found = sorted(more[i] / less[i] for i in more if i in less)
    n = len(found)
    if n < 6:
        raise MissingData(f"six repetitions, but {n}")
    out = outside(n)
    return Ratio(median(found), found[out], found[n - 1 - out])


def outside(n: int) -> int:
    """How many of n sorted values lie below an interval that holds their median with 95 % or more, and above it."""
    tail, out = 0.5**n, 0
    while tail + math.comb(n, out + 1) * 0.5**n <= 0.025:
        out += 1
        tail += math.comb(n, out) * 0.5**n
    return out


def gains(view: View, *metrics: str, by: str = "rows", ks: Mapping[str, int] = K) -> dict[str, Ratio]:
    """Task → seconds of the dense net over those of meProp."""
    made = {}
    for task in RUN:
        dense, own = (arm(view, task, *how) for how in ((), (by, ks[task])))
        made[task] = ratio(seconds(view, dense, *metrics), seconds(view, own, *metrics))
    return made


def spelt(found: Mapping[str, Ratio], unit: str = "x") -> str:
    """Task by task, in one line."""
    return ", ".join(f"{TASKS[task]} {r}{unit}" for task, r in found.items())


def _sums(of: Mapping[str, Sequence[float]], *places: int) -> dict[str, float]:
    return {task: sum(of[task][p] for p in places) for task in RUN}


def faster(found: Mapping[str, Ratio], least: float, *places: int) -> Outcome:
    """Whether each is `least` times as fast; size: the paper's gain. `places` of its cells: 0 forward, 1 backward."""
    its, own = _sums(DENSE, *places), _sums(SPARSE, *places)
    near = all(r.near(its[task] / own[task]) for task, r in found.items())
    return Outcome(both(*(r.above(least) for r in found.values())), spelt(found), near)
