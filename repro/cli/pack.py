"""Write finished runs into a few files that can travel; `repro merge` takes them in elsewhere.

With --stamp, write `.stamp` instead: the commit and a digest of its code, for a copy of the tree without git.
Exit code: 0 if everything fitted, 1 if something was left out.
"""

from __future__ import annotations

import argparse
import sys

from repro.cli.parser import add_json, chosen, folder, print_json
from repro.errors import BadValueError
from repro.paths import runs_dir

EXAMPLES = """  repro pack --stamp                           at home, before the tree is copied: copy .stamp, too
  repro pack packed dni/table2                 there: packed/runs-1.zip, …
  repro pack packed --checkpoints --files 4    all exhibits, and unfinished training as far as it fits
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, the exhibits (none: all), how much may travel."""
    add = parser.add_argument
    add("out", nargs="?", type=folder, metavar="OUT", help="the folder that gets runs-1.zip, …")
    add("ids", nargs="*", metavar="ID", help="only runs of these exhibits (default: every run)")
    add("--runs-dir", type=folder, metavar="DIR", help="where the runs are (REPRO_RUNS, else .runs)")
    add("--checkpoints", action="store_true", help="also those of unfinished groups, the smallest first")
    add("--files", type=int, default=8, metavar="N", help="at most so many files (8)")
    add("--mib", type=float, default=16.0, metavar="M", help="of at most so many MiB (16)")
    add("--stamp", action="store_true", help="write .stamp, and pack nothing")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Pack, or stamp."""
    if args.stamp:
        return _stamp(args)
    if args.out is None:
        raise BadValueError("pack where to? Give a folder, like `repro pack packed` (or --stamp)")
    if args.files < 1 or not args.mib > 0:
        raise BadValueError(f"--files {args.files} --mib {args.mib:g}: expected 1 or more, and more than 0")
    from repro.runner.pack import MIB, pack

    exhibits = chosen(args) if args.ids else []
    done = pack(
        args.out, runs_dir(args.runs_dir), exhibits, args.checkpoints, args.files, int(args.mib * MIB)
    )
    if args.json:
        facts = {"results": done.results, "checkpoints": done.checkpoints, "left": done.left}
        print_json({"files": [str(p) for p in done.files], **facts})
    else:
        for path in done.files:
            print(f"{path}  {path.stat().st_size / MIB:.2f} MiB")
        print(f"{done.results} results and {done.checkpoints} checkpoints in {len(done.files)} files")
    for name in done.left:
        print(f"repro: {name} does not fit and was left out", file=sys.stderr)
    return 1 if done.left else 0


def _stamp(args: argparse.Namespace) -> int:
    from repro.tree import write_stamp

    if args.out is not None:
        raise BadValueError("--stamp packs nothing: leave the folder out")
    path, said = write_stamp()
    if args.json:
        print_json({"stamp": str(path), **said})
        return 0
    dirty = (
        "; uncommitted changes are in it, so no record from there can be committed" if said["dirty"] else ""
    )
    print(f"{path}: commit {said['commit']}{dirty}")
    print(f"or set REPRO_COMMIT={said['commit']}:{said['files']}")
    return 0
