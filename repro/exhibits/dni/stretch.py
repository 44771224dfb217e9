"""What claims of Figures 14 and 15 share: a stretch of training, weighted by time as in Figures 12 and 13."""

from __future__ import annotations

from repro.exhibits.dni.fidelity import Looks, between
from repro.record.cells import Curve
from repro.record.view import View

TRAIN = "train_error"


def courses(view: View, arm: str, metric: str) -> dict[int, Looks]:
    """seed → step → what was measured."""
    looks: dict[int, Looks] = {}
    for _, seed, _, step, _, value in view.select(arm, metric):
        looks.setdefault(seed, {})[step] = value
    return looks


def over_time(view: View, arm: str, metric: str, start: float, end: float) -> Curve:
    """Each seed's mean of a metric between two shares of its training; before the first look it is what that saw."""
    found = courses(view, arm, metric)
    return {seed: between({0: own[min(own)], **own}, start, end) for seed, own in found.items()}


def from_first(view: View, arm: str, metric: str) -> Curve:
    """What each seed measured first."""
    return {seed: own[min(own)] for seed, own in courses(view, arm, metric).items()}
