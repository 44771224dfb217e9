"""Carry out one group: look its runs up, adopt what harmless edits left valid, train what is missing, keep it.

A lock a run lets one runner work on it while others wait and then read its result. A group's own folder, below the
one named by its runs, holds the checkpoints; files are replaced atomically.
"""

from __future__ import annotations

import importlib
import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from repro import device as devices
from repro.data import DataInfo
from repro.errors import BadValueError, OutOfTimeError, RunError, first_line
from repro.files import write_text
from repro.record.run import Run, digest
from repro.runner import adopt, cache, code, machine
from repro.runner.groups import Group
from repro.runner.keys import code_of, data_of, key_by, work_of
from repro.runner.lock import group_locked, locked
from repro.runner.results import results_of
from repro.runner.seen import first_registered
from repro.train.captured import turn
from repro.train.given import Given
from repro.train.loop import Context, Result

Progress = Callable[[str, float], None]
"""progress("exhibit group", fraction of that group): 1.0 when it is finished."""

STARTED = time.time()
"""When this process took in the code."""

_log = logging.getLogger("repro.runner")


@dataclass(frozen=True)
class Job:
    """A group and where to carry it out: plain data, so that any executor can ship it.

    `jointly`: its runs are measured beside each other, and kept or made again as a whole; `alone`: nothing else may
    run meanwhile. `claims`: exhibit → digests of its claims as they stand while its runs are planned, of each exhibit
    that shows them. `code`: the digest of the sender's code, where it must be the worker's too. `deadline`: the
    `time.time()` at which to stop.
    """

    exhibit: str
    group: Group
    runs_dir: str
    device: str
    data_dir: str | None = None
    download: bool = True
    threads: int = 1
    checkpoint_s: float = 20.0
    jointly: bool = False
    alone: bool = False
    code: str | None = None
    claims: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    deadline: float | None = None

    @cached_property
    def name(self) -> str:
        """The group as messages call it: "exhibit arms/seeds"."""
        return f"{self.exhibit} {self.group.name}"


def keys_of(job: Job, data: Mapping[str, DataInfo | None], by: Any = None) -> dict[str, str]:
    """Run's name → what its result is kept under; `data` by run name. `by`: an arithmetic other than the job's."""
    package, runs, beside = job.group.package, job.group.runs, job.group.runs if job.jointly else ()
    here = by or devices.arithmetic(job.device, job.threads)
    return {r.name: key_by(package, r, data[r.name], here, beside) for r in runs}


def data_by_run(job: Job, download: bool | None = None) -> dict[str, DataInfo | None]:
    """Run's name → which data it will use; `DataError` if they are missing and no stand-in is allowed."""
    allowed = job.download if download is None else download
    return {r.name: data_of(r, job.data_dir, allowed) for r in job.group.runs}


def look_up(job: Job, keys: Mapping[str, str], sha: str) -> dict[str, dict[str, Any]]:
    """Run's name → its finished result, for those that are kept; all or none of runs that are measured jointly."""
    identity = {r.name: r.identity() for r in job.group.runs}
    there = {name: r for name, key in keys.items() if (r := cache.read(job.runs_dir, key, sha))}
    for name in [n for n, r in there.items() if r["run"] != identity[n]]:
        _log.warning("the result that is kept under %s of %s is another run's: ignored", name, job.exhibit)
        del there[name]
    return there if not job.jointly or len(there) == len(keys) else {}


def carry_out(job: Job, progress: Progress | None = None) -> dict[str, dict[str, Any]]:
    """Run's name → its result, {"key", "code", "data", "rows", "meta", …}: kept, adopted or trained."""
    sha = code_of(job.group.package)
    _require_senders_code(job, sha)
    data = data_by_run(job)
    keys = keys_of(job, data)
    found = look_up(job, keys, sha)
    if len(found) < len(keys):
        with locked(job.runs_dir, keys.values(), job.deadline):
            found = look_up(job, keys, sha)  # another runner may have finished some while we waited
            rest = tuple(r for r in job.group.runs if r.name not in found)
            if rest:
                found |= _make(job, Group(job.group.package, rest), data, keys, progress)
    if progress:
        progress(job.name, 1.0)
    return found


def _require_code_in_memory(package: str) -> None:
    """`RunError` if files changed since this process started: what is in memory may have another digest.

    Asked once all modules are imported; an edit while they compute is of no concern.
    """
    edited = code.edited_since(work_of(package), STARTED)
    if edited:
        raise RunError(f"{', '.join(edited)} changed since this process started: restart it")


def _require_senders_code(job: Job, sha: str) -> None:
    """`RunError` if this is a worker with other code than the sender's, in its files or in its memory."""
    if job.code is None:
        return
    edited = code.edited_since(work_of(job.group.package), STARTED)
    if job.code != sha or edited:
        what = f"{', '.join(edited)} changed since it started" if edited else f"digest {sha[:12]}"
        raise RunError(
            f"{job.name}: the code of the worker {machine.name()} is another version ({what}; the sender's: "
            f"{job.code[:12]}): update and restart the worker"
        )


def attempt(job: Job, progress: Progress | None = None) -> dict[str, Any]:
    """`carry_out` as plain data: {"results": …} or {"failure": what went wrong, "late": whether time ran out}.

    Nothing is raised, because not every exception survives the way back from another process.
    """
    try:
        return {"results": carry_out(job, progress)}
    except OutOfTimeError as e:
        return {"failure": f"{job.name}: {e}", "late": True}
    except RunError as e:
        return {"failure": str(e)}
    except Exception as e:  # named, so that the other groups go on
        return {"failure": f"{job.name} failed: {first_line(e)}"}


def group_folder(job: Job, keys: Sequence[str]) -> Path:
    """Where the checkpoints of runs with these keys are: a folder of theirs and, in it, one of the code."""
    return Path(job.runs_dir) / "groups" / digest(list(keys))[:32] / code_of(job.group.package)[:16]


def _make(
    job: Job,
    group: Group,
    data: Mapping[str, DataInfo | None],
    keys: Mapping[str, str],
    progress: Progress | None,
) -> dict[str, dict[str, Any]]:
    """Results of runs that are not kept: adopted from other code if that is shown to do the same, else trained."""
    if job.deadline is not None and time.time() > job.deadline:
        raise OutOfTimeError("the time is up before it began")
    with turn(job.device):  # it sets what holds for the process: not amid another thread's products
        devices.prepare(job.device, job.threads)
    work = _Work(job, group.package)
    found = adopt.finished(job.runs_dir, {r.name: keys[r.name] for r in group.runs}, group.package, work)
    if job.jointly and len(found) < len(group.runs):
        found = {}
    rest = Group(group.package, tuple(r for r in group.runs if r.name not in found))
    if not rest.runs:
        return found
    folder = group_folder(job, [keys[r.name] for r in rest.runs])
    with group_locked(folder):
        adopt.checkpoints(folder, work)
        arithmetic = devices.arithmetic(job.device, job.threads)
        result, meta = _train(work, rest, folder, progress)
        made = results_of(rest, result, meta, data, keys, f"{folder.parent.name}/{folder.name}")
        # what is timed is another number each time
        known = [] if job.jointly else [arithmetic, *cache.arithmetics(job.runs_dir)]
        under = [keys_of(job, data, by) for by in known]
        kept = {}
        for name, r in made.items():
            planned = first_registered(job.claims, job.runs_dir, dict.fromkeys(k[name] for k in under))
            kept[name] = cache.keep(job.runs_dir, {**r, "registered": planned, "arithmetic": arithmetic})
        adopt.tidy(folder, result.meta)
    return found | kept


class _Work:
    """The work of an exhibit's package: called to train, or to replay some steps."""

    def __init__(self, job: Job, package: str):
        self.job, self.package = job, package

    def __call__(self, runs: Sequence[Run], **options: Any) -> Result:
        job = self.job
        if job.deadline is not None:
            options = {"deadline": time.monotonic() + job.deadline - time.time(), **options}
        given = Given([Run.from_json(r.as_json()) for r in runs])  # a replay reads them from JSON too
        ctx = Context(job.device, job.data_dir, job.download, checkpoint_s=job.checkpoint_s, **options)
        function = importlib.import_module(f"{self.package}.work").work
        _require_code_in_memory(self.package)
        done: Result = function(given, ctx)
        given.refuse_unread()
        return done


def _train(
    work: _Work, group: Group, folder: Path, progress: Progress | None
) -> tuple[Result, dict[str, Any]]:
    job = work.job
    machine.reset_peak(job.device)
    started = time.time()
    try:
        done = work(group.runs, folder=folder, progress=_teller(job, folder, progress))
    except OutOfTimeError:
        raise
    except BadValueError as e:
        raise RunError(f"{job.name} failed: {e}") from e
    except Exception as e:
        write_text(folder / "failure.txt", traceback.format_exc())
        _log.error("the traceback of %s is in %s", job.name, folder / "failure.txt")
        machine.end_if_broken(job.device)
        raise RunError(f"{job.name} failed: {first_line(e)}") from e
    wall = time.time() - started + done.meta.get("before_s", 0.0)
    facts = {
        "environment": devices.facts(job.device),
        "peak_memory_mb": machine.peak_mb(job.device),
    }
    return done, {**facts, "wall_s": wall, "train_s": done.meta.get("train_s", wall)}


def _teller(job: Job, folder: Path, progress: Progress | None) -> Callable[[float], None]:
    """Tell `progress`; without one, write the fraction down for the runner that waits elsewhere."""
    if progress:
        return lambda fraction: progress(job.name, min(fraction, 0.999))
    return lambda fraction: write_text(folder / "progress", f"{fraction:.4f}") if fraction < 1 else None


def read_progress(folder: Path) -> float | None:
    """The fraction that a worker in another process has written down, if it has."""
    try:
        return float((folder / "progress").read_text(encoding="ascii"))
    except (OSError, ValueError):  # not begun
        return None
