"""Search a parameter's value for every arm in the same way, by a number that is no test result.

Every arm is trained with each of the values at one seed that no record uses. Prints the results, the best one
marked, and writes them as CSV.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from repro.cli import parser as common
from repro.errors import BadValueError
from repro.files import writable, write_text
from repro.show.progress import ProgressLines
from repro.show.tables import aligned

EXAMPLES = """  repro search dni/table2 --profile cpu --over learning_rate=1e-4,3e-4,1e-3 --set hold_out=5000 \\
      --metric validation_error --out docs/searches/dni-table2.csv
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibit, the parameter with its values, the number that decides."""
    add = parser.add_argument
    add("id", metavar="ID", help="an exhibit, like dni/table2")
    common.add_profile(parser, "cpu", "default: cpu")
    add(
        "--over",
        type=common.setting,
        required=True,
        metavar="NAME=A,B,C",
        help="the parameter and its values",
    )
    add("--metric", required=True, metavar="M", help="the number that decides: its last value in a run")
    add("--seed", type=int, default=1000, metavar="S", help="one that no record uses (1000)")
    add("--set", type=common.setting, action="append", default=[], metavar="NAME=VALUE", help="for all runs")
    add("--arms", type=common.names, metavar="A", help="only these")
    add("--higher", action="store_true", help="the highest number is the best")
    add("--device", type=common.device, default="auto", metavar="D", help="auto, cpu or cuda (default: auto)")
    add("--workers", type=int, default=1, metavar="N", help="groups side by side")
    add("--budget", type=common.seconds, metavar="T", help="stop cleanly after 90s, 40m or 2h; all is kept")
    add("--data-dir", type=common.existing_folder, metavar="DIR", help="data sets (REPRO_DATA, else .data)")
    add("--runs-dir", type=common.folder, metavar="DIR", help="resumable runs (REPRO_RUNS, else .runs)")
    add("--out", type=Path, metavar="FILE", help="the results as CSV")
    add("--offline", action="store_true", help="never download data")


def main(args: argparse.Namespace) -> int:
    """Search, tell, write."""
    from repro.exhibits import get
    from repro.record.plan import planned
    from repro.runner.search import OF_A_RUN, at_edge, best, search

    exhibit, name = get(args.id), args.over[0]
    values = [v.strip() for v in args.over[1].split(",")]
    _refuse_a_seed_of_records(args.seed)
    what = (name, values), args.metric, args.seed
    if args.out:
        writable(args.out.parent)  # before hours of training, not after them
    made = planned(exhibit, args.profile, (args.seed,), args.arms, dict(args.set))
    groups = len(set(args.arms or (r.arm for r in made))) * (1 if name in OF_A_RUN else len(values))
    found, failed = search(exhibit, args.profile, *what, _options(args), ProgressLines(groups))
    chosen = best(found, not args.higher)
    print(aligned(("arm", name, "step", args.metric, ""), [_cells(f, chosen.values()) for f in found]))
    if edge := at_edge(found, chosen):
        print(f"\nbest at an edge of what was tried: {', '.join(edge)}; values beyond may be better still")
    if args.out:
        _write(args.out, name, args.metric, found)
    for why in dict.fromkeys(failed.values()):
        print(f"repro: {why}", file=sys.stderr)
    return 1 if failed else 0


def _cells(f: Any, chosen: Collection[Any]) -> tuple[str, ...]:
    return (f.arm, f"{f.value:g}", str(f.step), f"{f.result:.4g}", "best" if f in chosen else "")


def _refuse_a_seed_of_records(seed: int) -> None:
    from repro.exhibits import all_exhibits

    for exhibit in all_exhibits():
        for profile in exhibit.profiles:
            if seed in {*profile.seeds}.union(*profile.more_seeds.values()):
                raise BadValueError(
                    f"seed {seed} is one of {exhibit.id}'s records: a value chosen on it would favour that record"
                )


def _options(args: argparse.Namespace) -> Any:
    from repro.runner.run import Options

    return Options(
        device=args.device,
        data_dir=args.data_dir and str(args.data_dir),
        runs_dir=args.runs_dir and str(args.runs_dir),
        download=not args.offline,
        arms=args.arms,
        changes=dict(args.set),
        workers=args.workers,
        budget_s=args.budget,
    )


def _write(path: Path, name: str, metric: str, found: Sequence[Any]) -> None:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("arm", "seed", name, "step", metric))
    writer.writerows((f.arm, f.seed, f.value, f.step, f.result) for f in found)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, table.getvalue())
