"""What was claimed when a run was first trained: by other code or another arithmetic it is no new evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from repro.runner import cache
from repro.runner.registered import NOT_PLANNED


def first_registered(
    claims: Mapping[str, Mapping[str, str]], runs_dir: str | Path, keys: Iterable[str]
) -> dict[str, dict[str, str]]:
    """`claims` (exhibit → claim → digest) as they are to be kept with a run's new result.

    Where a result of that run, under one of `keys` and by whatever code, has a claim otherwise or not at all, that is
    what counts; results of exhibits that are none of these say nothing of them.
    """
    found = {exhibit: dict(of) for exhibit, of in claims.items()}
    for key in keys:
        for old in cache.others(runs_dir, key, ""):
            had = old.get("registered", {})
            for exhibit, of in claims.items() if had.keys() & claims.keys() else ():
                then = {claim: had.get(exhibit, {}).get(claim, NOT_PLANNED) for claim in of}
                found[exhibit] |= {claim: digest for claim, digest in then.items() if digest != of[claim]}
    return found
