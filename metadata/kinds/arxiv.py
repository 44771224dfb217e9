"""What arXiv says of one version of a paper, from its abstract page or from its Atom API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.parse.ids import ArxivId

CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?")  # cs.LG, hep-th
WITHDRAWN = re.compile(r"\b(?:withdr[ae]wn?|retract(?:ed|s|ion))\b", re.IGNORECASE)


@dataclass(frozen=True)
class ArxivVersion:
    """One line of the submission history: version, time in UTC, day of the week as printed."""

    number: int
    submitted: datetime
    weekday: str


@dataclass(frozen=True)
class ArxivPaper:
    """One version of a paper as arXiv shows it. Unsigned: it counts as evidence beside a record, not alone.

    `submitted` is the time of the first version, `revised` that of this one (equal for v1). `authors` are in
    the paper's order. `repairs` tells what had to be mended to read the names. `author_count` is the number
    that the page itself states (None if it does not), `history` is empty for Atom; `notes` are warnings.
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
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def only(field: str, values: list[str], *, required: bool = True) -> str:
    """Return the one value that a document gives for `field`, "" for none that is not `required`.

    Raises `UnusableDocumentError` for different ones, `MissingFieldError` for none: nothing is guessed.
    """
    different = list(dict.fromkeys(value for value in values if value))
    if len(different) > 1:
        raise UnusableDocumentError(
            f"{field}: the document gives {len(different)} different ones", got=different[1], expected="one"
        )
    if not different and required:
        raise MissingFieldError(
            f"{field}: not found in the document", do="pass an answer of arXiv's, all of it"
        )
    return different[0] if different else ""


def withdrawal(comment: str, abstract: str) -> list[str]:
    """Return the warning that belongs to a paper whose comment or abstract says that it was withdrawn."""
    texts = {"comment": comment, "abstract": abstract[:200]}
    return [
        f"the {name} speaks of a withdrawal: {text[:120]!r}"
        for name, text in texts.items()
        if WITHDRAWN.search(text)
    ]
