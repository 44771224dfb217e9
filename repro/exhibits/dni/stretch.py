"""What claims about the course of training share: the mean of a metric over a stretch of it, weighted by time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from repro.record.cells import Curve
from repro.record.view import MissingData, View

TRAIN = "train_error"


def mean_over(looks: Mapping[int, float], start: float, end: float) -> float:
    """Mean over time between two shares of training, on straight lines from look to look; before the first, its own.

    Looks may stand close at first, after 1, 2, 4, … steps: a mean over looks would be one of the first few hundred.
    """
    steps = sorted(looks)
    low, high = start * steps[-1], end * steps[-1]
    if not low < high:
        raise MissingData(f"looks between {start:.0%} and {end:.0%} of training")
    area = max(0.0, min(steps[0], high) - low) * looks[steps[0]]
    for a, b in pairwise(steps):
        left, right = max(a, low), min(b, high)
        if left < right:
            middle = ((left + right) / 2 - a) / (b - a)
            area += (right - left) * (looks[a] + middle * (looks[b] - looks[a]))
    return area / (high - low)


def courses(view: View, arm: str, metric: str) -> dict[int, dict[int, float]]:
    """seed → step → what was measured."""
    looks: dict[int, dict[int, float]] = {}
    for _, seed, _, step, _, value in view.select(arm, metric):
        looks.setdefault(seed, {})[step] = value
    return looks


def over_time(view: View, arm: str, metric: str, start: float, end: float) -> Curve:
    """Each seed's mean of a metric between two shares of its training."""
    return {seed: mean_over(own, start, end) for seed, own in courses(view, arm, metric).items()}


def from_first(view: View, arm: str, metric: str) -> Curve:
    """What each seed measured first."""
    return {seed: own[min(own)] for seed, own in courses(view, arm, metric).items()}
