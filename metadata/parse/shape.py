"""The shape of parsed JSON: a wrong type, a missing or an unknown field is an error that names its path.

A shape is a `Leaf`, an `Idle`, a list of one shape, or a dict of shapes by field (`name?` may be missing).
Fields that a shape does not know, and idle ones that say something, are noted: nothing is passed over in silence.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metadata.errors import MissingFieldError, UnknownVersionError, UnusableDocumentError, shown

_MAX_NOTES = 20
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")


@dataclass(frozen=True)
class Leaf:
    """A single value: what is expected, in words, and the test for it."""

    expected: str
    fits: Callable[[Any], bool]
    error: type[UnusableDocumentError] = UnusableDocumentError


class Idle(tuple[str, ...]):
    """A field that nothing here interprets; it is noted unless empty or one of these known values."""


class Closed(dict[str, Any]):
    """The shape of an object that may have no further fields: signed, so each must be understood."""


def const(value: str) -> Leaf:
    """Return the shape of the one string `value`."""
    return Leaf(repr(value), lambda v: v == value)


def version(known: str) -> Leaf:
    """Return the shape of a format version, of which this code knows one."""
    return Leaf(f"{known!r}, the version whose rules are known", lambda v: v == known, UnknownVersionError)


def digits(count: int) -> Leaf:
    """Return the shape of `count` lower-case hex digits."""
    form = re.compile(f"[0-9a-f]{{{count}}}")
    return Leaf(f"{count} hex digits (lower case)", lambda v: isinstance(v, str) and bool(form.fullmatch(v)))


def _time(text: object) -> datetime | None:
    try:
        fits = isinstance(text, str) and _TIME.fullmatch(text)
        return datetime.fromisoformat(fits[0]).astimezone(UTC) if fits else None
    except (ValueError, OverflowError):
        return None


TEXT = Leaf("a string", lambda v: isinstance(v, str))
COUNT = Leaf("an integer from 0 on", lambda v: type(v) is int and v >= 0)
LIST = Leaf("a list", lambda v: isinstance(v, list))
OBJECT = Leaf("an object", lambda v: isinstance(v, dict))
_CONTAINERS: dict[Any, Leaf] = {list: LIST, dict: OBJECT, Closed: OBJECT}
TIME = Leaf("a time like '2017-03-01T21:41:09Z'", lambda v: _time(v) is not None)


def parse_time(text: str, place: str) -> datetime:
    """Return the RFC 3339 time in UTC (`…Z`) as an aware datetime; `UnusableDocumentError` naming `place`."""
    when = _time(text)
    if when is None:
        raise UnusableDocumentError(f"at {place}", got=text, expected=TIME.expected)
    return when


def check(value: Any, shape: Any, path: str, notes: list[str]) -> None:
    """Raise `UnusableDocumentError` unless `value` at `path` has `shape`; add to `notes` what nobody interprets."""
    leaf = _CONTAINERS.get(type(shape), shape)
    if isinstance(leaf, Leaf) and not leaf.fits(value):
        raise leaf.error(f"at {path}", got=value, expected=leaf.expected)
    if isinstance(shape, list):
        for i, item in enumerate(value):
            check(item, shape[0], f"{path}[{i}]", notes)
    elif isinstance(shape, dict):
        _fields(value, shape, path, notes)
    elif isinstance(shape, Idle) and isinstance(value, dict):
        for key, item in value.items():
            check(item, shape, f"{path}.{key[:80]}", notes)
    elif isinstance(shape, Idle) and value and value not in shape:
        note(notes, f"{path}: {shown(value)}")


def _fields(value: dict[str, Any], shape: dict[str, Any], path: str, notes: list[str]) -> None:
    for key, inner in shape.items():
        name = key.rstrip("?")
        if name in value:
            check(value[name], inner, f"{path}.{name}", notes)
        elif name == key:
            beside = ", ".join(sorted(value)[:8]) or "nothing"
            raise MissingFieldError(f"at {path}: no field {name!r}", expected=f"it beside {beside}")
    for key in sorted(value.keys() - {key.rstrip("?") for key in shape}):
        if isinstance(shape, Closed):
            raise UnusableDocumentError(f"at {path}: unknown field", got=key, expected=", ".join(shape))
        note(notes, f"{path}.{key[:80]}: {shown(value[key])}")


def note(notes: list[str], text: str) -> None:
    """Add a note, up to 20; then one that says that there are more."""
    if len(notes) <= _MAX_NOTES:
        notes.append(text if len(notes) < _MAX_NOTES else "… and more")
