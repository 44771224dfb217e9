"""Copy finished records into results/, with verdicts computed and pictures drawn afresh. Nothing is given to git.

Refused: a working tree with uncommitted changes (outside results/ and notebooks/), and records that are stale or
broken, lack runs, used changed parameters or a stand-in where none is allowed, or were made from uncommitted code. At
`cpu` and `paper` records grow: runs may be missing, and those of the committed record, on the same data, come along.
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
from repro.record.record import Record, csv_facts, data_sets, held, verdicts
from repro.record.store import load, path_of, save
from repro.show import claims
from repro.spec import Exhibit

EXAMPLES = """  repro commit dni/table2 --profile cpu
  repro commit --all --profile quick --from /tmp/records
  repro commit dni/table2 --profile cpu --from ../theirs/results    two branches grew it: theirs, with ours
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
    ready = [(e, *(_again(e, record) if again else _added(e, record))) for e, record in found]
    if again:
        refuse_unknown_to_git([path_of(results_dir(), e.id, args.profile) for e, _, told in ready if told])
    failed = []
    for exhibit, record, told in ready:
        path = save(record, results_dir())
        failed.append(draw_picture(exhibit, record, path.with_suffix(".svg")))
        said = "; ".join([claims.in_short(exhibit, record), *told])
        print(f"{exhibit.id} at {record.profile}: {said} → {path.parent}")
    print(
        f"next: repro render {' '.join(e.id for e, *_ in ready)}; repro report --write; git add, git commit"
    )
    for why in filter(None, failed):
        print(f"repro: {why}", file=sys.stderr)
    return 1 if any(failed) else 0


def _again(exhibit: Exhibit, record: Record) -> tuple[Record, list[str]]:
    """A committed record, judged anew, and what is to be told of it; it may be of an earlier plan."""
    from repro.runner.grow import as_seen

    fit = _fit(exhibit, as_seen(exhibit, record), stale_because(exhibit, record))
    return fit, _left_out(record, fit)


def _added(exhibit: Exhibit, record: Record) -> tuple[Record, list[str]]:
    """The record as it may be committed, where records grow with runs of the one in its place, and what is told."""
    from repro.runner.grow import as_seen, grown, replaced, takeable

    name, record = record.profile, as_seen(exhibit, record)
    if not path_of(results_dir(), exhibit.id, name).exists():
        fit = _fit(exhibit, record)
        return fit, _left_out(record, fit)
    there = load(results_dir(), exhibit.id, name)
    along = takeable(exhibit, record, there) if name in GROWS else []
    whole = grown(exhibit, record, there, along) if along else record
    fit = _fit(exhibit, whole)
    _refuse_downgrade(fit, there)
    other, gone = replaced(fit, there)
    counts = {
        "runs of the committed record are taken along": len(along),
        "runs have other numbers than in the committed record": other,
        "runs of the committed record are left out: the plan has others in their place, or none": gone,
    }
    return fit, [*_left_out(whole, fit), *(f"{n} {what}" for what, n in counts.items() if n)]


def _fit(exhibit: Exhibit, record: Record, earlier: str = "") -> Record:
    """The record with fresh verdicts and no rows but those that it is to hold, if it may be committed.

    `earlier`: why it is of an earlier plan, of one that is committed already; it says so from now on.
    """
    rows = tuple(held(exhibit, record.rows))
    facts = {k: v for k, v in record.facts.items() if k != "superseded"} | {"csv": csv_facts(rows)}
    refuse_for_results(exhibit, Record(record.facts, rows))
    record = Record(facts | ({"superseded": earlier} if earlier else {}), rows)
    require_fresh(exhibit, record)
    judged = Record({**record.facts, "verdicts": verdicts(record.judgements(exhibit))}, rows)
    wrong = problems(exhibit, judged)
    if wrong:
        raise RecordError(f"the {record.profile} record of {exhibit.id}: {'; '.join(wrong)}")
    return judged


def _left_out(was: Record, now: Record) -> list[str]:
    """Of how many rows, and of which metrics, a record does not hold what was there; nothing if of none."""
    gone = Counter(r[2] for r in was.rows)
    gone.subtract(r[2] for r in now.rows)
    said = ", ".join(f"{n} of {metric}" for metric, n in gone.items() if n)
    return [f"rows that its exhibit does not show are left out: {said}"] if said else []


def _refuse_downgrade(record: Record, there: Record) -> None:
    """`RecordError` if stand-in data would replace the paper's, or a record without them runs that `there` has."""
    from repro.runner.grow import conflict, lacked

    name = f"the {record.profile} record of {record.exhibit}"
    stand_in, sets = any(d["stand_in"] for d in data_sets(record.facts)), data_sets(there.facts)
    if stand_in and sets and not any(d["stand_in"] for d in sets):
        raise RecordError(
            f"{name} was made from a {record.facts['data']['note']}, the committed one from {sets[0]['name']}: "
            "fetch the data (`repro data fetch`) and run it again"
        )
    lost = lacked(record, there)
    if lost:
        raise RecordError(
            f"{name} lacks {len(lost)} runs that the committed one has, such as {lost[0]}, and cannot take them "
            f"along: {conflict(record, there)}; run it on the same data, or all of it on these"
        )
