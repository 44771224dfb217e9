"""Strict JSON reading (RFC 8259, and stricter): one meaning for every accepted byte string.

Python's `json` lets pass what changes meaning between readers (duplicate keys, NaN, lone surrogates) and
falls over deep nesting. Everything refused here is refused with its place, as an `UnusableDocumentError`.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import NoReturn

from metadata.errors import UnusableDocumentError

MAX_BYTES = 1 << 20  # bytes; the real records have 5.5 kB
MAX_DEPTH = 32  # nested arrays and objects; the real records have 8
_MAX_CONTAINERS = 50_000  # each costs some 200 bytes of memory; the real records have 60
_MAX_INT = 2**53  # beyond this, readers that use doubles see another number

# A string in one step (possessive, and unterminated ones too), so that the scan is linear for any input.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)


class _Bad:
    """Stands in the tree for something refused, until the walk knows its place."""

    def __init__(self, reason: str):
        self.reason = reason


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """Return the JSON value in the UTF-8 `data`: dict, list, str, int, finite float, bool or None.

    Raises `UnusableDocumentError` for: more than `max_bytes` bytes or `max_depth` levels, bytes that are not
    UTF-8, a byte-order mark, broken syntax, duplicate keys, NaN and Infinity, integers beyond 2**53, lone
    surrogates. The message holds the line and column, or the path of the value (`$.a[0].b`).
    """
    text = decode(data, max_bytes=max_bytes)
    _check_depth(text, max_depth)
    try:
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as e:
        raise UnusableDocumentError(
            f"broken JSON at line {e.lineno}, column {e.colno}: {e.msg}", do="fetch the whole document again"
        ) from None
    except RecursionError:  # MAX_DEPTH is far below Python's limit, but a caller may pass more
        raise UnusableDocumentError(
            "JSON nested too deeply", expected=f"at most {max_depth} levels"
        ) from None
    _walk(value, "$")
    return value


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> str:
    """Return `data` as text; `UnusableDocumentError` unless it is at most `max_bytes` bytes of UTF-8."""
    if len(data) > max_bytes:
        raise UnusableDocumentError(
            "document too large", got=f"{len(data)} bytes or more", expected=f"at most {max_bytes} bytes"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise UnusableDocumentError(
            f"not UTF-8 at byte {e.start}", got=f"0x{data[e.start]:02x}", expected="UTF-8 text"
        ) from None
    if text.startswith("\ufeff"):
        raise UnusableDocumentError(
            "byte-order mark at byte 0", expected="UTF-8 without one: cut off its first 3 bytes"
        )
    return text


def _check_depth(text: str, limit: int) -> None:
    depth = opened = 0
    for token in _TOKEN.finditer(text):
        first = token.group()[0]
        depth += (first in "[{") - (first in "]}")
        opened += first in "[{"
        if depth > limit or opened > _MAX_CONTAINERS:
            raise UnusableDocumentError(
                f"JSON nested too deeply or too finely at character {token.start()}",
                expected=f"at most {limit} levels and {_MAX_CONTAINERS} lists and objects",
            )


def _pairs(pairs: list[tuple[str, object]]) -> object:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    keys = sorted(key for key, _ in pairs)
    twice = next(a for a, b in itertools.pairwise(keys) if a == b)
    return _Bad(f"duplicate key {twice[:100]!a}")


def _constant(name: str) -> _Bad:
    return _Bad(f"{name} is not JSON")


def _integer(digits: str) -> object:
    # The length is looked at first: converting a million digits takes quadratic time.
    if len(digits) > 17 or abs(int(digits)) > _MAX_INT:
        return _Bad("integer beyond 2**53")
    return int(digits)


def _float(digits: str) -> object:
    value = float(digits)
    return value if math.isfinite(value) else _Bad("number beyond the range of a double")


def _walk(value: object, path: str) -> None:
    if isinstance(value, _Bad):
        _refuse(path, value.reason)
    elif isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, f"{path} (a key)")
            _walk(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _walk(item, f"{path}[{i}]")


def _check_text(text: str, path: str) -> None:
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        _refuse(path, "a lone surrogate, which is no Unicode text")


def _refuse(path: str, reason: str) -> NoReturn:
    raise UnusableDocumentError(
        f"at {path[:200]!a}: {reason}", do="the document is broken or was tampered with"
    )
