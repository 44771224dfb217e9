"""What arXiv says of one version of a paper, from its abstract page or from its Atom API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from metadata.ids import ArxivId

CATEGORY = re.compile(
    r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?"
)  # cs.LG, hep-th, cond-mat.str-el


@dataclass(frozen=True)
class ArxivVersion:
    """One line of the submission history: version, time in UTC, source size in kB (None if unknown)."""

    number: int
    submitted: datetime
    kilobytes: int | None
    weekday: str


@dataclass(frozen=True)
class ArxivPaper:
    """One version of a paper as arXiv shows it. Unsigned: it counts as evidence beside a record, not alone.

    `submitted` is the time of the first version, `revised` that of this one (equal for v1). `authors` are in
    the paper's order. `repairs` tells what had to be mended to read the names. `author_count` is the number
    that the page itself states (None if it does not), `history` is empty for Atom.
    """

    form: Literal["page", "atom"]
    arxiv: ArxivId
    title: str
    authors: tuple[str, ...]
    repairs: tuple[str, ...]
    abstract: str
    submitted: datetime
    revised: datetime
    primary_cat: str
    cross_cats: tuple[str, ...]
    doi: str | None
    history: tuple[ArxivVersion, ...] = ()
    author_count: int | None = None
