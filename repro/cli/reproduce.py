"""Run every notebook at a profile, several at a time, each in a process of its own; what `make reproduce` calls.

Executed notebooks (with the traceback where one failed), records and pictures go to the output folder; its
index.html shows all of it.
Exit code: 0 if every notebook ran, else 1.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from repro.cli.parser import add_ids, add_profile, chosen, folder
from repro.files import writable
from repro.paths import notebooks_dir, runs_dir

NEEDED = ("papermill", "nbconvert", "jinja2", "latex2mathml")
EXAMPLES = """  repro reproduce                             all, at the quick profile
  repro reproduce dni/table2 --profile smoke --out /tmp/look
  repro reproduce --workers 1                 one after the other
  repro reproduce --recorded                  draw the committed records, train nothing
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits (none: all), the profile, where to."""
    add_ids(parser)
    add_profile(parser, None, "default: quick; with --recorded the one on whose record most claims stand")
    parser.add_argument("--out", type=folder, default=Path("output"), metavar="DIR", help="default: output/")
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="notebooks at a time; default: as many as there are cores, up to 8",
    )
    parser.add_argument(
        "--recorded", action="store_true", help="draw the committed records instead of training"
    )


def main(args: argparse.Namespace) -> int:
    """Execute the notebooks."""
    from repro.notebook.execute import execute_all

    for package in NEEDED:  # before the first notebook, not after the last
        if find_spec(package) is None:
            raise ModuleNotFoundError(name=package)
    ids = [e.id for e in chosen(args, none_means_all=True)]
    if not args.ids:
        without = [i for i in ids if not (notebooks_dir() / f"{i}.ipynb").exists()]
        ids = [i for i in ids if i not in without]
        if without:
            print(f"no notebook yet, and left out: {', '.join(without)}")
    source, profile = ("recorded", "") if args.recorded else ("run", "quick")
    out = args.out.resolve()
    for place in (out, *([runs_dir()] if source == "run" else ())):
        writable(place)
    work = partial(execute_all, ids, args.profile or profile, out, source, workers=args.workers)
    return 1 if guarded(work) else 0


def guarded(work: Callable[[], int]) -> int:
    """What `work` returns. SIGTERM and SIGHUP end it as an exception would, and so the notebooks' processes too.

    These would train on for hours alone, and hold their locks. A SIGHUP that is ignored (nohup) stays so.
    """
    before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        return work()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: object) -> None:
    sys.exit(128 + number)
