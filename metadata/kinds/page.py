"""What arXiv says of one version of a paper, and how its abstract page says it. Source: the page of 1703.00522.

Every field is found by its label, never by its place. One that is missing, or given in two ways, is an error.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.parse import strict_json
from metadata.parse.ids import ArxivId, parse_arxiv, parse_doi, split_arxiv
from metadata.parse.names import split_authors
from metadata.parse.text import clean, lines

CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?")  # cs.LG, hep-th
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WITHDRAWN = re.compile(r"\b(?:withdr[ae]wn?|retract(?:ed|s|ion))\b", re.IGNORECASE)
_THIS_VERSION = re.compile(r"\(or arXiv:(\S+)(?: \[\S+\])? for this version\)")
_CITE_AS = re.compile(r"Cite as: ?arXiv:(\S+)(?: \[\S+\])?")
_DOI = re.compile(r"https?://doi\.org/(10\.48550/\S+)")
_HEAD = re.compile(r"arXiv:(\S{1,40}) \([a-z.-]{2,30}\)", re.IGNORECASE)
_SUBMITTED = re.compile(r"\[Submitted on (\d{1,2} [A-Z][a-z]{2} \d{4})\b.{0,200}\]")
_COUNT_LINE = "View a PDF of the paper titled "
_OTHERS = re.compile(r"(\d{1,4}) other authors?")
_VERSION = re.compile(
    r"\[v(\d{1,4})\] ([A-Z][a-z]{2}), (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:UTC|GMT)"
    r"(?: \([\d,]{1,12} ?[Kk][Bb]\))?"
)
_CODE = re.compile(r"\(([^() ]{1,40})\)")
# A label, or another line that ends a field, whose text may run over several lines.
_LABEL = re.compile(
    r"(Title|Author|Abstract|Comments|Subjects)(?:(?<=Author)s)? ?:"
    r"|(?:Cite as|Journal reference|Report number|Related DOI|Full-text links|Access Paper|Change to browse by) ?:"
    r"|\[Submitted on|\(or arXiv:|View (?:a )?PDF|\[v\d|Submission history$|Current browse context:"
    r"|References & Citations$|Bookmark$"
)
# Labels of which a text must have three to be taken for an abstract page at all.
LABELS = re.compile(r"Title:|Authors:|Abstract:|Subjects:|Cite as:|Submission history")


class ArxivVersion(NamedTuple):
    """One line of the submission history: version, time in UTC, day of the week as printed."""

    number: int
    submitted: datetime
    weekday: str


@dataclass(frozen=True)
class ArxivPaper:
    """One version of a paper as arXiv shows it. Unsigned: it counts as evidence beside a record, not alone.

    `submitted` is the time of the first version, `revised` that of this one (equal for v1). `authors` are in
    the paper's order. `author_count` is the number that the page itself states (None if it does not), `history` is
    empty for Atom; `notes` are warnings, and what had to be mended to read the names.
    """

    arxiv: ArxivId
    title: str
    authors: tuple[str, ...]
    abstract: str
    submitted: datetime
    revised: datetime
    primary_cat: str
    cross_cats: tuple[str, ...]
    doi: str | None = None  # a feed names a journal's at best, never the one that arXiv registers
    history: tuple[ArxivVersion, ...] = ()
    author_count: int | None = None
    notes: tuple[str, ...] = ()


def only(field: str, values: list[str], *, required: bool = True) -> str:
    """Return the one value for `field`; `UnusableDocumentError` for several, `MissingFieldError` for none."""
    different = list(dict.fromkeys(value for value in values if value))
    if len(different) > 1:
        what = f"{field}: the document gives {len(different)} different ones"
        raise UnusableDocumentError(what, got=different[1], expected="one")
    if not different and required:
        what = f"{field}: not found in the document"
        raise MissingFieldError(what, do="pass an answer of arXiv's, all of it")
    return different[0] if different else ""


def withdrawal(comment: str, abstract: str) -> list[str]:
    """Return the warning that belongs to a paper whose comment or abstract says that it was withdrawn."""
    texts = {"comment": comment, "abstract": abstract[:200]}
    said = {name: text for name, text in texts.items() if _WITHDRAWN.search(text)}
    return [f"the {name} speaks of a withdrawal: {text[:120]!r}" for name, text in said.items()]


def parse(data: bytes) -> ArxivPaper:
    """Return the paper on the page of this text; `MissingFieldError`, or `UnusableDocumentError` for two values."""
    whole = lines(strict_json.decode(data))
    page = [line for line in whole if line]
    arxiv = _identifier(page)
    history = _history(page, arxiv)
    blocks = _blocks(whole)
    authors = split_authors(only("authors", blocks["Author"]), place="authors")
    codes = [c for c in _CODE.findall(only("subjects", blocks["Subjects"])) if CATEGORY.fullmatch(c)]
    if not codes:
        raise MissingFieldError("subjects: not found in the document", expected="codes such as '(cs.LG)'")
    abstract = only("abstract", blocks["Abstract"])
    days = {f"{v.submitted.day} {MONTHS[v.submitted.month - 1]} {v.submitted.year}" for v in history}
    heads, stamps = (filter(None, map(form.fullmatch, page)) for form in (_HEAD, _SUBMITTED))
    odd = [f"the head names {m[1]}" for m in heads if m[1] != arxiv.base]
    odd += [f"the head says {m[0]!r}" for m in stamps if m[1] not in days]
    doi = only("DOI", [parse_doi(m[1]) for line in page if (m := _DOI.fullmatch(line))], required=False)
    return ArxivPaper(
        arxiv=arxiv, title=clean(only("title", blocks["Title"])), authors=authors.names,
        abstract=abstract, submitted=history[0].submitted, revised=history[arxiv.version - 1].submitted,
        primary_cat=codes[0], cross_cats=tuple(codes[1:]), doi=doi or None, history=history,
        author_count=_author_count(page),
        notes=(*withdrawal(" ".join(blocks["Comments"])[:2000], abstract), *odd[:5], *authors.repairs),
    )  # fmt: skip


def _blocks(page: list[str]) -> dict[str, list[str]]:
    """Return the texts after each label, over line breaks, up to an empty line or whatever ends a field."""
    found: dict[str, list[str]] = defaultdict(list)
    label, parts = "", list[str]()
    for line in [*page, "Bookmark"]:
        match = _LABEL.match(line) if line else None
        if match or (parts and not line):  # blank lines may come before the text
            if label:
                found[label].append(" ".join(parts))
            label, parts = (match[1] or "") if match else "", []
        rest = line[match.end() :].strip() if match else line
        if label and rest:
            parts.append(rest)
    return found


def _identifier(page: list[str]) -> ArxivId:
    what = "id with version (line '(or arXiv:… for this version)')"
    arxiv = parse_arxiv(only(what, [m[1] for line in page if (m := _THIS_VERSION.fullmatch(line))]))
    for match in filter(None, map(_CITE_AS.fullmatch, page)):
        base, version = split_arxiv(match[1])
        if base != arxiv.base or version not in (None, arxiv.version):
            what = "id: 'Cite as' names another paper"
            raise UnusableDocumentError(what, got=match[0], expected=str(arxiv))
    return arxiv


def _history(page: list[str], arxiv: ArxivId) -> tuple[ArxivVersion, ...]:
    what, found = "submission history", set[ArxivVersion]()
    for match in filter(None, map(_VERSION.fullmatch, page)):
        number, weekday, day, month, year, *clock = match.groups()
        hour, minute, second = map(int, clock)
        try:
            when = datetime(int(year), MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
            found.add(ArxivVersion(int(number), when, weekday))
        except ValueError:
            expected = "a real date"
            raise UnusableDocumentError(f"{what}: no such time", got=match[0], expected=expected) from None
    history = tuple(sorted(found))
    if not history:
        raise MissingFieldError(f"{what}: not found in the document", expected="'[v1] Wed, 1 Mar 2017 …'")
    numbers = [v.number for v in history]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < arxiv.version:
        what, expected = f"{what}: versions missing or doubled", f"1 to {arxiv.version} at least"
        raise UnusableDocumentError(what, got=numbers[:9], expected=expected)
    return history


def _author_count(page: list[str]) -> int | None:
    """Return how many authors the line '…, by A and 5 other authors' counts, if there is such a line."""
    texts = [line.rpartition(", by ")[2] for line in page if line.startswith(_COUNT_LINE) and ", by " in line]
    text = only("number of authors", texts, required=False)
    others = _OTHERS.fullmatch(text.rpartition(" and ")[2])
    return 1 + (int(others[1]) if others else text.count(" and ")) if text else None
