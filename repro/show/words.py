"""Words that more than one document uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repro.spec import Param

NAMED = 3
"""Of many runs or arms, so many are named."""


def source_of(param: Param) -> str:
    """Where a parameter's value is from: the place in the paper, or "assumed" and why."""
    return f"assumed: {param.source}" if param.assumed else param.source


def threads(machine: Mapping[str, Any]) -> str:
    """ "1 thread", "2 threads": of a machine as records name it."""
    return f"{machine['threads']} thread{'s' * (machine['threads'] != 1)}"


def missing_runs(missing: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Why → which runs of a record are missing for this reason: their names, or of many how many, and the first."""
    found: dict[str, list[str]] = {}
    for lost in missing:
        found.setdefault(lost["why"], []).append(lost["run"])
    return {why: few(runs, "runs") for why, runs in found.items()}


def few(names: Sequence[str], what: str, most: int = NAMED) -> str:
    """The names; of more than `most` how many `what` they are, and the first."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{len(names):,} {what} ({', '.join(names[:NAMED])}, …)"
