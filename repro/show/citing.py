"""The citation of a record: this repository, the record's digest, the paper that it reruns or stands beside."""

from __future__ import annotations

from repro.paths import citation_file
from repro.record.fresh import limits
from repro.record.record import Record, done_names
from repro.spec import Exhibit


def citation(exhibit: Exhibit, record: Record, style: str = "bibtex") -> str:
    """In `style` ("text", "bibtex"), ending in a newline; `MetadataError` where CITATION.cff cannot be read."""
    from metadata import cite, pin

    code = record.facts["code"]
    ours = cite.repository(citation_file(), commit=code["commit"], dirty=code["dirty"])
    ends = {
        "relation": relation(exhibit),
        "note": "; ".join(filter(None, [limits(exhibit, record), _grown(record)])),
    }
    made = cite.verified(pin(exhibit.paper), ours, exhibit.id, record.profile, record.sha256(), style, **ends)
    return made.rstrip() + "\n"


def _grown(record: Record) -> str:
    """How many of the runs of a record that grew are by other commits than the one that is cited."""
    code = record.facts["code"]
    runs = sum(len(e["runs"]) for e in code.get("earlier", ()) if e["commit"] != code["commit"])
    return (
        f"{runs} of its {len(done_names(record.facts))} runs by earlier commits, which it names"
        if runs
        else ""
    )


def relation(exhibit: Exhibit) -> str:
    """What the exhibit is to the paper: it reruns a figure or table, or stands beside it with findings of ours."""
    return "reruns" if any(not c.finding for c in exhibit.claims) else "beside"
