"""Scatters as claims and figures read them: a dot a run, its value against a number of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from repro.record.stats import Difference, mean
from repro.record.view import View

Dots = dict[int, tuple[float, float]]
"""seed → (x, y) of a run."""


def moments(view: View, arm: str, metric: str) -> list[int]:
    """The steps at which a metric of an arm was read, in order."""
    return sorted({r[3] for r in view.select(arm, metric)})


def dots(view: View, arm: str, x: str, y: str, step: int | None = None) -> Dots:
    """Each run's `y` at a step, or at its end, against its `x`."""
    at = view.by_seed(arm, x)
    found = {r[1]: r[5] for r in view.select(arm, y, step=step)} if step is not None else view.by_seed(arm, y)
    return {seed: (at[seed], value) for seed, value in found.items() if seed in at}


def between(of: Dots, low: float, high: float = math.inf) -> list[float]:
    """The y of dots with low ≤ x < high."""
    return [y for x, y in of.values() if low <= x < high]


def binned(of: Dots, bins: Sequence[tuple[float, float]]) -> list[float | None]:
    """The mean of each bin, None where there is no dot."""
    found = (between(of, *each) for each in bins)
    return [mean(own) if own else None for own in found]


def gaps(more: Dots, less: Dots, low: float, high: float = math.inf) -> list[float]:
    """The y of `more` less that of `less`, run by run, where low ≤ x < high."""
    return [more[s][1] - less[s][1] for s, (x, _) in more.items() if s in less and low <= x < high]


def at(of: Dots, x: float) -> float | None:
    """y at x > 0 on straight lines between neighbouring dots, over the logarithm of x; None beyond the outermost."""
    dots = sorted(of.values())
    for (a, left), (b, right) in pairwise(dots):
        if a <= x <= b:
            part = math.log(x / a) / math.log(b / a) if b > a else 0.0
            return left + part * (right - left)
    return None


def rank(of: Dots) -> Difference:
    """Spearman's correlation of x and y as Fisher's z, with the error of z that ranks have (Fieller): see `told`."""
    n = len(of)
    a, b = (_centred([d[i] for d in of.values()]) for i in (0, 1))
    size = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    rho = math.fsum(x * y for x, y in zip(a, b, strict=True)) / size if size else 0.0
    z = math.atanh(max(-0.9999, min(0.9999, rho)))
    return Difference(z, math.sqrt(1.06 / (n - 3)) if n > 3 else math.nan, n - 3, n)


def _centred(values: Sequence[float]) -> list[float]:
    """Ranks less their mean; ties share theirs."""
    ordered = sorted(values)
    ranks = [ordered.index(v) + (ordered.count(v) + 1) / 2 for v in values]
    return [r - mean(ranks) for r in ranks]


def told(correlation: Difference) -> str:
    """A rank correlation with its interval, back on its own scale."""
    low, high = (math.tanh(z) for z in correlation.interval())
    return f"{math.tanh(correlation.mean):+.2f} [{low:+.2f}, {high:+.2f}]"
