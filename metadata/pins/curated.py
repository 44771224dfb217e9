"""Facts entered by hand in `curated.json`: each has a source, and yields to a record that gives the fact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from metadata.errors import MetadataError, PinError
from metadata.parse.ids import ArxivId, parse_arxiv
from metadata.pins import Proceedings, tuples

CURATED_FILE = Path(__file__).with_name("curated.json")
_SHORTS = ("dni", "sg", "meprop")
_FIELDS = frozenset("title authors submitted revised primary_cat cross_cats cites proceedings".split())


@dataclass(frozen=True)
class CuratedFact:
    """One fact and where it was read: strings, tuples of strings, or proceedings."""

    value: Any
    source: str


@dataclass(frozen=True)
class CuratedPaper:
    """A paper to be pinned: its short name, its id with version, and the facts known by hand."""

    short: str
    arxiv: ArxivId
    facts: dict[str, CuratedFact]

    def get(self, field: str) -> CuratedFact | None:
        """Return the fact about `field`, or None."""
        return self.facts.get(field)


def load(path: Path = CURATED_FILE) -> tuple[CuratedPaper, ...]:
    """Return the papers to be pinned, in order. `PinError` names what is wrong in the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["curated_version"] != 1:
            raise ValueError("unknown curated_version")
        return tuple(_paper(arxiv, dict(entry)) for arxiv, entry in document["papers"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, MetadataError) as e:
        raise PinError(
            f"cannot read {path.name}: {e}", do="correct the entry; see the others for the form"
        ) from None


def _paper(arxiv: str, entry: dict[str, Any]) -> CuratedPaper:
    short = entry.pop("short")
    unknown = set(entry) - _FIELDS
    if short not in _SHORTS or unknown or "proceedings" not in entry:
        raise ValueError(f"{arxiv}: short {short!r}, unknown fields {sorted(unknown)}, or no proceedings")
    facts = {
        field: CuratedFact(_value(field, fact["value"]), fact["source"]) for field, fact in entry.items()
    }
    return CuratedPaper(short, parse_arxiv(arxiv), facts)


def _value(field: str, value: Any) -> object:
    if field in ("authors", "cites", "cross_cats"):
        return tuple(str(v) for v in value)
    if field == "proceedings":
        return Proceedings(**tuples(value))
    if field in ("submitted", "revised"):
        return date.fromisoformat(value).isoformat()
    return str(value)
