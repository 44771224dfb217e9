"""All notebooks one after the other, each in a process of its own; a table of what came out at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from repro import exhibits
from repro.errors import ReproError
from repro.notebook.arguments import choose_profile
from repro.paths import notebooks_dir, root
from repro.record.record import Record
from repro.record.store import SUFFIXES, load, path_of
from repro.show import indications
from repro.show.claims import in_short
from repro.show.readme import data_text, headline
from repro.show.tables import fitted
from repro.spec import Exhibit

Echo = Callable[[str], None]
LIMIT_S = {"smoke": 120, "quick": 900, "cpu": 3 * 3600, "paper": 48 * 3600}
"""Seconds a cell may take at a profile, generously: the limit is there for one that hangs."""
KERNEL = {"MPLBACKEND": "agg", "JUPYTER_PREFER_ENV_PATH": "1"}
"""No window for a figure; this environment's kernel, whatever others the user has."""
SLACK_S = 60
"""Seconds beyond the limit after which the process itself, which should have stopped by now, is ended."""
STOP_S = 5
"""Seconds between asking a process to stop (and to end its kernel) and killing it."""


@dataclass(frozen=True)
class Done:
    """What became of one notebook."""

    exhibit: str
    error: str
    seconds: float
    record: Record | None = None
    profile: str = ""


def execute_all(
    ids: Sequence[str],
    profile: str,
    out: Path,
    source: str,
    echo: Echo = print,
    parameters: Mapping[str, Any] | None = None,
    limit_s: float | None = None,
) -> int:
    """Execute the notebooks of `ids` (none: all) into `out`/<paper>/<exhibit>/; returns the number that failed.

    One that fails does not stop the others; its executed notebook keeps the traceback. `parameters` are further
    notebook parameters (seeds, data, device, a hyper-parameter); `limit_s` replaces the time limit of the profile.
    """
    chosen = list(ids) or exhibits.ids()
    done = []
    for i, exhibit_id in enumerate(chosen, 1):
        name = f"[{i}/{len(chosen)}] {exhibit_id}"
        echo(f"{name}: {'training' if source == 'run' else 'drawing'} at {profile or 'the best profile'} …")
        done.append(_one(exhibits.get(exhibit_id), profile, out, source, echo, parameters or {}, limit_s))
        echo(f"{name}: {_outcome(done[-1])}")
    echo("")
    echo(_table(done))
    echo("")
    made = [(exhibits.get(d.exhibit), d.record) for d in done if d.record is not None]
    if made and source == "run":
        echo(indications.table(made))
        echo("")
        echo("\n".join(textwrap.wrap(indications.closing(made), indications.WIDTH)))
        echo("")
    echo(f"executed notebooks, records (json, csv) and pictures (svg): {out}/<paper>/<exhibit>/")
    echo(f"all of it on a page, to open in a browser: {_page(done, out, source)}")
    failed = [d for d in done if d.error]
    for d in failed:
        echo(f"FAILED {d.exhibit}: {d.error}; its notebook with the traceback is in {out}/{d.exhibit}/")
    return len(failed)


def _page(done: Sequence[Done], out: Path, source: str) -> Path:
    """Write the page that shows all of it."""
    from repro.page import build, content

    made, parts = [], []
    for d in done:
        exhibit = exhibits.get(d.exhibit)
        if d.record is None:
            parts.append(content.failed(exhibit, d.profile, out, d.seconds, d.error))
        else:
            made.append((exhibit, d.record))
            parts.append(content.part(exhibit, d.record, out, d.seconds))
    return build.write(out, parts, indications.closing(made) if made else "Nothing ran.", source != "run")


def _one(
    exhibit: Exhibit,
    profile: str,
    out: Path,
    source: str,
    echo: Echo,
    parameters: Mapping[str, Any],
    limit_s: float | None,
) -> Done:
    began = time.monotonic()
    try:
        at = choose_profile(exhibit, source, profile)
    except ReproError as e:
        return Done(exhibit.id, str(e), time.monotonic() - began)
    kept = path_of(out, exhibit.id, at)
    for suffix in (*SUFFIXES, ".ipynb"):  # an old result must not pass for this run's
        kept.with_suffix(suffix).unlink(missing_ok=True)
    given = {"source": source, "profile": at, "out": str(out), **parameters}
    notebook = notebooks_dir() / f"{exhibit.id}.ipynb"
    limit = limit_s or LIMIT_S[at]
    arguments = (str(notebook), str(kept.with_suffix(".ipynb")), json.dumps(given), f"{limit:g}")
    error = _process([sys.executable, "-m", "repro.notebook.execute", *arguments], echo, limit + SLACK_S)
    record = None
    if not error:
        try:
            record = load(out, exhibit.id, at)
        except ReproError as e:
            error = str(e)
    return Done(exhibit.id, error, time.monotonic() - began, record, at)


def _process(command: list[str], echo: Echo, limit_s: float) -> str:
    """Run one notebook's process, passing its lines on; returns the error in one line, or an empty string."""
    path = os.pathsep.join(filter(None, [str(root()), os.environ.get("PYTHONPATH")]))
    # the kernel must find this package
    environment = {**os.environ, "PYTHONPATH": path, **KERNEL}
    environment.pop("JUPYTER_PATH", None)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as trouble:
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=trouble, text=True, errors="replace"
        )
        assert child.stdout is not None
        reader = threading.Thread(target=_pass_on, args=(child.stdout, echo), daemon=True)
        reader.start()
        error = _wait(child, limit_s)
        reader.join(5)
        child.stdout.close()
        trouble.seek(0)
        last = [line for line in trouble.read().splitlines() if line.strip()][-1:]
    if error or child.returncode == 0:
        return error
    return last[0] if last else f"its process ended with code {child.returncode}"


def _wait(child: subprocess.Popen[str], limit_s: float) -> str:
    try:
        child.wait(limit_s)
        return ""
    except subprocess.TimeoutExpired:
        pass
    finally:
        if child.poll() is None:  # over the limit, or we are being interrupted ourselves
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    return f"stopped after its time limit of {limit_s:g} s"


def _pass_on(lines: IO[str], echo: Echo) -> None:
    for line in lines:
        if line.strip():
            echo(f"    {line.rstrip()}")


def _outcome(d: Done) -> str:
    if d.error or d.record is None:
        return f"FAILED after {d.seconds:.0f} s: {d.error}"
    return f"done in {d.seconds:.0f} s: {in_short(exhibits.get(d.exhibit), d.record)}"


def _table(done: Sequence[Done]) -> str:
    rows = []
    for d in done:
        if d.record is None:
            rows.append((d.exhibit, "FAILED", d.error, "", f"{d.seconds:.0f} s"))
            continue
        ours, paper = headline(exhibits.get(d.exhibit), d.record)
        rows.append((d.exhibit, ours, paper, data_text(d.record), f"{d.seconds:.0f} s"))
    return fitted(("exhibit", "our number", "the paper's", "data set", "time"), rows, [1, 2, 3])
