"""How claims of Figures 2 and 9 read correlations between implied and true loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from repro.exhibits.sg import implied
from repro.record import stats
from repro.record.stats import Difference, paired
from repro.record.view import MissingData, View

Seen = dict[tuple[int, int], float]
"""(step, layer) → correlation."""


def by_seed(view: View, arm: str) -> dict[int, Seen]:
    """seed → its correlations."""
    found: dict[int, Seen] = {}
    for _, seed, _, step, index, value in view.select(arm, "correlation"):
        if not index.isdigit():
            raise MissingData(f"correlation of arm {arm} by layer")
        found.setdefault(seed, {})[step, int(index)] = value
    return found


def medians(view: View, arm: str) -> Seen:
    """The median over seeds."""
    seeds = by_seed(view, arm).values()
    return {at: stats.median([own[at] for own in seeds if at in own]) for at in next(iter(seeds), {})}


def mean_at(seen: Seen, steps: tuple[int, ...] = ()) -> float:
    """Mean over layers, and over these steps (all, if none is named); `MissingData` if there is none."""
    values = [v for (step, _), v in seen.items() if step in steps or not steps]
    if not values:
        raise MissingData(f"correlation at steps {steps}")
    return stats.mean(values)


def last(seen: Seen) -> int:
    """The paper's last iteration, or the last one looked at before."""
    return max(step for step, _ in seen if step <= implied.ITERATIONS[-1])


def over(view: View, arm: str, of: Callable[[Seen], float]) -> Difference:
    """A number of each seed, over seeds."""
    return paired([of(seen) for seen in by_seed(view, arm).values()])


def beyond(view: View, one: str, other: str, of: Callable[[Seen], float]) -> Difference:
    """A number of one arm's seed minus the other's of the same seed: the same labels, the same first weights."""
    left, right = by_seed(view, one), by_seed(view, other)
    if not left.keys() & right.keys():
        raise MissingData(f"correlation of arms {one} and {other} with the same seed")
    return paired([of(left[s]) - of(right[s]) for s in left if s in right])


def distance(setting: Any, seen: Seen) -> float:
    """Mean |ours − the paper's| over its iterations and layers."""
    gaps = [
        abs(seen[step, layer] - value)
        for step in implied.ITERATIONS
        for layer, value in implied.told(setting, step).items()
        if (step, layer) in seen
    ]
    if not gaps:
        raise MissingData("correlation at the paper's iterations")
    return stats.mean(gaps)
