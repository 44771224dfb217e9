"""Parse a paper site's listing: title, authors, then sections under headings. It has no identifier."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metadata import strict_json
from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.names import split_authors
from metadata.text import is_cut, lines, uncut

MAX_TITLE = 500  # characters
_ARXIV = re.compile(r"\b(?:arXiv:|arxiv\.org/abs/)([a-z.-]{0,20}/?[0-9.]{4,12}(?:v[0-9]{1,4})?)\b")
# Headings that end the abstract. Another one would show up as a wrong abstract, not as silence.
HEADINGS = (
    "TL;DR",
    "Contribution",
    "Findings",
    "Abstract",
    "Peer Reviews",
    "Code & Models",
    "Videos",
    "Taxonomy",
)


@dataclass(frozen=True)
class Listing:
    """A listing as read: unsigned, so it can back up a fact but not establish one.

    `abstract_cut` tells that the page itself cut the abstract off with an ellipsis (which is not part of
    `abstract`); `arxiv` holds the arXiv ids found in the text as written, versionless ones too.
    """

    title: str
    authors: tuple[str, ...]
    repairs: tuple[str, ...]
    abstract: str
    abstract_cut: bool
    arxiv: tuple[str, ...]


def parse(data: bytes) -> Listing:
    """Return the listing whose page text is `data` (UTF-8, at most 1 MiB).

    Raises `MissingFieldError` for a page without title, authors or abstract, naming the field.
    """
    page = lines(strict_json.decode(data))
    filled = [line for line in page if line]
    if "Abstract" not in filled[2:]:
        raise MissingFieldError("abstract: no heading 'Abstract' after title and authors")
    title = filled[0]
    if len(title) > MAX_TITLE or title in HEADINGS or filled[1] in HEADINGS:
        raise MissingFieldError("title and authors: not the first two lines of the page", got=title)
    authors = split_authors(filled[1], place="authors")
    abstract = section(filled, "Abstract")
    return Listing(
        title=title,
        authors=authors.names,
        repairs=authors.repairs,
        abstract=uncut(abstract),
        abstract_cut=is_cut(abstract),
        arxiv=find_arxiv(page),
    )


def section(filled: list[str], heading: str) -> str:
    """Return the text under `heading` up to the next known heading; `MissingFieldError` if there is none."""
    if filled.count(heading) != 1:
        raise UnusableDocumentError(
            f"{heading}: {filled.count(heading)} headings of that name", expected="one"
        )
    start = filled.index(heading) + 1
    end = next((i for i in range(start, len(filled)) if filled[i] in HEADINGS), len(filled))
    if start == end:
        raise MissingFieldError(f"{heading.lower()}: nothing under the heading")
    return " ".join(filled[start:end])


def find_arxiv(page: list[str]) -> tuple[str, ...]:
    """Return the arXiv ids in `page`, as written, each once."""
    return tuple(dict.fromkeys(m[1] for line in page for m in _ARXIV.finditer(line)))
