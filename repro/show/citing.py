"""The citation of a record: this repository, the record's digest, the paper that it reproduces."""

from __future__ import annotations

from repro.paths import citation_file
from repro.record.record import Record
from repro.spec import Exhibit


def citation(exhibit: Exhibit, record: Record, style: str = "bibtex") -> str:
    """In `style` ("text", "bibtex"), ending in a newline; `MetadataError` where CITATION.cff cannot be read."""
    from metadata import cite, pin

    code = record.facts["code"]
    ours = cite.repository(citation_file(), commit=code["commit"], dirty=code["dirty"])
    made = cite.verified(pin(exhibit.paper), ours, exhibit.id, record.profile, record.sha256(), style)
    return made.rstrip() + "\n"
