"""Which runs a record is to have, from what a user asks for: refused by name before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from repro.errors import BadValueError, UnknownNameError
from repro.record.run import Run, runs
from repro.spec import Exhibit


def planned(
    exhibit: Exhibit,
    profile: str,
    seeds: tuple[int, ...] | None = None,
    arms: Collection[str] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> tuple[Run, ...]:
    """The runs of the record: all of the profile's, or those of seeds that the profile does not have.

    `arms` only has to name arms of the profile. Unknown profiles, parameters and arms, and seeds without sense are
    refused.
    """
    sized = exhibit.profile(profile)
    if seeds is not None and (not seeds or min(seeds) < 0):
        raise BadValueError(f"seeds are {list(seeds)}; expected one or more whole numbers from 0 up")
    if seeds is not None and len(set(seeds)) < len(seeds):
        raise BadValueError(f"seeds are {list(seeds)}; expected each of them once")
    made = runs(exhibit, sized, seeds if has_own_seeds(exhibit, profile, seeds) else None, changes)
    known = list(dict.fromkeys(r.arm for r in made))
    for arm in arms or ():
        if arm not in known:
            raise UnknownNameError(f"arm of {exhibit.id} at {profile}", arm, known)
    return made


def has_own_seeds(exhibit: Exhibit, profile: str, seeds: tuple[int, ...] | None) -> bool:
    """Whether some of `seeds` are none of the profile's: then the record is another than the profile's."""
    sized = exhibit.profile(profile)
    return seeds is not None and not {*seeds} <= {*sized.seeds}.union(*sized.more_seeds.values())


def custom(
    exhibit: Exhibit, profile: str, seeds: tuple[int, ...] | None, changes: Mapping[str, Any]
) -> list[str]:
    """What makes a record another than the profile's: changed parameters, seeds of one's own."""
    return sorted(changes) + (["seeds"] if has_own_seeds(exhibit, profile, seeds) else [])
