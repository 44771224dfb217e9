"""arXiv ids (https://info.arxiv.org/help/arxiv_identifier.html), DOIs and pith numbers.

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
_OLD = rf"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{{2}})?/[0-9]{{2}}{_MONTH}(?!000)[0-9]{{3}}"
_ARXIV = re.compile(rf"(?:[aA][rR][xX][iI][vV]:)?({_FOUR}|{_FIVE}|{_OLD})(?:v([1-9][0-9]{{0,3}}))?")
_PITH = re.compile(r"pith:([12][0-9]{3}):([A-Z2-7]{26})")
_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]{1,200}")
_MAX = 64  # characters; the longest arXiv id has 30


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


@dataclass(frozen=True)
class PithNumber:
    """A pith number: `year` of first submission and the 26 base32 characters `code`."""

    year: int
    code: str

    def __str__(self) -> str:
        return f"pith:{self.year}:{self.code}"


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
    match = _ARXIV.fullmatch(text) if len(text) <= _MAX else None
    if match is None:
        raise IdentifierError("not an arXiv id", got=text, expected="for example '1608.05343v2'")
    return match[1], int(match[2]) if match[2] else None


def is_arxiv(text: str) -> bool:
    """Tell whether `text` is an arXiv id, with or without version."""
    return len(text) <= _MAX and _ARXIV.fullmatch(text) is not None


def parse_pith(text: str) -> PithNumber:
    """Return the pith number in `text` (`pith:2017:` and 26 base32 characters), else `IdentifierError`."""
    match = _PITH.fullmatch(text)
    if match is None:
        expected = "'pith:', a year, ':' and 26 characters of A-Z and 2-7"
        raise IdentifierError("not a pith number", got=text, expected=expected)
    return PithNumber(int(match[1]), match[2])


def parse_doi(text: str) -> str:
    """Return the DOI in `text` in lower case (DOIs know no letter case), else `IdentifierError`."""
    if _DOI.fullmatch(text) is None:
        raise IdentifierError("not a DOI", got=text, expected="for example '10.48550/arXiv.1608.05343'")
    return text.lower()
