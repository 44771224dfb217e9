"""Copy finished records into results/, with verdicts computed and pictures drawn afresh. Nothing is given to git.

Refused: a working tree with uncommitted changes (outside results/), and records that are stale, broken, lack runs,
used changed parameters or a stand-in where none is allowed, or were made from uncommitted code. At `cpu` and `paper`
records grow: runs may be missing, and those that the committed record has are taken along from it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from repro.cli.parser import add_ids, add_profile, chosen, folder
from repro.cli.records import draw_picture
from repro.errors import BadValueError, RecordError
from repro.paths import checkout, results_dir
from repro.record.audit import GROWS, problems, refuse_for_results
from repro.record.fresh import require_fresh, stale_because
from repro.record.judge import summary
from repro.record.record import Record, csv_facts, data_sets, held, verdicts
from repro.record.store import load, path_of, save
from repro.spec import Exhibit

EXAMPLES = """  repro commit dni/table2 --profile cpu
  repro commit --all --profile quick --from /tmp/records
  repro commit dni/table2 --profile cpu --from results     a claim changed: judge the committed rows again
                                                           (if the plan changed, it is marked as an earlier one's)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits, the profile, and where their records are."""
    add_ids(parser)
    add_profile(parser, None, "required")
    add = parser.add_argument
    add("--from", dest="source", type=folder, default=Path("output"), metavar="DIR", help="default: output/")


def main(args: argparse.Namespace) -> int:
    """Check all records first, then copy all of them: every one is committed or none. 1 if a picture failed."""
    from repro.tree import refuse_dirty_tree, refuse_unknown_to_git

    if not args.profile:
        raise BadValueError("which profile? Give --profile quick, cpu or paper")
    checkout("committing a record")
    refuse_dirty_tree()
    again = args.source.resolve() == results_dir().resolve()
    found = [(e, load(args.source, e.id, args.profile)) for e in chosen(args)]
    along = {e.id: [] if again else _along(e, record) for e, record in found}
    found = [(e, _grown(e, record, along[e.id])) for e, record in found]
    records = [(e, _fit(e, record, again)) for e, record in found]
    narrowed = {e.id: _left_out(was, now) for (e, was), (_, now) in zip(found, records, strict=True)}
    if again:
        refuse_unknown_to_git(
            [path_of(results_dir(), i, args.profile) for i, told in narrowed.items() if told]
        )
    failed = []
    for exhibit, record in records:
        path = save(record, results_dir())
        failed.append(draw_picture(exhibit, record, path.with_suffix(".svg")))
        told = summary(record.judgements(exhibit)) + narrowed[exhibit.id] + _told(along[exhibit.id])
        print(f"{exhibit.id} at {record.profile}: {told} → {path.parent}")
    print(
        f"next: repro render {' '.join(e.id for e, _ in records)}; repro report --write; git add, git commit"
    )
    for why in filter(None, failed):
        print(f"repro: {why}", file=sys.stderr)
    return 1 if any(failed) else 0


def _there(exhibit: Exhibit, record: Record) -> Record | None:
    """The committed record at the same profile, if there is one."""
    name = record.profile
    return (
        load(results_dir(), exhibit.id, name) if path_of(results_dir(), exhibit.id, name).exists() else None
    )


def _along(exhibit: Exhibit, record: Record) -> list[str]:
    """The runs of the committed record that are taken along, where records grow."""
    from repro.runner.grow import takeable

    there = _there(exhibit, record) if record.profile in GROWS else None
    return takeable(record, there) if there else []


def _grown(exhibit: Exhibit, record: Record, along: list[str]) -> Record:
    """The record with those runs."""
    from repro.runner.grow import grown

    there = _there(exhibit, record)
    return grown(exhibit, record, there, along) if there and along else record


def _told(along: list[str]) -> str:
    return f"; {len(along)} runs of the committed record are taken along" if along else ""


def _fit(exhibit: Exhibit, record: Record, again: bool = False) -> Record:
    """The record with fresh verdicts and no rows but those that it is to hold, if it may be committed.

    `again`: it is committed already, and may be of an earlier plan; then it says so from now on.
    """
    rows = tuple(held(exhibit, record.rows))
    facts = {k: v for k, v in record.facts.items() if k != "superseded"} | {"csv": csv_facts(rows)}
    record = Record(record.facts, rows)
    refuse_for_results(exhibit, record)
    why = stale_because(exhibit, record) if again else ""
    record = Record(facts | ({"superseded": why} if why else {}), record.rows)
    require_fresh(exhibit, record)
    facts = {**record.facts, "verdicts": verdicts(record.judgements(exhibit))}
    judged = Record(facts, record.rows)
    _refuse_downgrade(exhibit, record)
    wrong = problems(exhibit, judged)
    if wrong:
        raise RecordError(f"the {record.profile} record of {exhibit.id}: {'; '.join(wrong)}")
    return judged


def _left_out(was: Record, now: Record) -> str:
    """Of how many rows, and of which metrics, a record does not hold what was there; empty if of none."""
    gone = Counter(r[2] for r in was.rows)
    gone.subtract(r[2] for r in now.rows)
    said = ", ".join(f"{n} of {metric}" for metric, n in gone.items() if n)
    return f"; rows that its exhibit does not show are left out: {said}" if said else ""


def _refuse_downgrade(exhibit: Exhibit, record: Record) -> None:
    """`RecordError` if a record on stand-in data would replace one on the paper's, or fewer runs of a plan more."""
    there = _there(exhibit, record)
    if there is None:
        return
    name = f"the {record.profile} record of {exhibit.id}"
    stand_in, sets = any(d["stand_in"] for d in data_sets(record.facts)), data_sets(there.facts)
    if stand_in and sets and not any(d["stand_in"] for d in sets):
        raise RecordError(
            f"{name} was made from a {record.facts['data']['note']}, the committed one from {sets[0]['name']}: "
            "fetch the data (`repro data fetch`) and run it again"
        )
    known = {m["run"] for m in there.facts["missing"]}
    lost = [m["run"] for m in record.facts["missing"] if m["run"] not in known]
    if lost and there.facts["spec_sha256"] == record.facts["spec_sha256"]:
        raise RecordError(
            f"{name} lacks {len(lost)} runs that the committed one has, such as {lost[0]}: run it where they are"
        )
