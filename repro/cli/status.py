"""Say of each exhibit and profile whether the committed record is fresh, stale (and why), broken or missing.

A note tells where the code that computed a record has changed since: no error, because code may be tidied
without moving a number, but a reason to look.
"""

from __future__ import annotations

import argparse
import sys

from repro.cli.parser import add_json, print_json, tell
from repro.cli.records import recorded
from repro.errors import RecordError
from repro.exhibits import sound
from repro.record.fresh import stale_because, superseded
from repro.record.judge import summary
from repro.record.record import Record
from repro.runner.code import changed_since
from repro.runner.keys import work_of
from repro.show.tables import columns_of, readable
from repro.spec import Exhibit

EXAMPLES = """  repro status
  repro status --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the table; exit code 0."""
    exhibits, broken = sound()
    tell(broken)
    rows = [row for e in exhibits for row in _rows(e)]
    keys = ("exhibit", "profile", "state", "verdicts", "note")
    if args.json:
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        print(readable(keys, rows, columns_of(sys.stdout)))
    return 0


def _rows(exhibit: Exhibit) -> list[tuple[str, ...]]:
    there = dict(recorded(exhibit))
    wanted = [p.name for p in exhibit.profiles if p.name != "smoke" or p.name in there]
    return [(exhibit.id, name, *_state(exhibit, there.get(name))) for name in wanted]


def _state(exhibit: Exhibit, record: Record | RecordError | None) -> tuple[str, str, str]:
    if record is None:
        return "missing", "", ""
    if isinstance(record, RecordError):
        return f"broken: {record}", "", ""
    why = stale_because(exhibit, record)
    code, work = record.facts["code"], work_of(exhibit.trained_by)
    made = [one["modules"] for one in (code, *code.get("earlier", ()))]  # whatever code made some of its runs
    changed = sorted({module for modules in made for module in changed_since(work, modules)})
    more = f" and {len(changed) - 3} modules more" if len(changed) > 3 else ""
    note = f"code changed since: {', '.join(changed[:3])}{more}" if changed else ""
    known = "of an earlier plan" if superseded(exhibit, record) else "stale"
    return f"{known}: {why}" if why else "fresh", summary(record.judgements(exhibit)), note
