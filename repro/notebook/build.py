"""Execute an exhibit's authored notebook from its record, ready to be committed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repro.errors import BadValueError, RecordError
from repro.files import write_text
from repro.notebook.process import KERNEL
from repro.notebook.template import refreshed, skeleton
from repro.paths import notebooks_dir, results_dir, root
from repro.record.record import Record
from repro.record.store import save
from repro.spec import Exhibit

LIMIT_S = 300
"""Seconds a cell may take: records are drawn, not made, when a notebook is rendered."""


def metadata() -> dict[str, Any]:
    """As JupyterLab writes it: opening and saving a notebook then changes nothing."""
    version = ".".join(map(str, sys.version_info[:3]))
    mode = {"name": "ipython", "version": sys.version_info[0]}
    return {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {
            "codemirror_mode": mode,
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": "ipython3",
            "version": version,
        },
    }


def new_notebook(exhibit: Exhibit) -> Any:
    """The skeleton of the exhibit's notebook, not executed."""
    return _as_notebook(skeleton(exhibit))


def authored(exhibit: Exhibit, folder: Path | None = None) -> Any:
    """The exhibit's notebook in `folder` (notebooks/) with its generated cells up to date, not executed.

    `BadValueError` if there is none, or if it lacks a generated cell.
    """
    path = (folder or notebooks_dir()) / f"{exhibit.id}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        raise BadValueError(f"{exhibit.id} has no notebook yet: `repro new {exhibit.id}` begins it") from None
    except (ValueError, KeyError) as e:
        raise BadValueError(f"{path.name} is not a notebook: {e}") from None
    joined = [{**c, "source": "".join(c["source"])} for c in cells]
    return _as_notebook(refreshed(exhibit, joined))


def _as_notebook(cells: list[dict[str, Any]]) -> Any:
    import nbformat

    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata(), "cells": cells}
    return nbformat.from_dict(made)  # type: ignore[no-untyped-call]


def render(exhibit: Exhibit, out: Path, record: Record | None = None, folder: Path | None = None) -> Path:
    """Write `out`/<paper>/<exhibit>.ipynb: the authored notebook (of `folder`, notebooks/), executed.

    It draws `record`, or the best committed one. Authored cells are kept byte for byte.
    """
    notebook = authored(exhibit, folder)
    with tempfile.TemporaryDirectory() as place:
        environment = {"PYTHONPATH": str(root()), "JUPYTER_PATH": "", **KERNEL}
        if record is not None:
            _beside_others(record, Path(place))
            environment["REPRO_RESULTS"] = place
        _execute(notebook, exhibit.id, environment, place)
    return _written(notebook, out / f"{exhibit.id}.ipynb")


def render_again(path: Path) -> Path:
    """Execute a notebook that belongs to no exhibit, in its place."""
    import nbformat

    notebook = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as place:
        environment = {"PYTHONPATH": str(root()), "JUPYTER_PATH": "", **KERNEL}
        _execute(notebook, path.stem, environment, place)
    return _written(notebook, path)


def _execute(notebook: Any, name: str, environment: dict[str, str], place: str) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    with _environment(environment):
        client = NotebookClient(notebook, timeout=LIMIT_S, resources={"metadata": {"path": place}})
        client.extra_arguments = ["--log-level=ERROR"]  # the kernel's warning on its transport
        try:
            client.execute()
        except CellExecutionError as e:
            raise RecordError(f"the notebook of {name} failed: {e.ename}: {e.evalue}") from e


def _written(notebook: Any, target: Path) -> Path:
    import nbformat

    notebook["metadata"] = metadata()
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # times of execution: different in every run
    nbformat.validate(notebook)
    write_text(target, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
    return target


def _beside_others(record: Record, place: Path) -> None:
    """The record in a folder of results, in which it is its exhibit's only one; those of others are as they are."""
    save(record, place)
    for folder in results_dir().glob("*/*"):
        there = place / folder.parent.name / folder.name
        if folder.is_dir() and not there.exists():
            there.parent.mkdir(exist_ok=True)
            there.symlink_to(folder.resolve(), target_is_directory=True)


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """Set variables for the kernel that is started inside, and put them back."""
    before = {name: os.environ.get(name) for name in changes}
    path = [changes["PYTHONPATH"], *filter(None, [before["PYTHONPATH"]])]
    os.environ.update({**changes, "PYTHONPATH": os.pathsep.join(path)})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
