"""Parse the text of an arXiv abstract page: find the facts wherever they stand between banners and side bars.

Every field is found by its own label, never by its place. A field that is missing, or that the page gives in
two different ways, is an error that names it: nothing is guessed. Source: the page text of 1703.00522.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from metadata import strict_json
from metadata.arxiv import CATEGORY, ArxivPaper, ArxivVersion
from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.ids import ArxivId, parse_arxiv, parse_doi, split_arxiv
from metadata.names import split_authors
from metadata.text import lines

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_THIS_VERSION = re.compile(r"\(or arXiv:(\S+)(?: \[\S+\])? for this version\)")
_CITE_AS = re.compile(r"Cite as: ?arXiv:(\S+)(?: \[\S+\])?")
_DOI = re.compile(r"https?://doi\.org/(10\.48550/\S+)")
_COUNT_LINE = "View a PDF of the paper titled "
_OTHERS = re.compile(r"(\d{1,4}) other authors?")
_VERSION = re.compile(
    r"\[v(\d{1,4})\] ([A-Z][a-z]{2}), (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:UTC|GMT)"
    r"(?: \(([\d,]{1,12}) ?[Kk][Bb]\))?"
)
_CODE = re.compile(r"\(([^() ]{1,40})\)")
# Lines that end a field whose text may run over several lines.
_STOPS = re.compile(
    r"(?:Title|Authors?|Abstract|Comments|Subjects|Cite as|Journal reference|Report number|Related DOI"
    r"|Full-text links|Access Paper|Change to browse by) ?:|\[Submitted on|\(or arXiv:|View (?:a )?PDF|\[v\d"
    r"|Submission history$|Current browse context:|References & Citations$|Bookmark$"
)
# Labels of which a text must have three to be taken for an abstract page at all.
LABELS = ("Title:", "Authors:", "Abstract:", "Subjects:", "Cite as:", "Submission history")

T = TypeVar("T", str, int)


def parse(data: bytes) -> ArxivPaper:
    """Return the paper on the page whose text is `data` (UTF-8, at most 1 MiB).

    Raises `MissingFieldError` naming the field not found and `UnusableDocumentError` for contradictions.
    """
    page = lines(strict_json.decode(data))
    arxiv = _identifier(page)
    history = _history(page, arxiv)
    authors = split_authors(_block(page, "Authors"), place="authors")
    primary, *cross = _categories(page)
    return ArxivPaper(
        form="page",
        arxiv=arxiv,
        title=_block(page, "Title"),
        authors=authors.names,
        repairs=authors.repairs,
        abstract=_block(page, "Abstract"),
        submitted=history[0].submitted,
        revised=history[arxiv.version - 1].submitted,
        primary_cat=primary,
        cross_cats=tuple(cross),
        doi=_only("DOI", (parse_doi(m[1]) for m in _matches(_DOI, page)), required=False),
        history=history,
        author_count=_author_count(page),
    )


def _matches(pattern: re.Pattern[str], page: list[str]) -> Iterable[re.Match[str]]:
    return (m for line in page if (m := pattern.fullmatch(line)))


def _only(field: str, found: Iterable[T], *, required: bool = True) -> T | None:
    values = list(dict.fromkeys(found))
    if len(values) > 1:
        raise UnusableDocumentError(
            f"{field}: the page gives {len(values)} different ones", got=values[1], expected="one"
        )
    if not values and required:
        raise _missing(field)
    return values[0] if values else None


def _missing(field: str) -> MissingFieldError:
    return MissingFieldError(f"{field}: not found on the page", do="pass the text of an arXiv abstract page")


def _identifier(page: list[str]) -> ArxivId:
    text = _only(
        "id with version (line '(or arXiv:… for this version)')",
        (m[1] for m in _matches(_THIS_VERSION, page)),
    )
    arxiv = parse_arxiv(str(text))
    for match in _matches(_CITE_AS, page):
        base, version = split_arxiv(match[1])
        if base != arxiv.base or version not in (None, arxiv.version):
            raise UnusableDocumentError(
                "id: 'Cite as' names another paper", got=match[1], expected=str(arxiv)
            )
    return arxiv


def _block(page: list[str], label: str) -> str:
    """Return the text after `label:`, over line breaks, up to an empty line or the next label."""
    starts = [i for i, line in enumerate(page) if line.startswith((f"{label}:", f"{label} :"))]
    texts = [_collect(page, i, label) for i in starts]
    text = _only(label.lower(), (t for t in texts if t))
    return str(text)


def _collect(page: list[str], start: int, label: str) -> str:
    parts = [page[start].partition(":")[2].strip()]
    for line in page[start + 1 :]:
        if _STOPS.match(line) or (not line and any(parts)):
            break
        parts.append(line)
    return " ".join(part for part in parts if part)


def _categories(page: list[str]) -> list[str]:
    text = _block(page, "Subjects")
    codes = [code for code in _CODE.findall(text) if CATEGORY.fullmatch(code)]
    if not codes:
        raise _missing("subjects (codes such as 'cs.LG' in parentheses)")
    return codes


def _history(page: list[str], arxiv: ArxivId) -> tuple[ArxivVersion, ...]:
    history = sorted({_version(m) for m in _matches(_VERSION, page)}, key=lambda v: v.number)
    if not history:
        raise _missing("submission history (lines such as '[v1] Wed, 1 Mar 2017 21:41:09 UTC')")
    numbers = [v.number for v in history]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < arxiv.version:
        raise UnusableDocumentError(
            "submission history: versions missing or doubled",
            got=numbers,
            expected=f"1 to {arxiv.version} at least",
        )
    return tuple(history)


def _version(match: re.Match[str]) -> ArxivVersion:
    number, weekday, day, month, year, *clock, size = match.groups()
    hour, minute, second = (int(part) for part in clock)
    try:
        when = datetime(int(year), MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise UnusableDocumentError(
            "submission history: no such time", got=match[0], expected="a real date"
        ) from None
    return ArxivVersion(int(number), when, int(size.replace(",", "")) if size else None, weekday)


def _author_count(page: list[str]) -> int | None:
    """Return how many authors the line '…, by A and 5 other authors' counts, if there is such a line."""
    texts = (line.rpartition(", by ")[2] for line in page if line.startswith(_COUNT_LINE) and ", by " in line)
    return _only("number of authors", (_count(text) for text in texts), required=False)


def _count(text: str) -> int:
    others = _OTHERS.fullmatch(text.rpartition(" and ")[2])
    return 1 + (int(others[1]) if others else text.count(" and "))
