"""Parse a manuscript in Markdown: title, authors, date, abstract and references, as far as it has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from metadata import strict_json
from metadata.arxiv_page import MONTHS
from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.listing import MAX_TITLE, find_arxiv
from metadata.names import split_authors
from metadata.text import collapse, is_cut, lines, uncut

_HEADING = re.compile(r"#{1,6} ?(.*)")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.) ")  # "1. Introduction", "A. Proofs"
_REFERENCE = re.compile(r"(?:[-*] )?\[[^\[\]]{1,40}\] (.+)")
_FOOTNOTES = str.maketrans("", "", "*_`^†‡§¶0123456789")  # marks after names that point to affiliations
_MARKS = str.maketrans("", "", "*_`#")
_WORD_DATE = re.compile(r"(?:(\d{1,2})\.? )?([A-Za-z]{3,9})\.? (?:(\d{1,2}),? )?(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


@dataclass(frozen=True)
class Manuscript:
    """A manuscript as read. `date` is None if there is none; `references` are the entries as written."""

    title: str
    authors: tuple[str, ...]
    repairs: tuple[str, ...]
    date: date | None
    abstract: str
    abstract_cut: bool
    references: tuple[str, ...]
    arxiv: tuple[str, ...]


def parse(data: bytes) -> Manuscript:
    """Return the manuscript in the Markdown `data` (UTF-8, at most 1 MiB).

    The first heading is the title; the lines under it are authors and date; `Abstract` and `References` are
    found by their headings, and may be missing. Raises `MissingFieldError` without title or authors.
    """
    text = lines(strict_json.decode(data))
    sections = _sections(text)
    if not sections or not sections[0][0]:
        raise MissingFieldError("title: the manuscript does not begin with a heading")
    title, head = sections[0]
    if len(title) > MAX_TITLE:
        raise UnusableDocumentError("title", got=title, expected=f"at most {MAX_TITLE} characters")
    dates = [d for line in head if (d := parse_date(line))]
    byline = [line for line in head if not (parse_date(line) or find_arxiv([line]) or "@" in line)]
    if not byline:
        raise MissingFieldError("authors: no line between the title and the next heading")
    authors = split_authors(", ".join(byline).translate(_FOOTNOTES), place="authors")
    named = {name.lower(): body for name, body in reversed(sections[1:])}
    abstract = " ".join(named.get("abstract", []))
    return Manuscript(
        title=title,
        authors=authors.names,
        repairs=authors.repairs,
        date=dates[0] if dates else None,
        abstract=uncut(abstract),
        abstract_cut=is_cut(abstract),
        references=tuple(m[1] for line in named.get("references", []) if (m := _REFERENCE.fullmatch(line))),
        arxiv=find_arxiv(head),
    )


def _sections(text: list[str]) -> list[tuple[str, list[str]]]:
    sections: list[tuple[str, list[str]]] = []
    for line in text:
        heading = _HEADING.fullmatch(line)
        if heading:
            name = collapse(heading[1].translate(_MARKS))
            sections.append((_NUMBERED.sub("", name, count=1), []))
        elif line and sections:
            sections[-1][1].append(line)
        elif line:
            raise MissingFieldError("title: text before the first heading", got=line, expected="'# Title'")
    return sections


def parse_date(line: str) -> date | None:
    """Return the date that makes up `line` (`Jun 12 2018`, `12 June 2018`, `2018-06-12`), else None."""
    iso, words = _ISO_DATE.fullmatch(line), _WORD_DATE.fullmatch(line)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if words and (words[1] or words[3]):
            month = MONTHS.index(words[2][:3].capitalize()) + 1
            return date(int(words[4]), month, int(words[1] or words[3]))
    except ValueError:
        pass
    return None
