"""Begin an exhibit: a folder in repro/exhibits/ and a notebook, which work as they stand and say what goes where.

Of an exhibit that has no notebook yet, its notebook alone. Nothing else has to know of it: the folders are the index.
The id `sg/my-thing` has the folder `sg/my_thing`: a package has no dash. Nothing that is there is overwritten.
"""

from __future__ import annotations

import argparse
import keyword
import re
from pathlib import Path

from repro import exhibits
from repro.errors import BadValueError, UnknownNameError
from repro.files import write_text
from repro.paths import checkout, notebooks_dir, root
from repro.spec import Exhibit

EXAMPLES = """  repro new sg/mine
  repro run sg/mine --profile smoke            what it makes trains already
"""
SKELETON = Path(exhibits.__file__).parent / "skeleton"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The new exhibit's id."""
    parser.add_argument("exhibit", metavar="ID", help="paper and name, like dni/fig15")


def main(args: argparse.Namespace) -> int:
    """Make the folder and the notebook, or only the notebook of an exhibit without one; prints what is next."""
    checkout("a new exhibit")
    paper, name = _parts(args.exhibit)
    notebook = notebooks_dir() / paper / f"{name}.ipynb"
    known = args.exhibit in exhibits.ids()
    folder = root() / "repro" / "exhibits" / paper / _package(name)
    for path in (notebook, *([] if known else [folder])):
        if path.exists():
            raise BadValueError(
                f"{path.relative_to(root())} is there already: choose another name, or edit that"
            )
    module = folder.with_suffix(".py")
    if module.exists():
        raise BadValueError(
            f"{module.relative_to(root())} has that name: choose another, or nothing finds it any more"
        )
    if not known:
        _make_folder(folder, paper, name)
    made = exhibits.get(args.exhibit) if known else exhibits.read("repro.exhibits.skeleton")
    _write_notebook(args.exhibit, made, notebook)
    print(f"{notebook.relative_to(root())}   write its prose, equations and live cells where it says TODO;")
    print(
        f"    `repro render {args.exhibit}` executes it once there is a record, and keeps all that you wrote"
    )
    if not known:
        print(
            f"next: repro run {args.exhibit} --profile smoke (a claim that is younger than its runs has a †)"
        )
    return 0


def _make_folder(folder: Path, paper: str, name: str) -> None:
    for source in sorted(SKELETON.glob("*.py")):
        write_text(folder / source.name, _renamed(source.read_text(encoding="utf-8"), paper, name))
    write_text(folder / "__init__.py", f'"""TODO: what {paper}/{name} is, in one line."""\n')
    print(f"{folder.relative_to(root())}/   spec, claims, figure, work: what to fill in says TODO")


def _parts(text: str) -> tuple[str, str]:
    """Paper and name of an id; an error that says what is wrong with it."""
    paper, slash, name = text.partition("/")
    if not slash:
        raise BadValueError(f"exhibit {text!r}: expected paper/name, like dni/fig15")
    if paper not in exhibits.PAPERS:
        raise UnknownNameError("paper", paper, exhibits.PAPERS)
    if not NAME.fullmatch(name) or keyword.iskeyword(_package(name)):
        dashed = name.replace("_", "-")
        meant = f"; did you mean {paper}/{dashed}?" if dashed != name and NAME.fullmatch(dashed) else ""
        raise BadValueError(
            f"name {name!r}: expected small letters and digits, with dashes between, like fig7 or rnn-control{meant}"
        )
    return paper, name


def _package(name: str) -> str:
    return name.replace("-", "_")


def _renamed(text: str, paper: str, name: str) -> str:
    text = text.replace("dni/skeleton", f"{paper}/{name}")
    return text.replace("repro.exhibits.skeleton", f"repro.exhibits.{paper}.{_package(name)}")


def _write_notebook(exhibit_id: str, exhibit: Exhibit, path: Path) -> None:
    from dataclasses import replace

    import nbformat

    from repro.notebook.build import new_notebook

    made = new_notebook(replace(exhibit, id=exhibit_id))
    write_text(path, nbformat.writes(made) + "\n")  # type: ignore[no-untyped-call]
