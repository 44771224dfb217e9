"""List the data sets, fetch what is missing, or check that what is there is what was published."""

from __future__ import annotations

import argparse
import sys

from repro.cli.parser import add_json, folder, print_json
from repro.errors import BadValueError, DataError, UnknownNameError
from repro.show.tables import columns_of, readable

ACTIONS = ("list", "fetch", "check")
EXAMPLES = """  repro data list
  repro data fetch mnist
  repro data check                       all that are there
  repro data check mnist --data-dir ~/datasets
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The action and the data sets."""
    parser.add_argument("action", type=_action, metavar="ACTION", help="list, fetch or check")
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets (fetch: required; else: all)")
    parser.add_argument("--data-dir", type=folder, metavar="DIR", help="default: REPRO_DATA, else .data")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Carry out the action."""
    from repro.data import catalogue

    known = catalogue()
    for name in args.names:
        if name not in known:
            raise UnknownNameError("data set", name, known)
    if args.action == "fetch":
        return _fetch(args)
    return _check(args) if args.action == "check" else _list(args)


def _action(text: str) -> str:
    if text not in ACTIONS:
        raise UnknownNameError("action", text, ACTIONS)
    return text


def _list(args: argparse.Namespace) -> int:
    from repro.data import catalogue, status

    sources = [s for name, s in catalogue().items() if not args.names or name in args.names]
    found = {s.name: status(s.name, args.data_dir) for s in sources}
    if args.json:
        print_json(
            [
                {"name": s.name, "title": s.title, "bytes": s.size, "status": found[s.name], "terms": s.terms}
                | {"files": dict(s.sums), "mirrors": list(s.mirrors), "used_by": list(s.used_by)}
                | {"kind": s.loader, "stand_in": s.stand_in}
                for s in sources
            ]
        )
        return 0
    rows = [
        (s.name, s.loader, f"{s.size / 1e6:.1f} MB", found[s.name].partition(":")[0], s.title)
        for s in sources
    ]
    print(readable(("data set", "kind", "size", "status", "title"), rows, columns_of(sys.stdout)))
    return 0


def _check(args: argparse.Namespace) -> int:
    """Named data sets must be there and right; of the others only what is there is checked."""
    from repro.data import catalogue, check, status

    bad = 0
    for name in args.names or catalogue():
        if not args.names and status(name, args.data_dir).startswith("missing"):
            print(f"absent  {name}")
            continue
        try:
            check(name, args.data_dir)
            print(f"holds   {name}")
        except DataError as e:
            bad += 1
            print(f"BROKEN  {e}")
    return 1 if bad else 0


def _fetch(args: argparse.Namespace) -> int:
    from repro.data import download

    if not args.names:
        raise BadValueError("which data sets? Give one or more names, see repro data list")
    failed = 0
    for name in args.names:
        try:
            info = download(name, args.data_dir, _Megabytes())
            print(f"holds   {name}: {info.note}")
        except DataError as e:
            failed += 1
            print(f"repro: {e}", file=sys.stderr)
    return 1 if failed else 0


class _Megabytes:
    """One line a file and 10 % of it."""

    def __init__(self) -> None:
        self.told: tuple[str, int] = ("", -1)

    def __call__(self, name: str, done: int, total: int | None) -> None:
        tenth = 10 * done // total if total else done // 2**20
        if (name, tenth) != self.told:
            self.told = (name, tenth)
            of = f" of {total / 1e6:.1f}" if total else ""
            print(f"{name}  {done / 1e6:.1f}{of} MB", file=sys.stderr)
