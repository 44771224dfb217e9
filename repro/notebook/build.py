"""Make an exhibit's notebook from the template and execute it, ready to be committed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repro.errors import RecordError
from repro.files import write_text
from repro.notebook.template import cells
from repro.paths import root
from repro.record.record import Record
from repro.record.store import save
from repro.spec import Exhibit

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LIMIT_S = 300
"""Seconds a cell may take: records are drawn, not made, when a notebook is rendered."""


def new_notebook(exhibit: Exhibit) -> Any:
    """The exhibit's notebook as the template has it, not executed."""
    import nbformat

    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": METADATA, "cells": cells(exhibit)}
    return nbformat.from_dict(made)  # type: ignore[no-untyped-call]


def render(exhibit: Exhibit, out: Path, record: Record | None = None) -> Path:
    """Write `out`/<paper>/<exhibit>.ipynb, executed from `record` or the best committed record."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = new_notebook(exhibit)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PYTHONPATH": str(root()), "MPLBACKEND": "agg"}
        if record is not None:
            save(record, Path(folder))
            environment["REPRO_RESULTS"] = folder
        with _environment(environment):
            client = NotebookClient(notebook, timeout=LIMIT_S, resources={"metadata": {"path": folder}})
            client.extra_arguments = ["--log-level=ERROR"]  # the kernel's warning on its transport
            try:
                client.execute()
            except CellExecutionError as e:
                raise RecordError(f"the notebook of {exhibit.id} failed: {e.ename}: {e.evalue}") from e
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)  # times of execution: different in every run
    nbformat.validate(notebook)
    target = out / f"{exhibit.id}.ipynb"
    write_text(target, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
    return target


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
