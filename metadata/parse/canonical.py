"""Canonical JSON, hashes and pith numbers, as the pith registry computes them.

Source: recomputed by hand from two records of the registry; both hold. Canonical JSON here means keys sorted
by code point, separators `,` and `:`, no ASCII escaping, UTF-8.
"""

from __future__ import annotations

import base64
import hashlib
import json

from metadata.errors import UnusableDocumentError

PITH_LENGTH = 26  # base32 characters of a pith number: 130 of the 256 bits of the hash


def canonical_bytes(value: object) -> bytes:
    """Return the canonical JSON of `value` in UTF-8; `UnusableDocumentError` for NaN or lone surrogates."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as e:
        raise UnusableDocumentError(f"no canonical JSON: {e}") from None


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data`: 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_sha256(value: object) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of `value`; errors of `canonical_bytes`."""
    return sha256_hex(canonical_bytes(value))


def text_sha256(text: str) -> str:
    """Return the hash of a title or an abstract: SHA-256 (hex) of it lower-cased, white space collapsed.

    Letter case and white space are therefore *not* covered by such a hash. Source: both records, and the
    abstract on the arXiv page of 1703.00522.
    """
    return sha256_hex(" ".join(text.lower().split()).encode("utf-8", "surrogatepass"))


def pith_code(sha256: str) -> str:
    """Return the 26 characters of a pith number: RFC 4648 base32 of the 64-digit hex hash, cut off."""
    return base64.b32encode(bytes.fromhex(sha256)).decode("ascii")[:PITH_LENGTH]
