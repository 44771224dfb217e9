"""Words that more than one document uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from repro.spec import Param

NAMED = 3
"""Missing runs that are named; of more, these and how many they are."""


def source_of(param: Param) -> str:
    """Where a parameter's value is from: the place in the paper, or "assumed" and why."""
    return f"assumed: {param.source}" if param.assumed else param.source


def missing_runs(missing: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Why → which runs of a record are missing for this reason: their names, or of many how many, and the first."""
    found: dict[str, list[str]] = {}
    for lost in missing:
        found.setdefault(lost["why"], []).append(lost["run"])
    return {why: _few(runs) for why, runs in found.items()}


def _few(runs: list[str]) -> str:
    if len(runs) <= NAMED:
        return ", ".join(runs)
    return f"{len(runs):,} runs ({', '.join(runs[:NAMED])}, …)"
