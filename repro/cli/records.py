"""The committed records, as `check`, `status`, `commit`, `render` and `cite` look them up."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from repro.errors import RecordError
from repro.exhibits import ids
from repro.paths import results_dir
from repro.record.record import Record
from repro.record.standing import best_profile
from repro.record.store import SUFFIXES, load
from repro.record.view import MissingData
from repro.spec import PROFILES, Exhibit


def recorded_profile(exhibit: Exhibit) -> str:
    """The profile on whose record most claims stand; `RecordError` if there is no record."""
    profile = best_profile(exhibit)
    if profile is None:
        raise RecordError(
            f"{exhibit.id} has no committed record: make one with `repro run {exhibit.id}`, then `repro commit`"
        )
    return profile


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
            except OSError as e:
                found.append(
                    (profile, RecordError(f"{exhibit.id}/{profile}: {e.strerror}: restore it from git"))
                )
    return found


def strays() -> Iterator[str]:
    """Files in `results/` that belong to no exhibit at no profile."""
    base = results_dir()
    known = {f"{i}/{p}{s}" for i in ids() for p in PROFILES for s in SUFFIXES}
    for path in sorted(base.rglob("*")) if base.is_dir() else ():
        name = path.relative_to(base).as_posix()
        if path.is_file() and path.suffix in SUFFIXES and name not in known:
            yield name


def draw_picture(exhibit: Exhibit, record: Record, path: Path) -> str | None:
    """Draw the SVG; returns what went wrong, in which case no picture of other numbers stays in its place.

    Where there is no matplotlib (a GPU machine, say), and where the record lacks what the figure cannot do without,
    nothing did: it says so on standard error.
    """
    try:
        from repro.show.draw import draw, save_svg

        save_svg(draw(exhibit, record), path, record)
        return None
    except (ModuleNotFoundError, MissingData) as e:
        lacking = f"there is no {e.name}" if isinstance(e, ModuleNotFoundError) else str(e)
        print(f"no picture of {exhibit.id} at {record.profile}: {lacking}", file=sys.stderr)
        why = None
    except Exception as e:  # the record is safe: a picture can be drawn from it later
        traceback.print_exc()
        why = f"the picture of {exhibit.id} at {record.profile} failed: {type(e).__name__}: {e}"
    if path.exists() and record.facts["csv"]["sha256"] not in path.read_text(
        encoding="utf-8", errors="replace"
    ):
        path.unlink()
    return why
