"""Copy the notebooks into a folder of your own, to read, change and run there. A file that is there is kept.

They need the package, from wherever they are opened; the first cells draw the committed records.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from repro.cli.parser import folder
from repro.errors import BadValueError, UnknownNameError
from repro.files import write_bytes
from repro.paths import notebooks_dir

EXAMPLES = """  repro notebooks copy mine                   all of them
  repro notebooks copy mine sg/fig6 && jupyter lab mine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """`copy`, the folder, which notebooks."""
    parser.add_argument("what", metavar="copy", help="the one thing to do")
    parser.add_argument("folder", type=folder, metavar="DIR", help="made if it is not there")
    parser.add_argument("names", nargs="*", metavar="ID", help="like sg/fig6; default: all of them")


def main(args: argparse.Namespace) -> int:
    """Copy them; 1 if one was kept because it is there and not the same."""
    if args.what != "copy":
        raise UnknownNameError("thing to do with notebooks", args.what, ["copy"])
    there = {_name(p): p for p in sorted(notebooks_dir().glob("*/*.ipynb"))}
    for name in args.names:
        if name not in there:
            raise UnknownNameError("notebook", name, there)
    if notebooks_dir().resolve() in (args.folder, *args.folder.parents):
        raise BadValueError(f"{args.folder} holds the committed notebooks: choose another folder")
    kept = 0
    for name in args.names or there:
        target = args.folder / f"{name}.ipynb"
        if target.exists() and target.read_bytes() != there[name].read_bytes():
            print(f"kept    {target}: it is there, and another; delete or rename it to get the original")
            kept += 1
            continue
        write_bytes(target, there[name].read_bytes())
        print(f"copied  {target}")
    print(f"next: jupyter lab {args.folder}")
    return 1 if kept else 0


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"
