"""The parameters of a notebook: what they may be, how text becomes a value, which record is the best."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable
from typing import Any

from repro.errors import BadValueError, RecordError, UnknownNameError
from repro.record.store import best_profile
from repro.spec import Exhibit

SOURCES = ("recorded", "run")
PARAMETERS: tuple[tuple[str, str, str], ...] = (
    ("source", "recorded", '"recorded" draws the committed record, "run" trains'),
    ("profile", "", 'smoke, quick, cpu, paper; empty: the best there is ("quick" when it trains)'),
    ("device", "auto", "auto, cpu, cuda"),
    ("seeds", "", 'like "0,1,2" or "0-4"; empty: those of the profile'),
    (
        "settings",
        "",
        "parameters of your own, each as name and value with an equals sign between; empty: none",
    ),
    ("data_dir", "", "empty: REPRO_DATA, else .data in the repository"),
    ("out", "", "folder for the record and the picture; empty: keep neither"),
)
"""(name, default, comment) of the parameters cell, the same in every notebook.

No comment has an equals sign: `papermill --help-notebook` cannot read such a line.
"""
MOST_SEEDS = 10_000


def parse_seeds(text: str) -> tuple[int, ...] | None:
    """ "0,1,2" or "0-4" as numbers, each once; None for an empty text; `BadValueError` for anything else."""
    if not text.strip():
        return None
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = first.isdecimal() and (not dash or last.isdecimal())
        if not numbers or int(last or first) < int(first):
            raise BadValueError(f"seeds {text!r}: expected whole numbers from 0 up, like 0,1,2 or 0-4")
        if int(last or first) - int(first) >= MOST_SEEDS:
            raise BadValueError(f"seeds {text!r}: expected at most {MOST_SEEDS:,} of them")
        found += range(int(first), int(last or first) + 1)
    if len(set(found)) < len(found):
        raise BadValueError(f"seeds {text!r}: expected each of them once")
    return tuple(found)


def parse_changes(text: str) -> dict[str, str]:
    """ "epochs=2 batch=20" as {"epochs": "2", "batch": "20"}; quotes protect spaces in a value."""
    found: dict[str, str] = {}
    try:
        parts = shlex.split(text)
    except ValueError as e:
        raise BadValueError(
            f"settings {text!r}: {e}; expected name=value, with both quotes or none"
        ) from None
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise BadValueError(f'settings {text!r}: {part!r} is not name=value, e.g. "epochs=2 batch=20"')
        if name in found:
            raise BadValueError(f"settings {text!r}: {name} is given twice")
        found[name] = value
    return found


def refuse_misspelt(names: Iterable[str]) -> None:
    """`UnknownNameError` for a name that all but spells a parameter: papermill passes it on, and it does nothing."""
    known = [name for name, *_ in PARAMETERS]
    for name in names:
        if name not in known and difflib.get_close_matches(name, known, 1, 0.75):
            raise UnknownNameError("notebook parameter", name, known)


def choose_profile(exhibit: Exhibit, source: str, profile: str) -> str:
    """The profile that these parameters mean; an error that says what to do when there is none."""
    if source not in SOURCES:
        raise UnknownNameError("source", source, SOURCES)
    if profile:
        return exhibit.profile(profile).name
    chosen = "quick" if source == "run" else best_profile(exhibit)
    if chosen is None:
        raise RecordError(
            f'there is no record of {exhibit.id} yet: set source = "run", or `repro run {exhibit.id}` first'
        )
    return chosen


def as_text(value: Any) -> str:
    """A parameter's value as it is printed: short floats, JSON-like lists."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(as_text(v) for v in value) + ")"
    return str(value)
