"""JSON read strictly (RFC 8259, and stricter: one meaning for each byte string), written canonically, and hashed.

Canonical form and hashes are the pith registry's. Source: recomputed by hand from two records; both hold.
"""

import hashlib
import itertools
import json
import math
import re

from metadata.errors import UnusableDocumentError

MAX_BYTES = 1 << 20  # bytes; the real records have 5.5 kB
MAX_DEPTH = 32  # nested arrays and objects; the real records have 8
_MAX_CONTAINERS = 50_000  # each costs some 200 bytes of memory; the real records have 60
_FINE = f"at most {MAX_DEPTH} levels, {_MAX_CONTAINERS} brackets that open"
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Bad(str):
    """Why something is refused; it stands in the tree until the walk knows the place."""


def parse(data: bytes) -> object:
    """Return the JSON value in the UTF-8 `data`: dict, list, str, int, finite float, bool or None.

    Raises `UnusableDocumentError`, with line and column or the path of the value (`$.a[0].b`), for: more than
    `MAX_BYTES` or `MAX_DEPTH` levels, what is not UTF-8, a byte-order mark, broken syntax, duplicate keys, NaN and
    Infinity, integers beyond 2**53 (readers that use doubles see another number), lone surrogates.
    """
    text = decode(data)
    if text.count("[") + text.count("{") > _MAX_CONTAINERS:  # those in strings too, which are few
        raise UnusableDocumentError("JSON of too many lists and objects", expected=_FINE)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_constant=lambda name: _Bad(f"{name} is not JSON"),
            parse_int=_integer,
            parse_float=lambda d: float(d)
            if math.isfinite(float(d))
            else _Bad("beyond the range of a double"),
        )
    except json.JSONDecodeError as e:
        what = f"broken JSON at line {e.lineno}, column {e.colno}: {e.msg}"
        raise UnusableDocumentError(what, do="fetch the whole document again") from None
    except RecursionError:
        raise UnusableDocumentError("JSON nested too deeply", expected=_FINE) from None
    _walk(value, "$", MAX_DEPTH)
    return value


def decode(data: bytes) -> str:
    """Return `data` as text; `UnusableDocumentError` unless it is at most `MAX_BYTES` of UTF-8 without a mark."""
    if len(data) > MAX_BYTES:
        got, expected = f"{len(data)} bytes or more", f"at most {MAX_BYTES} bytes"
        raise UnusableDocumentError("document too large", got=got, expected=expected)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        what, got = f"not UTF-8 at byte {e.start}", f"0x{data[e.start]:02x}"
        raise UnusableDocumentError(what, got=got, expected="UTF-8 text") from None
    if text.startswith("\ufeff"):
        expected = "UTF-8 without one: cut off its first 3 bytes"
        raise UnusableDocumentError("byte-order mark at byte 0", expected=expected)
    return text


def _pairs(pairs: list[tuple[str, object]]) -> object:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    keys = sorted(key for key, _ in pairs)
    return _Bad(f"duplicate key {next(a for a, b in itertools.pairwise(keys) if a == b)[:100]!a}")


def _integer(digits: str) -> object:
    # The length is looked at first: converting a million digits takes quadratic time.
    return int(digits) if len(digits) <= 17 and abs(int(digits)) <= 2**53 else _Bad("integer beyond 2**53")


def _walk(value: object, path: str, levels: int) -> None:
    if isinstance(value, str):
        why = value if isinstance(value, _Bad) else "a lone surrogate, which is no Unicode text"
        if why is value or _SURROGATE.search(value):
            what, do = f"at {path[:200]!a}: {why}", "the document is broken or was tampered with"
            raise UnusableDocumentError(what, do=do)
    elif isinstance(value, dict | list):
        if not levels:
            raise UnusableDocumentError(f"JSON nested too deeply at {path[:200]!a}", expected=_FINE)
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str):
                _walk(key, f"{path} (a key)", levels)
            _walk(item, f"{path}.{key}" if isinstance(key, str) else f"{path}[{key}]", levels - 1)


def canonical_bytes(value: object) -> bytes:
    """Return the canonical JSON (keys sorted, no spaces, UTF-8); `UnusableDocumentError` for NaN, lone surrogates."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as e:
        raise UnusableDocumentError(f"no canonical JSON: {e}") from None


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data`: 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def text_sha256(text: str) -> str:
    """Return the SHA-256 (hex) of a title or abstract, lower-cased, white space collapsed. Source: both records."""
    return sha256_hex(" ".join(text.lower().split()).encode("utf-8", "surrogatepass"))
