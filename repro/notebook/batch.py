"""All notebooks, several at a time, each in a process of its own; a table of what came out at the end."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from repro import exhibits
from repro.errors import BadValueError, ReproError
from repro.notebook import beside, process, warm
from repro.notebook.arguments import choose_profile
from repro.notebook.process import Echo
from repro.notebook.training import StoppedError
from repro.paths import notebooks_dir
from repro.record.record import Record
from repro.record.store import SUFFIXES, load, path_of
from repro.show import indications
from repro.show.claims import in_short
from repro.show.readme import data_text, headline
from repro.show.tables import fitted
from repro.spec import Exhibit

if TYPE_CHECKING:
    from repro.page.content import Part

LIMIT_S = {"smoke": 120, "quick": 900, "cpu": 3 * 3600, "paper": 48 * 3600}
"""Seconds a cell may take at a profile, generously: the limit is there for one that hangs."""
SLACK_S = 60
"""Seconds beyond the limit after which the process itself, which should have stopped by now, is ended."""


def tell(line: str) -> None:
    """A line on standard output, at once: in a log too one sees how far it is."""
    print(line, flush=True)


@dataclass(frozen=True)
class Done:
    """What became of one notebook."""

    exhibit: str
    error: str
    seconds: float
    record: Record | None = None
    profile: str = ""
    part: Part | None = None


@dataclass(frozen=True)
class _Batch:
    """What all notebooks of a call have in common; `lines` are told one at a time."""

    profile: str
    out: Path
    source: str
    echo: Echo
    limit_s: float | None
    total: int
    done: list[Done] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def say(self, line: str) -> None:
        """A line, whole."""
        with self.turn:
            self.echo(line)

    def said(self, exhibit: str, line: str) -> None:
        """A line of a notebook's own; since several speak at once, each names its exhibit."""
        self.say(f"    {line}" if f"{exhibit} " in line else f"    {exhibit}: {line.strip()}")

    def ended(self, one: Done) -> None:
        """Note and tell the end of one, and how many have ended."""
        with self.turn:
            self.done.append(one)
            self.echo(f"[{len(self.done)}/{self.total}] {one.exhibit}: {_outcome(one)}")


def execute_all(
    ids: Sequence[str],
    profile: str,
    out: Path,
    source: str,
    echo: Echo = tell,
    limit_s: float | None = None,
    workers: int | None = None,
) -> int:
    """Execute the notebooks of `ids` (none: all) into `out`/<paper>/<exhibit>/; returns the number that failed.

    One that fails does not stop the others; its executed notebook keeps the traceback. `limit_s` replaces the time
    limit of the profile.
    `workers` run at a time (None: as many as there are cores); a notebook that measures time runs alone, after the
    others. `StoppedError` when it is interrupted, once all of them have ended.
    """
    chosen = [exhibits.get(i) for i in ids] or exhibits.all_exhibits()
    began = time.monotonic()
    batch = _Batch(profile, out, source, echo, limit_s, len(chosen))
    at_once = min(beside.default() if workers is None else workers, len(chosen))
    if at_once < 1:
        raise BadValueError(f"workers is {workers}; expected 1 or more")
    order = beside.longest_first(chosen, profile) if source == "run" else chosen
    try:
        with warm.kernels(**process.ALONE):
            ended = beside.side_by_side(order, at_once, partial(_one, batch), trains=source == "run")
    except KeyboardInterrupt:
        raise StoppedError(_kept(batch)) from None
    done = [ended[e.id] for e in chosen]  # told in the order of the papers
    _close(batch, done, time.monotonic() - began)
    return sum(bool(d.error) for d in done)


def _kept(batch: _Batch) -> str:
    """What an interrupted run leaves behind."""
    made = [d.exhibit for d in batch.done if not d.error]
    there = f" ({', '.join(made)}), and kept in {batch.out}" if made else ""
    more = "; of the others what has been trained is kept too" if batch.source == "run" else ""
    told = f"stopped: {len(made)} of {batch.total} notebooks are done{there}{more}"
    return f"{told}. The same command goes on from there"


def _close(batch: _Batch, done: Sequence[Done], seconds: float) -> None:
    """The lines and the page that end it: our numbers, what they indicate, where all of it is."""
    from repro.page import build

    echo, out = batch.echo, batch.out
    echo("")
    echo(_table(done))
    echo("")
    made = [(exhibits.get(d.exhibit), d.record) for d in done if d.record is not None]
    if made and batch.source == "run":
        echo(indications.table(made))
        echo("")
        echo("\n".join(textwrap.wrap(indications.closing(made), indications.WIDTH)))
        echo("")
    echo(f"executed notebooks, records (json, csv) and pictures (svg): {out}/<paper>/<exhibit>/")
    closing = indications.closing(made) if made else "Nothing ran."
    parts = [d.part for d in done if d.part is not None]
    page = build.write(out, parts, closing, batch.source != "run", seconds)
    echo(f"all of it on a page, to open in a browser: {page}")
    for d in done:
        if d.error:
            echo(f"FAILED {d.exhibit}: {d.error}; its notebook with the traceback is in {out}/{d.exhibit}/")


def _part(batch: _Batch, d: Done) -> Part:
    """What the page says of one, whose notebook is written as HTML: while others still run, on a core that waits."""
    from repro.page import build, content

    exhibit = exhibits.get(d.exhibit)
    if d.record is None:
        part = content.failed(exhibit, d.profile, batch.out, d.seconds, d.error)
    else:
        part = content.part(exhibit, d.record, batch.out, d.seconds)
    build.write_notebook(batch.out, part)
    return part


def _one(batch: _Batch, exhibit: Exhibit, stop: threading.Event) -> Done:
    began = time.monotonic()
    at = batch.profile or "the best profile"
    batch.say(f"{exhibit.id}: {'training' if batch.source == 'run' else 'drawing'} at {at} …")
    error, record = "", None
    try:
        at = choose_profile(exhibit, batch.source, batch.profile)
        error = _executed(batch, exhibit, at, stop)
        record = None if error else load(batch.out, exhibit.id, at)
    except ReproError as e:
        error = str(e)
    done = Done(exhibit.id, error, time.monotonic() - began, record, at)
    if stop.is_set():
        return done
    batch.ended(done)
    return replace(done, part=_part(batch, done))


def _executed(batch: _Batch, exhibit: Exhibit, at: str, stop: threading.Event) -> str:
    """Execute one notebook in a process of its own; returns the error in one line, or an empty string."""
    kept = path_of(batch.out, exhibit.id, at)
    for suffix in (*SUFFIXES, ".ipynb"):  # an old result must not pass for this run's
        kept.with_suffix(suffix).unlink(missing_ok=True)
    given = {"source": batch.source, "profile": at, "out": str(batch.out)}
    notebook = notebooks_dir() / f"{exhibit.id}.ipynb"
    limit = batch.limit_s or LIMIT_S[at]
    arguments = (
        str(notebook),
        str(kept.with_suffix(".ipynb")),
        json.dumps(given, ensure_ascii=False),
        f"{limit:g}",
    )
    command = [sys.executable, "-m", "repro.notebook.execute", *arguments]
    return process.run(command, partial(batch.said, exhibit.id), limit + SLACK_S, stop)


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
