"""List the exhibits: id, kind, place in the paper, title, and the profiles with a committed record."""

from __future__ import annotations

import argparse
import sys

from repro.cli.parser import add_json, print_json, tell
from repro.exhibits import sound
from repro.record.store import recorded
from repro.show.tables import columns_of, readable
from repro.spec import Exhibit

EXAMPLES = """  repro list
  repro list --json | python -m json.tool
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the exhibits."""
    exhibits, broken = sound()
    tell(broken)
    if args.json:
        print_json([_facts(e) for e in exhibits])
        return 0
    rows = [(e.id, e.kind, ", ".join(recorded(e)) or "–", e.place, e.title) for e in exhibits]
    print(readable(("exhibit", "kind", "records", "place", "title"), rows, columns_of(sys.stdout)))
    return 0


def _facts(exhibit: Exhibit) -> dict[str, object]:
    return {
        "id": exhibit.id,
        "paper": exhibit.paper,
        "kind": exhibit.kind,
        "place": exhibit.place,
        "title": exhibit.title,
        "shows": exhibit.shows,
        "arms": [a.id for a in exhibit.arms],
        "metrics": [m.name for m in exhibit.metrics],
        "parameters": [p.name for p in exhibit.params],
        "claims": [c.id for c in exhibit.claims],
        "profiles": {p.name: p.budget for p in exhibit.profiles},
        "records": recorded(exhibit),
    }
