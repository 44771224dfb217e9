"""The committed records, as `check`, `status`, `commit`, `render` and `cite` look them up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from repro.errors import RecordError
from repro.exhibits import INDEX
from repro.paths import results_dir
from repro.record import Record, load
from repro.spec import PROFILES, Exhibit

SUFFIXES = (".json", ".csv", ".svg")


def best_profile(exhibit: Exhibit, folder: Path | None = None) -> str:
    """The biggest profile with a record; `RecordError` if there is none."""
    for profile in reversed(PROFILES):
        if ((folder or results_dir()) / exhibit.id / f"{profile}.json").exists():
            return profile
    raise RecordError(f"{exhibit.id} has no record: make one with `repro run {exhibit.id}`")


def recorded(exhibit: Exhibit) -> list[tuple[str, Record | RecordError]]:
    """(profile, record or what is wrong with it) of every profile with a file in `results/`."""
    found: list[tuple[str, Record | RecordError]] = []
    for profile in PROFILES:
        path = results_dir() / exhibit.id / profile
        if path.with_suffix(".json").exists() or path.with_suffix(".csv").exists():
            try:
                found.append((profile, load(results_dir(), exhibit.id, profile)))
            except RecordError as e:
                found.append((profile, e))
    return found


def strays() -> Iterator[str]:
    """Files in `results/` that belong to no exhibit at no profile."""
    base = results_dir()
    known = {f"{i}/{p}{s}" for i in INDEX for p in PROFILES for s in SUFFIXES}
    for path in sorted(base.rglob("*")) if base.is_dir() else ():
        name = path.relative_to(base).as_posix()
        if path.is_file() and path.suffix in SUFFIXES and name not in known:
            yield name
