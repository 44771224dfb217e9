"""How claims about deep nets read a record: a metric by layer, seed by seed, at the end; who has learned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from repro.record.stats import Difference, mean, paired
from repro.record.view import View

Layers = dict[int, float]
"""Hidden layer (from 1) → value."""


def layers(view: View, arm: str, metric: str) -> dict[int, Layers]:
    """Seed → layer → value at the run's end."""
    rows = view.select(arm, metric)
    last = {seed: max(r[3] for r in rows if r[1] == seed) for seed in {r[1] for r in rows}}
    found: dict[int, Layers] = {seed: {} for seed in sorted(last)}
    for _, seed, _, step, index, value in rows:
        if step == last[seed]:
            found[seed][int(index)] = value
    return found


def level(view: View, arm: str, metric: str) -> Layers:
    """Layer → mean over seeds."""
    found = layers(view, arm, metric)
    return {i: mean([own[i] for own in found.values()]) for i in next(iter(found.values()))}


def of(view: View, arm: str, metric: str, measure: Callable[[Layers], float]) -> dict[int, float]:
    """Seed → a number made of the layers of one arm."""
    return {seed: measure(own) for seed, own in layers(view, arm, metric).items()}


def over(view: View, arm: str, metric: str, measure: Callable[[Layers], float]) -> Difference:
    """Its mean over seeds, with its interval."""
    return paired([*of(view, arm, metric, measure).values()])


def beyond(view: View, more: str, less: str, metric: str, measure: Callable[[Layers], float]) -> Difference:
    """How much larger it is in one arm than in another, paired by seed."""
    a, b = (of(view, x, metric, measure) for x in (more, less))
    return paired([a[s] - b[s] for s in a if s in b])


def at(layer: int) -> Callable[[Layers], float]:
    """The value of one layer."""
    return lambda own: own[layer]


def between(first: int, last: int) -> Callable[[Layers], float]:
    """The mean over layers `first` to `last`."""
    return lambda own: mean([own[i] for i in range(first, last + 1)])


def ratio(over_: float, under: float) -> float:
    """NaN, which decides nothing, where there is nothing to divide by."""
    return over_ / under if under else math.nan


def relative(layer: int, to: int = 1) -> Callable[[Layers], float]:
    """The value of one layer over that of another."""
    return lambda own: ratio(own[layer], own[to])


def drops(own: Layers, first: int, last: int) -> Layers:
    """Layer i → value at i − value at i + 1, for i from `first` to below `last`."""
    return {i: own[i] - own[i + 1] for i in range(first, last)}


def told(view: View, arm: str, metric: str, at_: Sequence[int], digits: int = 3) -> str:
    """The means of some layers in one line: "sg-20 .43 / .37"."""
    own = level(view, arm, metric)
    return f"{arm} " + " / ".join(f"{own[i]:.{digits}f}" for i in at_)


def learned(view: View, arms: Iterable[str], least: float) -> str:
    """Why there is nothing to compare: an arm whose training accuracy ends below `least` %. A claim's gate."""
    low = {a: view.mean(a, "train_accuracy") for a in arms}
    found = [f"{a} {v:.1f} %" for a, v in low.items() if not v >= least]
    return f"not learned here (≥ {least:g} % asked): {', '.join(found)}" if found else ""
