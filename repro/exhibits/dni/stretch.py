"""What claims of Figures 14 and 15 share: a stretch of training, weighted by time."""

from __future__ import annotations

from repro.record.cells import Curve
from repro.record.view import MissingData, View

TRAIN = "train_error"


def over_time(view: View, arm: str, metric: str, start: float, end: float) -> Curve:
    """Each seed's mean of a metric between two fractions of its training, weighted by time, whenever it was measured.

    What is measured at a step stands for the time since the look before it (since the start, at the first).
    """
    looks: dict[int, dict[int, float]] = {}
    for _, seed, _, step, _, value in view.select(arm, metric):
        looks.setdefault(seed, {})[step] = value
    found: Curve = {}
    for seed, own in looks.items():
        steps, last = sorted(own), max(own)
        spans = [
            max(0.0, min(t, end * last) - max(before, start * last))
            for before, t in zip((0, *steps), steps, strict=False)
        ]
        if not sum(spans):
            raise MissingData(f"{metric} of arm {arm} between {start:.0%} and {end:.0%} of training")
        found[seed] = sum(w * own[t] for w, t in zip(spans, steps, strict=True)) / sum(spans)
    return found
