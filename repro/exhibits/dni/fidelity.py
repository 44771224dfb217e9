"""How claims of Figures 12 and 13 read errors of synthetic gradients: by seed, over stretches of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from repro.record.stats import Difference, paired
from repro.record.view import MissingData, View

Looks = dict[int, float]
"""step → an error of one run at one layer."""
FIRST, LAST, START = 0.2, 0.8, 0.1
"""Shares of training: up to where it is early, from where it is late, from where it counts for an average."""
DISTANCE, ERROR, COSINE, SIGN = "sg_distance", "sg_error", "sg_cosine", "sg_sign"


def by_seed(view: View, arm: str, metric: str, layer: int) -> dict[int, Looks]:
    """seed → its looks; `MissingData` if the record has none by layer, or a single one of a seed."""
    found: dict[int, Looks] = {}
    for _, seed, _, step, _, value in view.select(arm, metric, index=str(layer)):
        found.setdefault(seed, {})[step] = value
    for seed, looks in found.items():
        if len(looks) < 3:
            raise MissingData(f"the course of {metric} of arm {arm}, seed {seed}")
    return found


def over(view: View, arm: str, metric: str, layer: int, of: Callable[[Looks], float]) -> Difference:
    """A number of each seed's looks, over seeds."""
    return paired([of(looks) for looks in by_seed(view, arm, metric, layer).values()])


def beyond(
    view: View, more: tuple[str, int], less: tuple[str, int], metric: str, of: Callable[[Looks], float]
) -> Difference:
    """The same number of one (arm, layer) less that of another, paired by seed."""
    a, b = (by_seed(view, arm, metric, layer) for arm, layer in (more, less))
    return paired([of(a[s]) - of(b[s]) for s in a if s in b])


def first(looks: Looks) -> float:
    """At the first look, before training: the guess is 0, so that ‖δ̂ − δ‖ is ‖δ‖."""
    return looks[min(looks)]


def early(looks: Looks) -> float:
    """Mean over the first fifth of training."""
    return _mean(looks, 0, FIRST)


def late(looks: Looks) -> float:
    """Mean over the last fifth."""
    return _mean(looks, LAST, 1)


def average(looks: Looks) -> float:
    """Mean over training, but for its first tenth."""
    return _mean(looks, START, 1)


def between(looks: Looks, start: float, end: float) -> float:
    """Mean over time between two shares of training, at which claims of other figures look too."""
    return _mean(looks, start, end)


def _mean(looks: Looks, start: float, end: float) -> float:
    """Mean over time between two shares of training, on straight lines from look to look.

    Looks stand close at first, after 1, 2, 4, … steps: a mean over looks would be one of the first few hundred.
    """
    steps = sorted(looks)
    low, high = max(start * steps[-1], steps[0]), end * steps[-1]
    if not low < high:
        raise MissingData(f"looks between {start:.0%} and {end:.0%} of training")
    area = 0.0
    for a, b in pairwise(steps):
        left, right = max(a, low), min(b, high)
        if left < right:
            middle = ((left + right) / 2 - a) / (b - a)
            area += (right - left) * (looks[a] + middle * (looks[b] - looks[a]))
    return area / (high - low)


def jumps(view: View, arm: str, layer: int) -> tuple[Difference, Difference]:
    """Of ‖δ̂ − δ‖: how far it rises above the first look, and how far it has fallen in the end."""
    rise = over(view, arm, DISTANCE, layer, lambda own: early(own) - first(own))
    return rise, over(view, arm, DISTANCE, layer, lambda own: early(own) - late(own))


def told(view: View, at: Sequence[tuple[str, int]], metric: str, *of: Callable[[Looks], float]) -> str:
    """Means over seeds, "1.42 → 1.10 → 0.31 at 1, …", of one (arm, layer) after another."""
    found = []
    for arm, layer in at:
        values = (over(view, arm, metric, layer, f).mean for f in of)
        found.append(" → ".join(f"{v:.2f}" for v in values) + f" at {layer}")
    return ", ".join(found)
