"""Take in runs that `repro pack` wrote on another machine. No GPU is needed; nothing that is here is overwritten.

Then `repro run … --device any` makes a record of them. Exit code: 0 if all of them are here now, 1 if some are here
with other numbers: ours stay, and each is named.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from repro.cli.parser import add_json, folder, print_json
from repro.paths import runs_dir

EXAMPLES = """  repro merge packed/runs-*.zip
  repro run dni/table2 --profile paper --device any
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The packs, and where to."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what `repro pack` wrote")
    parser.add_argument("--runs-dir", type=folder, metavar="DIR", help="where to (REPRO_RUNS, else .runs)")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Check all of them, then take in what is new."""
    from repro.runner.merge import merge

    done = merge(args.files, runs_dir(args.runs_dir))
    if args.json:
        print_json({"taken": done.taken, "there": done.there, "conflicts": done.conflicts})
    else:
        print(f"{len(done.taken)} taken, {len(done.there)} already here, {len(done.conflicts)} in conflict")
    for conflict in done.conflicts:
        print(f"repro: {conflict}", file=sys.stderr)
    return 1 if done.conflicts else 0
