"""How far two recordings are apart."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from trajectories import Recording, Series


@dataclass(frozen=True)
class Deviation:
    """A relative difference and where it is the largest."""

    value: float
    where: str


def _relative(a: float, b: float, scale: float) -> float:
    return 0.0 if a == b else abs(a - b) / max(abs(scale), 1e-300)


def _in_steps(found: Series, recorded: Series) -> Iterator[tuple[str, Deviation]]:
    """At each step and run; of a dot product relative to the vector's norm."""
    for name, rows in recorded.items():
        part, _, what = name.partition(".")
        scales = recorded[f"{part}.norm"] if what == "dot" else rows
        for t, (mine, theirs, scale) in enumerate(zip(found[name], rows, scales, strict=True)):
            for r, (a, b, c) in enumerate(zip(mine, theirs, scale, strict=True)):
                kind = "update" if what == "update" else "step"
                yield kind, Deviation(_relative(a, b, c), f"{name}, step {t}, run {r}")


def _at_the_end(found: Series, recorded: Series) -> Iterator[tuple[str, Deviation]]:
    """Relative to the tensor's norm, or to 1e-3 of the largest norm in its part: some tensors are all rounding."""
    largest: dict[str, float] = {}
    for name, rows in recorded.items():
        part = name.partition("/")[0]
        largest[part] = max(largest.get(part, 0.0), *(row[1] for row in rows))
    for name, rows in recorded.items():
        for r, (mine, theirs) in enumerate(zip(found[name], rows, strict=True)):
            scale = max(theirs[1], 1e-3 * largest[name.partition("/")[0]])
            worst = max(_relative(a, b, scale) for a, b in zip(mine, theirs, strict=True))
            yield "weights", Deviation(worst, f"{name}, run {r}")


def _median(values: list[Deviation]) -> Deviation:
    """The largest median of a quantity: half of its steps and runs are at least that far off."""
    quantities: dict[str, list[float]] = {}
    for each in values:
        quantities.setdefault(each.where.partition(",")[0], []).append(each.value)
    medians = [Deviation(statistics.median(v), name) for name, v in quantities.items()]
    return max(medians, key=lambda d: d.value)


def deviations(found: Recording, recorded: Recording) -> dict[str, Deviation]:
    """How far `found` is from `recorded`: the worst of each kind and, in float32, the median too."""
    assert found.keys() == recorded.keys()
    made: dict[str, Deviation] = {}
    for dtype, series in recorded.items():
        assert found[dtype].keys() == series.keys(), sorted(found[dtype].keys() ^ series.keys())
        kinds: dict[str, list[Deviation]] = {}
        for kind, each in (_at_the_end if dtype == "final" else _in_steps)(found[dtype], series):
            kinds.setdefault(f"{dtype} {kind}", []).append(each)
        for kind, values in kinds.items():
            made[f"{kind}, worst"] = max(values, key=lambda d: d.value)
            if dtype == "float32":
                made[f"{kind}, median"] = _median(values)
    return made
