"""arXiv ids (https://info.arxiv.org/help/arxiv_identifier.html) and pith numbers.

An id without a version names whatever the paper is today: it is refused wherever one is pinned, verified or cited.
"""

import re
from dataclasses import dataclass

from metadata.errors import IdentifierError, VersionlessIdError

_MONTH = r"(?:0[1-9]|1[0-2])"
# From April 2007 on: two digits of the year, month, a dot, 4 (till 2014) or 5 digits, not all zero.
_FOUR = rf"(?!070[1-3])(?:0[7-9]|1[0-4]){_MONTH}\.(?!0000)[0-9]{{4}}"
_FIVE = rf"(?:1[5-9]|[2-9][0-9]){_MONTH}\.(?!00000)[0-9]{{5}}"
# Before: archive, perhaps a subject class, a slash, year, month, three digits.
_OLD = rf"[a-z]{{1,9}}(?:-[a-z]{{1,9}})?(?:\.[A-Z]{{2}})?/[0-9]{{2}}{_MONTH}(?!000)[0-9]{{3}}"
_BASE, _VERSION = rf"(?:{_FOUR}|{_FIVE}|{_OLD})", "[1-9][0-9]{0,3}"
ARXIV = rf"{_BASE}(?:v{_VERSION})?"  # an id with or without its version, as a part of other patterns
_ARXIV = re.compile(rf"(?i:arXiv:)?({_BASE})(?:v({_VERSION}))?")
_PITH = re.compile(r"pith:[12][0-9]{3}:([A-Z2-7]{26})")


@dataclass(frozen=True, order=True)
class ArxivId:
    """An arXiv id with its version: `base` like `1608.05343` and `version` from 1 on; `str()` joins them."""

    base: str
    version: int

    def __str__(self) -> str:
        return f"{self.base}v{self.version}"

    @property
    def doi(self) -> str:
        """The DOI that arXiv registers with DataCite for the paper; it does not tell versions apart."""
        return f"10.48550/arXiv.{self.base}"


def parse_arxiv(text: str) -> ArxivId:
    """Return the id in `text` (`arXiv:1608.05343v2`), else `IdentifierError`; `VersionlessIdError` without a v2."""
    base, version = split_arxiv(text)
    if version is None:
        what = f"arXiv id without a version: {base!r} is whatever the paper is today"
        expected = f"a version, as in {base + 'v1'!r}"
        raise VersionlessIdError(what, expected=expected, do="say which version you mean")
    return ArxivId(base, version)


def split_arxiv(text: str) -> tuple[str, int | None]:
    """Return base and version (None if absent: never to be pinned) of an arXiv id, else `IdentifierError`."""
    match = _ARXIV.fullmatch(text)
    if match is None:
        raise IdentifierError("not an arXiv id", got=text, expected="for example '1608.05343v2'")
    return match[1], int(match[2]) if match[2] else None


def pith_code(number: str) -> str:
    """Return the 26 characters of a pith number (`pith:2017:…`, year and code), else `IdentifierError`."""
    match = _PITH.fullmatch(number)
    if match is None:
        expected = "'pith:', a year, ':' and 26 characters of A-Z and 2-7"
        raise IdentifierError("not a pith number", got=number, expected=expected)
    return match[1]
