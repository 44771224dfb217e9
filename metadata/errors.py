"""Errors of `metadata`: each message says where, what was got, what was expected and what to do."""

from __future__ import annotations

_UNSET = object()
_SHOWN = 80  # characters of a hostile value that a message repeats


def shown(value: object) -> str:
    """Return `value` for a message: one line, control characters escaped, at most 80 characters."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return ascii(short) if not short.isprintable() else repr(short)


class MetadataError(Exception):
    """Base of every error of this package; `exit_code` is what the command line returns (1 or 2)."""

    exit_code = 2

    def __init__(self, what: str, *, got: object = _UNSET, expected: str = "", do: str = ""):
        said = [] if got is _UNSET else [f"got {shown(got)}"]
        said += [f"expected {expected}"] if expected else []
        message = f"{what}: {', '.join(said)}" if said else what
        super().__init__(f"{message}; {do}" if do else message)


class UnusableDocumentError(MetadataError):
    """A document that cannot be read at all: not UTF-8, too large, broken syntax, of no known kind."""


class MissingFieldError(UnusableDocumentError):
    """A field that a document of this kind must have and that was not found (nothing is guessed)."""


class UnknownVersionError(UnusableDocumentError):
    """A format version that this code does not know, so that its rules cannot be trusted to hold."""


class IdentifierError(MetadataError):
    """A string that is no arXiv id and no pith number."""


class VersionlessIdError(IdentifierError):
    """An arXiv id without its version: it names a moving target, and is refused everywhere."""


class UnknownPinError(MetadataError):
    """A paper, or a version of one, that this repository does not pin."""


class PinError(MetadataError):
    """Pins, manifest and records that do not agree with each other."""

    exit_code = 1


class FetchError(MetadataError):
    """An answer from the network that is missing, malformed, too large, too slow, redirected or refused."""


class WriteError(MetadataError):
    """Files that could not be written; those that were there are as before."""


class RefusedUpdateError(MetadataError):
    """A fetched document that is well formed but must not replace the committed one."""

    exit_code = 1
