"""The tiny exhibit put together, and others like it: with their own data, another rate, a claim that fails."""

from dataclasses import replace

from repro.claim import Outcome
from repro.exhibits import read

EXHIBIT = read("tiny")


def _never(view):
    return Outcome(False, EXHIBIT.claims[0].test(view).ours)


SLOWER = replace(
    EXHIBIT, params=tuple(replace(p, value=0.02) if p.name == "rate" else p for p in EXHIBIT.params)
)
"""Under which records of the tiny exhibit are stale."""
STRICT = replace(EXHIBIT, claims=(replace(EXHIBIT.claims[0], test=_never),))
"""With a claim that its numbers do not support."""
NO_DATA = replace(
    EXHIBIT,
    id="meprop/cpu-data",
    profiles=tuple(replace(p, dataset="mnist") for p in EXHIBIT.profiles),
)
"""Wanting a data set that no test downloads."""
TWO_SETS = replace(
    EXHIBIT,
    id="meprop/two-sets",
    arms=tuple(replace(a, dataset="mnist") if a.id in ("arm-2", "arm-1") else a for a in EXHIBIT.arms),
    profiles=tuple(
        replace(p, dataset="digits", stand_in=None if p.name == "cpu" else "digits", together=())
        for p in EXHIBIT.profiles
    ),
)
"""On two data sets: digits as themselves, and MNIST, for which they stand in."""
