"""What each source says of each field of a pin, a row each: records, arXiv's pages, and facts entered by hand.

Those stand in `curated.json`, each with its source: what no committed record gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from metadata.check.report import Trust
from metadata.errors import MetadataError, PinError
from metadata.kinds import ArxivPaper, PithRecord
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.parse.strict_json import sha256_hex, text_sha256
from metadata.parse.text import clean
from metadata.pins import Proceedings, tuples

CURATED_FILE = Path(__file__).with_name("curated.json")


@dataclass(frozen=True)
class Row:
    """What one source says of one field; `loose` tells that it gives the authors in an order of its own."""

    field: str
    value: Any
    trust: Trust
    source: str
    detail: str
    loose: bool = False


def record_rows(name: str, record: PithRecord) -> Iterator[Row]:
    """Yield what a verified record says: signed fields, and those that its hashes cover."""
    core = record.signed
    signed = {
        "submitted": record.submitted.date().isoformat(),
        "canonical_sha256": sha256_hex(record.canonical),
        "abstract_sha256": core["abstract_canon_sha256"],
        "license": core["license"],
        "primary_cat": core["primary_cat"],
        "cross_cats": tuple(sorted(core["cross_cats_sorted"])),
    }
    yield from (Row(field, value, "signed", name, "canonical record") for field, value in signed.items())
    yield Row("pith", record.document["pith_number"], "derived", name, "base32 of the signed hash")
    yield Row("doi", record.arxiv.doi, "derived", name, "from the signed id")
    for paper in (snapshot["paper"] for snapshot in record.snapshots):
        covered = "its hash is signed; letter case and white space are not"
        yield Row("title", clean(paper["title"]), "hash signed", name, covered)
        yield Row("authors", paper["authors_text"], "stated", name, "graph snapshot, by given name", True)


def page_rows(name: str, page: ArxivPaper) -> Iterator[Row]:
    """Yield what arXiv's page or feed of the pinned version says; none of it is signed."""
    day = page.revised.date().isoformat()
    values = {
        "title": page.title, "authors": page.authors, "submitted": page.submitted.date().isoformat(), "date": day,
        "primary_cat": page.primary_cat, "cross_cats": tuple(sorted(page.cross_cats)),
        "abstract_sha256": text_sha256(page.abstract), "doi": page.arxiv.doi if page.doi else None,
    }  # fmt: skip
    yield from (
        Row(f, v, "stated", name, "arXiv's page of this version") for f, v in values.items() if v is not None
    )


@dataclass(frozen=True)
class Paper:
    """A paper to be pinned: its short name, its id with version, and the facts known by hand."""

    short: str
    arxiv: ArxivId
    facts: tuple[Row, ...]


def _names(value: list[Any]) -> tuple[str, ...]:
    return tuple(str(v) for v in value)


def _day(value: str) -> str:
    return date.fromisoformat(value).isoformat()


_CURATED: dict[str, Callable[[Any], Any]] = {
    "title": str, "authors": _names, "submitted": _day, "date": _day, "primary_cat": str, "cross_cats": _names,
    "cites": _names, "proceedings": lambda value: Proceedings(**tuples(value)),
}  # fmt: skip


def curated(path: Path = CURATED_FILE) -> tuple[Paper, ...]:
    """Return the papers to be pinned, in order. `PinError` names what is wrong in the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["curated_version"] != 1:
            raise ValueError("unknown curated_version")
        return tuple(_paper(arxiv, dict(entry)) for arxiv, entry in document["papers"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, MetadataError) as e:
        what = f"cannot read {path.name}: {e!r}"
        raise PinError(what, do="correct the entry; see the others for the form") from None


def _paper(arxiv: str, entry: dict[str, Any]) -> Paper:
    short = str(entry.pop("short"))
    facts = [
        Row(field, _CURATED[field](fact["value"]), "curated", "curated.json", fact["source"])
        for field, fact in entry.items()
    ]
    return Paper(short, parse_arxiv(arxiv), tuple(facts))
