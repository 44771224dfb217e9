"""Hand jobs to an executor and collect every result: retries, dead workers, progress from other processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repro.errors import first_line
from repro.runner.carry import Job, Progress, attempt, data_by_run, group_folder, keys_of, read_progress
from repro.runner.collected import ByExhibit, Collected

POLL_S = 1.0
STREAMS = 32
"""Queues that torch gives out on a GPU before two threads would share one."""


def collect(
    jobs: Sequence[Job],
    workers: int = 1,
    retries: int = 0,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Collected:
    """Carry out all jobs of an exhibit: on `executor` if given, else in `workers` local processes, else (1) here.

    A GPU's workers are threads of this process, each with a queue of its own: processes would take turns on it, where
    the small kernels of several groups fit side by side. What failed is tried again after all others, up to `retries`
    times, and resumes from its checkpoint. Jobs that must be alone come after the others, one at a time.
    """
    found = collect_all(jobs, workers, retries, progress, executor)
    return next(iter(found.values()), Collected())


def collect_all(
    jobs: Sequence[Job],
    workers: int = 1,
    retries: int = 0,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> dict[str, Collected]:
    """Exhibit → what was collected of it; the jobs of all exhibits share the workers, as `collect` has them."""
    found = ByExhibit()
    shared, alone = [j for j in jobs if not j.alone], [j for j in jobs if j.alone]
    _collect(shared, workers, retries, progress, executor, found)
    for job in alone:
        _collect([job], 1, retries, progress, executor, found)
    return found.of


def _collect(
    todo: list[Job],
    workers: int,
    retries: int,
    progress: Progress | None,
    executor: Executor | None,
    found: ByExhibit,
) -> None:
    for _ in range(retries + 1):
        if found.late:
            break
        if executor is not None:
            _on(executor, todo, found, progress)
        elif workers > 1 and todo and all(j.device == "cuda" for j in todo):
            _in_threads(workers, todo, found, progress)
        elif workers > 1:
            _in_processes(workers, todo, found, progress)
        else:
            for job in todo:
                found.add(job, attempt(job, progress))
        todo = [j for j in todo if found.lacks(j)]


def _in_processes(workers: int, jobs: Sequence[Job], found: ByExhibit, progress: Progress | None) -> None:
    """A worker that dies breaks its whole pool: then each unfinished group gets a pool of its own."""
    with _pool(workers) as pool:
        broken = _on(pool, jobs, found, progress)
    for job in broken:
        with _pool(1) as pool:
            _on(pool, [job], found, progress)


def _in_threads(workers: int, jobs: Sequence[Job], found: ByExhibit, progress: Progress | None) -> None:
    """When this is interrupted, all threads save a checkpoint and end."""
    from repro.train.loop import STOP

    STOP.clear()
    pool = ThreadPoolExecutor(min(workers, STREAMS), initializer=_use_own_stream)
    try:
        _on(pool, jobs, found, progress)
    except BaseException:
        STOP.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        STOP.clear()


def _use_own_stream() -> None:
    import torch

    torch.cuda.set_stream(torch.cuda.Stream())  # type: ignore[no-untyped-call]


def _on(executor: Executor, jobs: Sequence[Job], found: ByExhibit, progress: Progress | None) -> list[Job]:
    """Submit all, collect all; returns the jobs whose pool broke under them."""
    waiting: dict[Future[dict[str, Any]], Job] = {}
    broken, folders = [], Folders()
    try:
        for job in jobs:
            waiting[_submitted(executor, job)] = job
        while waiting:
            done, _ = wait(waiting, timeout=POLL_S, return_when="FIRST_COMPLETED")
            for future in done:
                job = waiting.pop(future)
                outcome = _outcome(job, future)
                found.add(job, outcome)
                if "broken" in outcome:
                    broken.append(job)
                elif progress and "results" in outcome:
                    progress(job.name, 1.0)
            if progress:
                _tell(waiting.values(), folders, progress)
    finally:
        for future in waiting:
            future.cancel()
    return broken


def _submitted(executor: Executor, job: Job) -> Future[dict[str, Any]]:
    """The job's future, failed if the executor does not even take the job: it may break at any moment."""
    try:
        return executor.submit(attempt, job)
    except Exception as e:
        refused: Future[dict[str, Any]] = Future()
        refused.set_exception(e)
        return refused


def _outcome(job: Job, future: Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return future.result()
    except BrokenProcessPool:
        return {"failure": f"{job.name} failed: its worker process died", "broken": True}
    except CancelledError:
        return {
            "failure": f"{job.name} failed: it was given up by its executor (is the cluster still there?)"
        }
    except Exception as e:  # the executor's own trouble: a lost node, a result that cannot travel
        return {"failure": f"{job.name} failed: {first_line(e)}"}


class Folders(dict[str, Path | None]):
    """Where each job's worker writes, by the job's name: looked up once, since that costs a digest of code."""

    def of(self, job: Job) -> Path | None:
        """The folder of the job's group; None if its data is not here (only the worker has it)."""
        if job.name not in self:
            try:
                keys = keys_of(job, data_by_run(job, download=False))
                self[job.name] = group_folder(job, list(keys.values()))
            except Exception:  # no progress to show is no reason to stop
                self[job.name] = None
        return self[job.name]


def _tell(jobs: Any, folders: Folders, progress: Progress) -> None:
    """Pass on what the workers have written down of the unfinished jobs."""
    for job in jobs:
        folder = folders.of(job)
        fraction = read_progress(folder) if folder else None
        if fraction is not None and fraction < 1:
            progress(job.name, fraction)


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Local processes that end with their parent, however it ends."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_obey_parent)
    try:
        yield pool
    except BaseException:  # Ctrl-C: waiting for the running groups could take an hour; they resume
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _obey_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end with it, however it ends.

    A killed runner must not leave workers that hold locks and cores, so a thread watches for its end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
