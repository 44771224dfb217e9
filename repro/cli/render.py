"""Make notebooks (and, in results/, pictures) of exhibits from their committed records.

No record is made. Without `--out` the notebook in notebooks/ and the record's SVG in results/ are made anew; with
`--all` also the notebooks of notebooks/start, which belong to no exhibit.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from repro.cli.parser import add_ids, add_profile, chosen, folder
from repro.cli.records import draw_picture, recorded_profile
from repro.errors import RecordError
from repro.paths import checkout, notebooks_dir, results_dir
from repro.record.fresh import require_fresh
from repro.record.record import Record
from repro.record.standing import best_profile
from repro.record.store import load, path_of, recorded
from repro.spec import Exhibit

EXAMPLES = """  repro render dni/table2                     from the best committed record
  repro render --all --profile quick --out /tmp/look
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits, the profile, where to."""
    add_ids(parser)
    add_profile(parser, None, "default: the one on whose record most claims stand")
    parser.add_argument("--out", type=folder, metavar="DIR", help="default: notebooks/")


def _others() -> list[Path]:
    """Ours of no exhibit; what else lies in notebooks/ is somebody's own."""
    return sorted(notebooks_dir().glob("start/[!.]*.ipynb"))


def main(args: argparse.Namespace) -> int:
    """Render each exhibit, and draw the pictures of all its records; prints where it is. 1 if a picture failed."""
    from repro.notebook import warm

    exhibits = chosen(args)
    if args.out is None:
        checkout("rendering a notebook in its place (without --out)")
    if args.all:  # those that can be
        exhibits = [e for e in exhibits if recorded(e)]
    records = [load(results_dir(), e.id, args.profile or recorded_profile(e)) for e in exhibits]
    for e, record in zip(exhibits, records, strict=True):  # before the first, not after some
        require_fresh(e, record)
    pictures = [(e, load(results_dir(), e.id, p)) for e in exhibits if args.out is None for p in recorded(e)]
    with warm.kernels():
        for e, record in zip(exhibits, records, strict=True):
            _render(e, record, args.out)
        failed = [_render_other(path) for path in (_others() if args.all and args.out is None else ())]
    failed += [
        draw_picture(e, r, path_of(results_dir(), e.id, r.profile).with_suffix(".svg")) for e, r in pictures
    ]
    for why in filter(None, failed):
        print(f"repro: {why}", file=sys.stderr)
    return 1 if any(failed) else 0


def _render(exhibit: Exhibit, record: Record, out: Path | None) -> None:
    """One notebook."""
    from repro.notebook.build import render

    best = record.profile == best_profile(exhibit)  # which a notebook takes by itself, and sees the others
    print(render(exhibit, out or notebooks_dir(), None if best else record))


def _render_other(path: Path) -> str | None:
    from repro.notebook.build import render_again

    try:
        print(render_again(path))
    except RecordError as e:
        return str(e)
    return None
