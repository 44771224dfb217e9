"""The parameters of a notebook: which there are, what they may be, which record is the best."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from repro.errors import BadValueError, RecordError, UnknownNameError
from repro.record.standing import best_profile
from repro.spec import Exhibit, Param

SOURCES = ("recorded", "run")
PARAMETERS: tuple[tuple[str, str, Any, str], ...] = (
    ("source", "str", "recorded", '"recorded" draws the committed record, "run" trains'),
    ("profile", "str", None, "smoke, quick, cpu, paper; None: the best recorded (quick when it trains)"),
    ("device", "str", "auto", "auto, cpu, cuda"),
    ("seeds", "list", None, 'like [0, 1] or "0-4"; None: those of the profile'),
    ("data", "str", None, "folder of the data sets; None: REPRO_DATA, else .data of the repository"),
    ("out", "str", None, "folder for the record and the picture; None: keep neither"),
    ("workers", "int", 1, "processes that train side by side"),
)
"""(name, type, default, comment) of what every notebook's parameters cell begins with; the exhibit's own follow.

No comment has an equals sign: `papermill --help-notebook` cannot read such a line.
"""
MOST_SEEDS = 10_000
QUOTE, DOUBLE = "'", '"'
WIDEST = 108
"""Characters of a line of the parameters cell."""


def names_of(exhibit: Exhibit) -> list[str]:
    """The names of all parameters of the exhibit's notebook."""
    return [*(name for name, *_ in PARAMETERS), *(p.name for p in exhibit.params)]


def parameters_source(exhibit: Exhibit) -> str:
    """The parameters cell: typed, plain literals, each with a trailing comment."""
    own = [(p.name, _type(p), None, _told(exhibit, p)) for p in exhibit.params]
    return "\n".join(
        _cut(f"{name}: {kind} = {repr(default).replace(QUOTE, DOUBLE)}  # {comment}")
        for name, kind, default, comment in (*PARAMETERS, *own)
    )


def _type(param: Param) -> str:
    """What `--help-notebook` shows: a tuple is given as a list."""
    return "list" if isinstance(param.value, tuple) else type(param.value).__name__


def _told(exhibit: Exhibit, param: Param) -> str:
    """The paper's value and its place, and what else it has for some arms; ours where the paper is silent."""
    values = dict.fromkeys(
        in_words(param, value)
        for value in (
            param.value,
            *(a.params[param.name].value for a in exhibit.arms if param.name in a.params),
        )
    )
    value, *others = values
    some = f", for some {', '.join(others)}" if others else ""
    told = f"assumed {value}{some}" if param.assumed else f"paper: {value}{some} ({param.source})"
    return re.sub(r"\s*=\s*", " is ", f"{told} · {param.doc}").replace("#", "nr")


def _cut(line: str) -> str:
    return line if len(line) <= WIDEST else line[: WIDEST - 1].rstrip() + "…"


def parse_seeds(given: Any) -> tuple[int, ...] | None:
    """Seeds as people write them: [0, 2], 3, "0,1,2", "0-4"; None for None or an empty text."""
    if given is None or given == "":
        return None
    if isinstance(given, list | tuple | range):
        found = list(given)
        if not found or not all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in found):
            raise BadValueError(f"seeds {given!r}: expected whole numbers from 0 up, like [0, 1, 2]")
    elif isinstance(given, bool) or not isinstance(given, int | str):
        raise BadValueError(f'seeds {given!r}: expected whole numbers from 0 up, like [0, 1, 2] or "0-4"')
    else:
        found = _read_seeds(str(given))
    if len(found) > MOST_SEEDS:
        raise BadValueError(f"seeds {given!r}: expected at most {MOST_SEEDS:,} of them")
    if len(set(found)) < len(found):
        raise BadValueError(f"seeds {given!r}: expected each of them once")
    return tuple(found) or None


def _read_seeds(text: str) -> list[int]:
    found: list[int] = []
    for part in text.strip("[]() ").split(",") if text.strip() else []:
        first, dash, last = part.strip().partition("-")
        numbers = first.isdecimal() and (not dash or last.isdecimal())
        if not numbers or int(last or first) < int(first):
            raise BadValueError(f"seeds {text!r}: expected whole numbers from 0 up, like 0,1,2 or 0-4")
        if int(last or first) - int(first) >= MOST_SEEDS:
            raise BadValueError(f"seeds {text!r}: expected at most {MOST_SEEDS:,} of them")
        found += range(int(first), int(last or first) + 1)
    return found


def refuse_unknown(exhibit: Exhibit, names: Iterable[str]) -> None:
    """`UnknownNameError` with the nearest name for one that the exhibit's notebook does not have."""
    known = names_of(exhibit)
    for name in names:
        if name not in known:
            raise UnknownNameError(f"parameter of the notebook of {exhibit.id}", name, known)


def checked_folder(given: Any) -> str | None:
    """A data folder that is there; `BadValueError` otherwise: it is not made, and nothing takes its place."""
    if given is None or given == "":
        return None
    path = Path(str(given)).expanduser()
    if not path.is_dir():
        raise BadValueError(f"data {given!r} is no folder: correct the name, or create it first")
    return str(path.resolve())


def checked_types(given: dict[str, Any]) -> None:
    """`BadValueError` for a text or a number that is none. What has values of its own is checked elsewhere."""
    for name, kind in (("source", str), ("profile", str), ("device", str), ("out", str), ("workers", int)):
        value = given.get(name)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise BadValueError(f"{name} is {value!r} ({type(value).__name__}); expected {kind.__name__}")
    workers = given.get("workers")
    if workers is not None and workers < 1:
        raise BadValueError(f"workers is {workers}; expected 1 or more")


def choose_profile(exhibit: Exhibit, source: str, profile: str | None) -> str:
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


def in_words(param: Param, value: Any) -> str:
    """A parameter's value as it is printed, and behind it what it stands for, if it is no amount: "0 (all)"."""
    word = param.word(value)
    return f"{as_text(value)} ({word})" if word else as_text(value)


def as_text(value: Any) -> str:
    """A parameter's value as it is printed: short floats, thousands apart, JSON-like lists."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return (
            "("
            + ", ".join(as_text(v) if isinstance(v, float | list | tuple) else str(v) for v in value)
            + ")"
        )
    return str(value)
