"""Train exhibits at a profile. Each gets a record (JSON and CSV) and a picture (SVG) in the output folder.

Finished runs are kept and reused; what was interrupted resumes when the same command is given again.
Exit code: 0 if all that was asked for is there, 1 if something failed or time ran out (the others are still made).
"""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from repro.cli import parser as common
from repro.cli.records import draw_picture
from repro.errors import BadValueError, NothingMissingError, ReproError, lacking
from repro.files import writable
from repro.paths import runs_dir
from repro.record.plan import planned
from repro.record.record import Record
from repro.record.store import save
from repro.show import claims
from repro.show.progress import ProgressLines, minutes
from repro.show.tables import columns_of
from repro.show.words import missing_runs
from repro.spec import Exhibit

Known = dict[str, tuple[Any, Any]]
EXAMPLES = """  repro run dni/table2                                     at the quick profile
  repro run dni/table2 sg/table2 --profile cpu --workers 2
  repro run --all --profile smoke --out look
  repro run meprop/fig4 --seeds 0-4 --set hidden=200       your own change; such a record is marked custom
  repro run dni/table2 --profile paper --arms cdni-3,cdni-4 --seeds 0 --budget 40m    some runs of many, for a while
  repro run dni/rnn-control --profile cpu --missing --budget 2h    what would make the committed record grow
  repro run dni/table2 --profile paper --device any        no training: from results merged from other machines
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits, how big, where, and the user's own changes."""
    common.add_ids(parser)
    common.add_profile(parser, "quick", "default: quick")
    add = parser.add_argument
    devices = "auto, cpu or cuda (default: auto); any: train nothing, take what any machine has trained"
    add("--device", type=common.device, default="auto", metavar="D", help=devices)
    add("--data-dir", type=common.existing_folder, metavar="DIR", help="data sets (REPRO_DATA, else .data)")
    add("--runs-dir", type=common.folder, metavar="DIR", help="resumable runs (REPRO_RUNS, else .runs)")
    add("--out", type=common.folder, default=Path("output"), metavar="DIR", help="default: output/")
    few = "only these of the profile's, or others: 0,1,2 or 0-4"
    add("--seeds", type=common.seeds, metavar="S", help=few)
    add("--arms", type=common.names, metavar="A", help="train only these, like dni-3,cdni-3")
    add("--missing", action="store_true", help="train only what the committed record lacks (cpu, paper)")
    add("--budget", type=common.seconds, metavar="T", help="stop cleanly after 90s, 40m or 2h; all is kept")
    change, own = "NAME=VALUE", "a parameter's value (repeatable)"
    add("--set", type=common.setting, action="append", default=[], metavar=change, help=own)
    _add_machines(parser)
    common.add_json(parser)


def _add_machines(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--workers", type=int, default=1, metavar="N", help="local processes; each group uses one thread")
    cluster = "a Dask cluster instead, like tcp://host:8786 (extra [cluster]); name its --device"
    add("--scheduler", metavar="ADDRESS", help=cluster)
    add("--threads", type=common.count, default=1, metavar="N", help="a group's (more move the last digits)")
    add("--retries", type=int, default=0, metavar="N", help="times to try again what failed")
    add("--checkpoint-s", type=float, default=20.0, metavar="S", help="seconds between checkpoints (20)")
    add("--offline", action="store_true", help="never download data")


def main(args: argparse.Namespace) -> int:
    """Run all exhibits that were asked for; one that fails does not stop the others."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    exhibits = common.chosen(args)
    for exhibit in exhibits:  # a misspelt name is refused before torch is loaded, let alone used
        planned(exhibit, args.profile, args.seeds, args.arms, dict(args.set))
    options = _options(args)
    for folder in (args.out, runs_dir(args.runs_dir)):
        writable(folder)
    told = sys.stderr if args.json else sys.stdout
    from repro.runner.cluster import connected

    with connected(args.scheduler) as executor:
        try:
            known = _side_by_side(exhibits, args, options, executor)
        except KeyboardInterrupt:
            _whole(exhibits, args, options, told)
            raise
        done = [_run(e, args, options, executor, told, known.get(e.id)) for e in exhibits]
    if args.json:
        common.print_json(done)
    elif any("record" in d for d in done):
        print(f"records and pictures are in {args.out}")
    bad = [d["exhibit"] for d in done if d["error"] or d["missing"]]
    if bad:
        print(f"repro: not complete: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


def _options(args: argparse.Namespace) -> Any:
    from repro.runner.run import Options

    names = [name for name, _ in args.set]
    if len(set(names)) < len(names):
        raise BadValueError(f"--set gives a parameter twice: {', '.join(names)}")
    options = Options(
        device=args.device,
        data_dir=args.data_dir and str(args.data_dir),
        runs_dir=args.runs_dir and str(args.runs_dir),
        download=not args.offline,
        seeds=args.seeds,
        arms=args.arms,
        missing=args.missing,
        changes=dict(args.set),
        workers=args.workers,
        retries=args.retries,
        threads=args.threads,
        checkpoint_s=args.checkpoint_s,
        elsewhere=args.scheduler is not None,
        budget_s=args.budget,
    )
    options.kind()  # an absent device is refused once, not once an exhibit
    return options


def _announced(exhibit: Exhibit, args: argparse.Namespace, options: Any, others: Any = ()) -> Any:
    """The groups that are to be carried out, after a line that says how many; those of `others` are told there."""
    from repro.runner.run import to_do

    todo = to_do(exhibit, args.profile, options)
    none = "already trained: from the cache" if not args.missing else "nothing of it is missing"
    none = "nothing is trained" if args.device == "any" else none
    shared = sum(group.same in others for group in todo)
    left = f"{len(todo) - shared} groups of runs to train" + f", {shared} counted above" * (shared > 0)
    print(f"{exhibit.id} at {args.profile}: {exhibit.title} ({left if todo else none})", file=sys.stderr)
    return todo


def _side_by_side(exhibits: list[Exhibit], args: argparse.Namespace, options: Any, executor: Any) -> Known:
    """Where workers can share several exhibits: exhibit → (estimates of its groups, what came of them)."""
    from repro.runner.run import queue, side_by_side

    if len(exhibits) < 2 or (executor is None and args.workers < 2):
        return {}
    todo, estimates = list[tuple[Exhibit, Any]](), {}
    for exhibit in exhibits:
        try:
            groups = _announced(exhibit, args, options, {g.same for _, others in todo for g in others})
            queue([(exhibit, groups)], options)
            estimates[exhibit.id] = _estimates(groups, args) if args.json else []
            todo.append((exhibit, groups))
        except Exception:  # whatever it is: said when its turn comes, the others go on
            continue
    jobs = queue(todo, options)
    found = side_by_side(jobs, todo, options, ProgressLines(len(jobs)), executor)
    return {exhibit.id: (estimates[exhibit.id], found[exhibit.id]) for exhibit, _ in todo}


def _whole(exhibits: list[Exhibit], args: argparse.Namespace, options: Any, told: Any) -> None:
    """After an interruption: records of those exhibits of which all runs are there."""
    from repro.runner.run import to_do

    for exhibit in exhibits:
        with suppress(ReproError):
            if not to_do(exhibit, args.profile, options):
                _run(exhibit, args, options, None, told, None)


def _run(
    exhibit: Exhibit, args: argparse.Namespace, options: Any, executor: Any, told: Any, known: Any
) -> dict[str, Any]:
    from repro.runner.grow import COMMITTED
    from repro.runner.make import NOT_RUN
    from repro.runner.run import run_exhibit

    try:
        if known:
            estimates, record = known[0], run_exhibit(exhibit, args.profile, options, done=known[1])
        else:
            todo = _announced(exhibit, args, options)
            estimates = _estimates(todo, args) if args.json else []
            record = run_exhibit(exhibit, args.profile, options, ProgressLines(len(todo)), executor)
        path = save(record, args.out)
    except NothingMissingError as e:
        print(f"{e}\n", file=told, flush=True)
        return {"exhibit": exhibit.id, "profile": args.profile, "error": None, "missing": []}
    except ReproError as e:
        return _failed(exhibit, args.profile, str(e))
    except Exception as e:  # a defect of ours: show where, and go on with the other exhibits
        if lacking(e):
            return _failed(exhibit, args.profile, lacking(e))
        traceback.print_exc()
        return _failed(exhibit, args.profile, f"{type(e).__name__}: {e}")
    _tell(exhibit, record, told)
    return {
        "exhibit": exhibit.id,
        "profile": args.profile,
        "record": str(path),
        "sha256": record.sha256(),
        "verdicts": record.facts["verdicts"],
        "judged_late": sorted(claims.judged_late(exhibit, record)),
        "missing": [m for m in record.facts["missing"] if m["why"] not in (NOT_RUN, COMMITTED)],
        "wall_s": record.facts["timing"]["wall_s"],
        "estimates": _compared(estimates, record),
        "error": draw_picture(exhibit, record, path.with_suffix(".svg")),
    }


def _estimates(todo: Any, args: argparse.Namespace) -> list[Any]:
    """(group, seconds that it will take, how that is known) of each, from what is known before they run."""
    from repro.device import pick
    from repro.runner.estimate import known, seconds

    kind = args.device if args.device in ("cpu", "cuda") else pick()
    samples = known(runs_dir(args.runs_dir), kind)
    return [(group, *seconds(group, kind, samples)) for group in todo]


def _compared(estimates: list[Any], record: Record) -> list[dict[str, Any]]:
    """Estimated and actual seconds of each group that was to be trained; null where it was not finished."""
    took = record.facts["timing"]["runs"]
    rows = []
    for group, estimate, basis in estimates:
        times = [took.get(r.name) for r in group.runs]
        actual = None if None in times else round(sum(times), 2)
        rows.append(
            {"group": group.name, "estimate_s": round(estimate, 2), "basis": basis, "actual_s": actual}
        )
    return rows


def _failed(exhibit: Exhibit, profile: str, why: str) -> dict[str, Any]:
    print(f"repro: {exhibit.id} at {profile}: {why}", file=sys.stderr)
    return {"exhibit": exhibit.id, "profile": profile, "error": why, "missing": []}


def _tell(exhibit: Exhibit, record: Record, told: Any) -> None:
    facts, late = record.facts, claims.judged_late(exhibit, record)
    data = f", data: {facts['data']['note']}" if facts["data"] else ""
    own = f" (custom: {', '.join(facts['custom'])})" if facts["custom"] else ""
    head = f"{exhibit.id} at {record.profile}{own}: {claims.in_short(exhibit, record)}"
    print(f"\n{head}; {minutes(facts['timing']['wall_s'])} of training{data}", file=told)
    print(claims.lines(exhibit, record.judgements(exhibit), late, columns_of(told)), file=told)
    for why, lost in missing_runs(facts["missing"]).items():
        print(f"missing: {lost}: {why}", file=told)
    print(file=told, flush=True)
