"""What arXiv says of one version of a paper: on its abstract page, or in its Atom feed.

Every field is found by its label, never by its place. One that is missing, or given in two ways, is an error.
Sources: the page of 1703.00522; https://info.arxiv.org/help/api/user-manual.html. No DTD is accepted in a feed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.parse import strict_json
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.names import MAX_NAMES, one_name, split_authors
from metadata.parse.shape import parse_time
from metadata.parse.text import clean, collapse, lines

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?")  # cs.LG, hep-th
_WITHDRAWN = re.compile(r"\b(?:withdr[ae]wn?|retract(?:ed|s|ion))\b", re.IGNORECASE)
_THIS_VERSION = re.compile(r"\(or arXiv:(\S+)(?: \[\S+\])? for this version\)")
_CITE_AS = re.compile(r"Cite as: ?arXiv:(\S+)(?: \[\S+\])?")
_DOI = re.compile(r"https?://doi\.org/(10\.48550/[!-~]{1,200})")
_HEAD = re.compile(r"arXiv:(\S{1,40}) \([a-z.-]{2,30}\)", re.IGNORECASE)
_SUBMITTED = re.compile(r"\[Submitted on (\d{1,2} [A-Z][a-z]{2} \d{4})\b.{0,200}\]")
_VERSION = re.compile(
    r"\[v(\d{1,4})\] (([A-Z][a-z]{2}), \d{1,2} [A-Z][a-z]{2} [12]\d{3} \d\d:\d\d:\d\d (?:UTC|GMT))"
    r"(?: \([\d,]{1,12} ?[Kk][Bb]\))?"
)
_CODE = re.compile(r"\(([^() ]{1,40})\)")
# A label of a field that is read, with its text up to an empty line or to a line that begins another field.
_FIELD = r"(Title|Author|Abstract|Comments|Subjects)(?:(?<=Author)s)? ?:"
_OTHER = (
    r"(?:Cite as|Journal reference|Report number|Related DOI|Full-text links|Access Paper|Change to browse by) ?:"
    r"|\[Submitted on|\(or arXiv:|View (?:a )?PDF|\[v\d|Submission history$|Current browse context:"
    r"|References & Citations$|Bookmark$"
)
_BLOCK = re.compile(rf"^{_FIELD}\s*+((?:(?!(?<=\n)(?:{_FIELD}|{_OTHER})).++\n?)*+)", re.MULTILINE)
# Labels of which a text must have three to be taken for an abstract page at all.
LABELS = re.compile(r"Title:|Authors:|Abstract:|Subjects:|Cite as:|Submission history")
_SPACES = {"": "http://www.w3.org/2005/Atom", "arxiv": "http://arxiv.org/schemas/atom"}
_ID = re.compile(r"https?://(?:export\.)?arxiv\.org/abs/(\S+)")
_MAX_TAGS = 8 * MAX_NAMES  # a feed of one paper has some thirty, and four for each author


@dataclass(frozen=True)
class ArxivPaper:
    """One version of a paper as arXiv shows it. Unsigned: it counts as evidence beside a record, not alone.

    `submitted` is the time of the first version, `revised` that of this one (equal for v1); `authors` are in the
    paper's order. `history` has the time of each version (in UTC) and its day of the week as printed, none for Atom;
    `notes` are warnings, and what had to be mended to read the names.
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
    history: tuple[tuple[datetime, str], ...] = ()
    notes: tuple[str, ...] = ()


def _only(field: str, values: list[str], *, required: bool = True) -> str:
    """Return the one value for `field`; `UnusableDocumentError` for several, `MissingFieldError` for none."""
    different = list(dict.fromkeys(value for value in values if value))
    if len(different) > 1:
        what = f"{field}: the document gives {len(different)} different ones"
        raise UnusableDocumentError(what, got=different[1], expected="one")
    if not different and required:
        what = f"{field}: not found in the document"
        raise MissingFieldError(what, do="pass an answer of arXiv's, all of it")
    return different[0] if different else ""


def _withdrawal(comment: str, abstract: str) -> list[str]:
    """Return the warning that belongs to a paper whose comment or abstract says that it was withdrawn."""
    texts = {"comment": comment, "abstract": abstract[:200]}
    said = {name: text for name, text in texts.items() if _WITHDRAWN.search(text)}
    return [f"the {name} speaks of a withdrawal: {text[:120]!r}" for name, text in said.items()]


def parse_page(data: bytes) -> ArxivPaper:
    """Return the paper on the page of this text; `MissingFieldError`, or `UnusableDocumentError` for two values."""
    whole = lines(strict_json.decode(data))
    page, blocks = [line for line in whole if line], defaultdict[str, list[str]](list)
    for block in _BLOCK.finditer("\n".join(whole)):
        blocks[block[1]].append(" ".join(block[2].split("\n")).strip())
    what = "id with version (line '(or arXiv:… for this version)')"
    arxiv = parse_arxiv(_only(what, _found(_THIS_VERSION, page)))
    for other in sorted({*_found(_CITE_AS, page)} - {arxiv.base, str(arxiv)}):
        raise UnusableDocumentError("id: 'Cite as' names another paper", got=other, expected=str(arxiv))
    history = _history(page, arxiv)
    authors, repairs = split_authors(_only("authors", blocks["Author"]), place="authors")
    codes = [c for c in _CODE.findall(_only("subjects", blocks["Subjects"])) if _CATEGORY.fullmatch(c)]
    if not codes:
        raise MissingFieldError("subjects: not found in the document", expected="codes such as '(cs.LG)'")
    abstract = _only("abstract", blocks["Abstract"])
    days = {format_datetime(when)[5:16].lstrip("0") for when, _ in history}
    odd = [f"the head names {base}" for base in _found(_HEAD, page) if base != arxiv.base]
    odd += [f"the head says 'Submitted on {day}'" for day in _found(_SUBMITTED, page) if day not in days]
    doi = _only("DOI", [doi.lower() for doi in _found(_DOI, page)], required=False)
    return ArxivPaper(
        arxiv=arxiv, title=clean(_only("title", blocks["Title"])), authors=authors,
        abstract=abstract, submitted=history[0][0], revised=history[arxiv.version - 1][0],
        primary_cat=codes[0], cross_cats=tuple(codes[1:]), doi=doi or None, history=history,
        notes=(*_withdrawal(" ".join(blocks["Comments"])[:2000], abstract), *odd[:5], *repairs),
    )  # fmt: skip


def _found(form: re.Pattern[str], page: list[str]) -> list[str]:
    return [match[1] for match in map(form.fullmatch, page) if match]


def _history(page: list[str], arxiv: ArxivId) -> tuple[tuple[datetime, str], ...]:
    what, versions = "submission history", filter(None, map(_VERSION.fullmatch, page))
    try:
        found = sorted({(int(m[1]), parsedate_to_datetime(m[2]), m[3]) for m in versions})
    except ValueError as e:
        raise UnusableDocumentError(f"{what}: {e}", expected="times that there are") from None
    numbers = [number for number, _, _ in found]
    if not numbers:
        raise MissingFieldError(f"{what}: not found in the document", expected="'[v1] Wed, 1 Mar 2017 …'")
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < arxiv.version:
        what, expected = f"{what}: versions missing or doubled", f"1 to {arxiv.version} at least"
        raise UnusableDocumentError(what, got=numbers[:9], expected=expected)
    return tuple((when, weekday) for _, when, weekday in found)


def parse_feed(data: bytes) -> ArxivPaper:
    """Return the one paper in the feed; `UnusableDocumentError`, with the field, for errors, hostile XML."""
    entry = _entry(data)

    def text(name: str, *, required: bool = True) -> str:
        return _only(f"entry.{name}", _texts(entry, name), required=required)

    url, abstract, title = text("id"), text("summary"), clean(text("title"))
    match = _ID.fullmatch(url)
    if not match:
        what = "arXiv answered with an error" if "/api/errors" in url else "entry.id: no arXiv id"
        raise UnusableDocumentError(what, got=f"{url} {abstract}", expected="'http://arxiv.org/abs/…'")
    main, cross = (_terms(entry, name) for name in ("arxiv:primary_category", "category"))
    primary = _only("entry.primary_category", main)
    names = _texts(entry, "author/name")
    _only("entry.author", [str(len(names) or "")])
    return ArxivPaper(
        arxiv=parse_arxiv(match[1]), title=title, abstract=abstract, primary_cat=primary,
        cross_cats=tuple(t for t in cross if t != primary and _CATEGORY.fullmatch(t)),
        authors=tuple(one_name(name, place="entry.author") for name in names),
        submitted=parse_time(text("published"), "entry.published"),
        revised=parse_time(text("updated"), "entry.updated"),
        notes=tuple(_withdrawal(text("arxiv:comment", required=False), abstract)),
    )  # fmt: skip


def _entry(data: bytes) -> Element:
    """Return the one entry of a feed. Tags are counted first, so that a hostile megabyte makes no large tree."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    text = strict_json.decode(data)  # as a text, so that no declaration can ask for another encoding
    if text.count("<") > _MAX_TAGS:
        raise UnusableDocumentError("XML: too many elements", expected="the feed of one paper")
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as e:
        what = f"hostile XML ({type(e).__name__})"
        raise UnusableDocumentError(what, expected="no DTD and no entities") from None
    except (ParseError, ValueError, LookupError) as e:
        raise UnusableDocumentError(f"broken XML: {e}", do="fetch the whole document again") from None
    entries = root.findall("entry", _SPACES)
    if root.tag != f"{{{_SPACES['']}}}feed" or len(entries) != 1:
        what = "entries in the feed" if root.tag.endswith("}feed") else "no Atom feed: entries"
        raise UnusableDocumentError(what, got=len(entries), expected="one", do="ask for one id")
    return entries[0]


def _texts(entry: Element, path: str) -> list[str]:
    found = entry.findall(path, _SPACES)
    if any(map(len, found)):
        raise UnusableDocumentError(f"entry.{path}: an element inside", expected="text")
    return [collapse(element.text or "") for element in found]


def _terms(entry: Element, path: str) -> list[str]:
    return [element.get("term", "") for element in entry.findall(path, _SPACES)]
