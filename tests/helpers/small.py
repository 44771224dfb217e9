"""Fewer and smaller smoke runs, for tests in which every path counts and no length does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from repro.record.run import parameters
from repro.spec import Arm, Exhibit

_SMALL = {"steps": 40, "check": 20, "validate": 20, "probe": 8}
"""An end, evaluations, checks of a level and a validation on the way; a long pass is the same operators again."""


def small(exhibit: Exhibit, *names: str) -> dict[str, int]:
    """Changes of those parameters (of `names` alone, if given) that are larger in the exhibit's smoke runs."""
    now = parameters(exhibit, exhibit.profile("smoke"))
    return {k: v for k, v in _SMALL.items() if now.get(k, 0) > v and (not names or k in names)}


DATA_ONLY = ("task", "data")
"""Settings that choose what the host generates or loads: no operator on the device depends on them."""
NETS = ("mnist", "parsing", "pos")
"""But these tasks, of meProp, have a net each."""


def one_a_path(arms: Sequence[Arm]) -> Iterator[Arm]:
    """The first arm of each combination of settings that chooses code, and of each choice of data.

    A number (a k, a width, a rate) is a size: that an arm has it chooses code, how large it is does not.
    """
    seen = set()
    for arm in arms:
        said = {k: "a number" if type(v) in (int, float) else v for k, v in arm.setting.items()}
        chosen = {(k, v) for k, v in said.items() if k in DATA_ONLY and v not in NETS}
        chosen |= {("data set", arm.dataset)}
        paths = {frozenset(said.items() - chosen), *chosen}
        if paths - seen:
            yield arm
        seen |= paths
