"""Check the committed records: schema, checksums, spec, data sums; each verdict must follow from the rows.

Exit code: 1 if a record is broken or stale, else 0 – whatever the verdicts are.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from repro.cli.parser import add_json, chosen, print_json
from repro.cli.records import recorded, strays
from repro.errors import RecordError
from repro.exhibits import sound
from repro.record.audit import problems, refuse_for_results
from repro.record.fresh import superseded
from repro.record.record import Record
from repro.show import claims
from repro.show.tables import columns_of
from repro.spec import Exhibit

EXAMPLES = """  repro check
  repro check dni/table2 --verbose      with every claim, our number and the paper's
  repro check --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits (none: all), `--verbose`, `--json`."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: every exhibit")
    parser.add_argument("--verbose", action="store_true", help="print the verdict on each claim")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Check every record of the chosen exhibits."""
    exhibits, wrong = (chosen(args), {}) if args.ids else sound()
    found = [_check(e, profile, record) for e in exhibits for profile, record in recorded(e)]
    found += [{"record": i, "problems": [why]} for i, why in wrong.items()]
    if not args.ids:
        found += [{"record": s, "problems": ["belongs to no exhibit and profile"]} for s in strays()]
    broken = sum(bool(f["problems"]) for f in found)
    if args.json:
        print_json(found)
        return 1 if broken else 0
    for facts in found:
        _print(facts)
        if args.verbose and "table" in facts:
            print(facts["table"], end="\n\n")
    for exhibit in exhibits:
        if not recorded(exhibit):
            print(f"none    {exhibit.id}")
    print(f"{len(found) - broken} records hold, {broken} broken or stale")
    return 1 if broken else 0


def _check(exhibit: Exhibit, profile: str, record: Record | RecordError) -> dict[str, Any]:
    name = f"{exhibit.id} {profile}"
    if isinstance(record, RecordError):
        return {"record": name, "problems": [str(record)]}
    try:
        return _checked(exhibit, record, name)
    except (
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
    ) as e:  # one malformed record must not hide the others
        return {"record": name, "problems": [f"is malformed ({type(e).__name__}: {e}): restore it from git"]}


def _checked(exhibit: Exhibit, record: Record, name: str) -> dict[str, Any]:
    wrong = problems(exhibit, record)
    try:
        refuse_for_results(exhibit, record)
    except RecordError as e:
        wrong.append(str(e))
    judgements, late = record.judgements(exhibit), claims.judged_late(exhibit, record)
    return {
        "record": name,
        "problems": wrong,
        "summary": claims.in_short(exhibit, record),
        "superseded": superseded(exhibit, record),
        "sha256": record.sha256(),
        "verdicts": {j.claim.id: j.verdict for j in judgements},
        "judged_late": sorted(late),
        "table": claims.lines(exhibit, judgements, late, columns_of(sys.stdout)),
    }


def _print(facts: dict[str, Any]) -> None:
    if facts["problems"]:
        for problem in facts["problems"]:
            print(f"BROKEN  {facts['record']}: {problem}")
    else:
        plan = f"of an earlier plan ({facts['superseded']}); " if facts["superseded"] else ""
        print(f"holds   {facts['record']}: {facts['summary']}; {plan}SHA-256 {facts['sha256']}")
