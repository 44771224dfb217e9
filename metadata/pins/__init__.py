"""Fourth wing: the pinned papers, which exact version of which paper this repository reproduces.

Read from the generated `pins.json` with the standard library alone, so that every command can afford it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from metadata.errors import IdentifierError, PinError, UnknownPinError, VersionlessIdError
from metadata.parse.ids import split_arxiv

if TYPE_CHECKING:
    from metadata.check.report import Trust

PINS_FILE = Path(__file__).with_name("pins.json")
PINS_VERSION = 2
# What may stand around an id: addresses of arXiv and pith, and arXiv's DOIs, which know no version.
_ADDRESS = re.compile(
    r"^arxiv:|^(?:https?://)?(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/|pith\.science/(?:pith/)?|(?:doi\.org/)?10\.48550/arxiv\.)"
    r"|(?:\.pdf)?/?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Evidence:
    """Why a field of a pin is as it is: trust, the document it rests on, how, and `also` all others, which agree."""

    field: str
    trust: Trust
    source: str
    detail: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proceedings:
    """Where the paper appeared. `pages` like `1627-1635`, `date` in ISO form, `url` of the paper's page.

    `relation` says in words what is known of how the pinned version relates to the text printed there.
    """

    booktitle: str
    conference: str
    series: str
    volume: int
    pages: str
    year: int
    date: str
    editors: tuple[str, ...]
    url: str
    relation: str


@dataclass(frozen=True)
class Pin:
    """One pinned paper version.

    `arxiv` has its version. `trust` is `signed` if a signed record of this very version stands behind it,
    else `curated`. `pith` and `canonical_sha256` (64 hex digits) come from that record, else they are None;
    so do `license` and `abstract_sha256` if no document gives them. Dates are ISO days in UTC: `submitted` is
    that of the first version, `date` that of the pinned one as far as known (`date_of` says which it is).
    `cites` are titles of some works that the paper is known to cite. `evidence` has one entry a field.
    """

    short: Literal["dni", "sg", "meprop"]
    arxiv: str
    title: str
    authors: tuple[str, ...]
    date: str
    date_of: str
    submitted: str
    doi: str
    pith: str | None
    trust: Literal["signed", "curated"]
    canonical_sha256: str | None
    abstract_sha256: str | None
    license: str | None
    primary_cat: str
    cross_cats: tuple[str, ...]
    proceedings: Proceedings
    cites: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    @property
    def version(self) -> str:
        """The pinned version, like `v2`."""
        return f"v{self.arxiv.rpartition('v')[2]}"

    @property
    def venue(self) -> str:
        """The proceedings in one line, as in a reference list."""
        p = self.proceedings
        return f"{p.booktitle} ({p.conference}), {p.series} {p.volume}:{p.pages.replace('-', '–')}, {p.year}"

    @property
    def url(self) -> str:
        """The address of the pinned version on arXiv."""
        return f"https://arxiv.org/abs/{self.arxiv}"

    def why(self, field: str) -> Evidence:
        """Return the evidence for `field`; `KeyError` if there is no such field."""
        return {e.field: e for e in self.evidence}[field]


Pins = Mapping[str, Pin]
"""Pins by arXiv id with version, in the order of the papers."""


def load_pins(path: Path = PINS_FILE) -> dict[str, Pin]:
    """Return the pins by arXiv id with version, in the order of the papers. `PinError` for a broken file."""
    return dict(_load(path))


@lru_cache(maxsize=4)
def _load(path: Path) -> Mapping[str, Pin]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["pins_version"] != PINS_VERSION:
            raise ValueError(f"pins_version {document['pins_version']!r}, expected {PINS_VERSION}")
        return {arxiv: _pin(entry) for arxiv, entry in document["papers"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as e:
        raise PinError(f"cannot read {path.name}: {e!r}", do="run: python -m metadata pins --write") from None


def _pin(entry: dict[str, Any]) -> Pin:
    values = tuples(entry)
    values["proceedings"] = Proceedings(**tuples(entry["proceedings"]))
    values["evidence"] = tuple(Evidence(field, **tuples(e)) for field, e in entry["evidence"].items())
    return Pin(**values)


def tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return `entry` with its lists as tuples, since JSON has no tuples and frozen objects no lists."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}


def pin(name: str) -> Pin:
    """Return the pin of a short name, id, pith number, address; `VersionlessIdError`, `UnknownPinError`."""
    pins, bare = load_pins(), _ADDRESS.sub("", name)
    for found in pins.values():
        code = found.pith and found.pith.rpartition(":")[2]
        if bare in (found.short, found.arxiv, found.pith, code) or name == found.proceedings.url:
            return found
    known = ", ".join(f"{p.arxiv} ({p.short})" for p in pins.values())
    try:
        base, version = split_arxiv(bare)
    except IdentifierError:
        raise UnknownPinError("unknown paper", got=name, expected=known) from None
    same = next((p.arxiv for p in pins.values() if split_arxiv(p.arxiv)[0] == base), "")
    if version is None:
        expected = same or f"an id with its version; pinned are {known}"
        raise VersionlessIdError("arXiv id without a version", got=name, expected=expected)
    what = "another version than the pinned one" if same else "paper that is not pinned"
    do = "versions differ in content" if same else ""
    raise UnknownPinError(what, got=name, expected=same or known, do=do)
