"""The tiny exhibit on two data sets: digits as themselves, and MNIST, for which they stand in."""

from dataclasses import replace

import tiny_exhibit

_ARMS = tuple(
    replace(a, settings={**a.settings, "dataset": "mnist"}) if a.id in ("arm-2", "arm-1") else a
    for a in tiny_exhibit.EXHIBIT.arms
)
_PROFILES = tuple(
    replace(p, dataset="digits", stand_in=None if p.name == "cpu" else "digits", together=())
    for p in tiny_exhibit.EXHIBIT.profiles
)
EXHIBIT = replace(tiny_exhibit.EXHIBIT, id="meprop/two-sets", arms=_ARMS, profiles=_PROFILES)
