"""Make the notebooks of exhibits from their committed records and execute them."""

from __future__ import annotations

import argparse

from repro.cli.parser import add_ids, add_profile, chosen, folder
from repro.cli.records import best_profile
from repro.paths import notebooks_dir, results_dir
from repro.record import load, require_fresh

EXAMPLES = """  repro render dni/table2                     from the best committed record
  repro render --all --profile quick --out /tmp/look
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits, the profile, where to."""
    add_ids(parser)
    add_profile(parser, None, "default: the biggest with a record")
    parser.add_argument("--out", type=folder, metavar="DIR", help="default: notebooks/")


def main(args: argparse.Namespace) -> int:
    """Render each exhibit; prints where it is."""
    from repro.notebook.build import render

    exhibits = chosen(args)
    records = [load(results_dir(), e.id, args.profile or best_profile(e)) for e in exhibits]
    for exhibit, record in zip(exhibits, records, strict=True):
        require_fresh(exhibit, record)
        print(render(exhibit, args.out or notebooks_dir(), record))
    return 0
