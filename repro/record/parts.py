"""What a record says of its runs one by one (machines, notes of works): folded for the reader, and taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def distinct(items: Iterable[Any]) -> list[Any]:
    """Each once, in the order of their first appearance; they need no hash."""
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def machines(made: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The machines that made the runs (`made`: by the run's name); of several, each with the names of its runs."""
    each = distinct(dict(m) for m in made.values())
    if len(each) < 2:
        return each
    return [{**m, "runs": [name for name, own in made.items() if own == m]} for m in each]


def machine_by_run(folded: Iterable[Mapping[str, Any]], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The inverse of `machines` for a record of the runs `names`."""
    found: dict[str, dict[str, Any]] = {}
    names = list(names)
    for machine in folded:
        own = {k: v for k, v in machine.items() if k != "runs"}
        found |= {name: own for name in machine.get("runs", names)}
    return {name: found[name] for name in names}


def notes(told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What works say of their arms (the k that a percentage comes to): what all share, then what is an arm's own."""
    known = {arm: info for arm, info in told.items() if info}
    first: Mapping[str, Any] = next(iter(known.values()), {})
    shared = {k: v for k, v in first.items() if all(k in i and i[k] == v for i in known.values())}
    own = {arm: {k: v for k, v in info.items() if k not in shared} for arm, info in known.items()}
    return shared | ({"arms": own} if any(own.values()) else {})


def told_by_arm(folded: Mapping[str, Any], arms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The inverse of `notes` for a record of these arms."""
    shared = {k: v for k, v in folded.items() if k != "arms"}
    return {arm: shared | folded.get("arms", {}).get(arm, {}) for arm in arms}
