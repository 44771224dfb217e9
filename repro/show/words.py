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


def spans(numbers: Iterable[int]) -> str:
    """ "0, 1, 2" as it is; from `NAMED` + 1 in a row on "100 to 149"."""
    rows: list[list[int]] = []
    for n in numbers:
        if rows and n == rows[-1][-1] + 1:
            rows[-1].append(n)
        else:
            rows.append([n])
    told = ([f"{r[0]} to {r[-1]}"] if len(r) > NAMED else map(str, r) for r in rows)
    return ", ".join(word for words in told for word in words)
