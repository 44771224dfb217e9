"""Typed access to parsed JSON: every wrong type and missing field is an error that names its path."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from metadata.errors import MissingFieldError, UnknownVersionError, UnusableDocumentError

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_HEX = re.compile(r"[0-9a-f]*")


def parse_time(text: str, place: str) -> datetime:
    """Return an RFC 3339 time in UTC (`2017-03-01T21:41:09Z`) as an aware datetime.

    Raises `UnusableDocumentError` naming `place` for another form or zone, or a day that does not exist.
    """
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            pass
    raise UnusableDocumentError(f"at {place}: not a time", got=text, expected="e.g. '2017-03-01T21:41:09Z'")


@dataclass(frozen=True)
class Reader:
    """A JSON object at `path` of its document. Each method returns one field, of one type.

    All raise `MissingFieldError` for a field that is not there and `UnusableDocumentError` for a wrong type,
    with the path, what was got and what was expected.
    """

    value: dict[str, object]
    path: str

    @classmethod
    def of(cls, value: object, path: str = "$") -> Reader:
        """Wrap `value`, which must be a JSON object (else `UnusableDocumentError`)."""
        if not isinstance(value, dict):
            raise _wrong_type(path, value, "an object")
        return cls(value, path)

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def get(self, key: str) -> object:
        """Return the raw value of a field (`MissingFieldError`)."""
        if key not in self.value:
            known = ", ".join(sorted(self.value)[:8])
            raise MissingFieldError(
                f"at {self.path}: no field {key!r}", expected=f"it beside {known or 'nothing'}"
            )
        return self.value[key]

    def at(self, key: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{key}"

    def text(self, key: str) -> str:
        """Return a string (`UnusableDocumentError`)."""
        value = self.get(key)
        if not isinstance(value, str):
            raise _wrong_type(self.at(key), value, "a string")
        return value

    def integer(self, key: str) -> int:
        """Return an integer that is not negative (True and 1.0 are no integers) (`UnusableDocumentError`)."""
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _wrong_type(self.at(key), value, "an integer from 0 on")
        return value

    def sub(self, key: str) -> Reader:
        """Return an object (`UnusableDocumentError`)."""
        return Reader.of(self.get(key), self.at(key))

    def array(self, key: str) -> list[object]:
        """Return a list of anything (`UnusableDocumentError`)."""
        value = self.get(key)
        if not isinstance(value, list):
            raise _wrong_type(self.at(key), value, "a list")
        return value

    def objects(self, key: str) -> list[Reader]:
        """Return a list of objects (`UnusableDocumentError`)."""
        return [Reader.of(v, f"{self.at(key)}[{i}]") for i, v in enumerate(self.array(key))]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings (`UnusableDocumentError`)."""
        values = self.array(key)
        for i, value in enumerate(values):
            if not isinstance(value, str):
                raise _wrong_type(f"{self.at(key)}[{i}]", value, "a string")
        return tuple(str(v) for v in values)

    def hex(self, key: str, digits: int) -> str:
        """Return a string of exactly `digits` lower-case hex digits (`UnusableDocumentError`)."""
        value = self.text(key)
        if len(value) != digits or not _HEX.fullmatch(value):
            raise UnusableDocumentError(
                f"at {self.at(key)}", got=value, expected=f"{digits} hex digits (lower case)"
            )
        return value

    def time(self, key: str) -> datetime:
        """Return a time in UTC, see `parse_time`."""
        return parse_time(self.text(key), self.at(key))

    def version(self, key: str, known: str) -> str:
        """Return a format version, which must be the one `known` to this code (`UnknownVersionError`)."""
        value = self.text(key)
        if value != known:
            raise UnknownVersionError(
                f"at {self.at(key)}: unknown version",
                got=value,
                expected=repr(known),
                do="teach metadata the new format before trusting it",
            )
        return value

    def only(self, keys: Collection[str]) -> None:
        """Raise `UnusableDocumentError` for fields outside `keys`: a signed object of known version has none."""
        extra = sorted(set(self.value) - set(keys))
        if extra:
            raise UnusableDocumentError(
                f"at {self.path}: unknown field", got=extra[0], expected=", ".join(sorted(keys))
            )


def _wrong_type(path: str, value: object, expected: str) -> UnusableDocumentError:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    got = names.get(type(value)) or repr(value)
    return UnusableDocumentError(f"at {path}: wrong type", got=got, expected=expected)
