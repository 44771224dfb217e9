"""A lock a run: one runner works on it, while others wait and then read its result.

A group that is being trained has one too, in `locks/`: `merge` puts no checkpoint into the middle of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from repro.errors import OutOfTimeError
from repro.runner import cache

LOG = logging.getLogger("repro.runner")
PATIENCE_S = 3.0
"""Seconds of waiting without a word: a runner that has finished lets go within them."""


@contextmanager
def locked(runs_dir: str, keys: Iterable[str], deadline: float | None) -> Iterator[None]:
    """Hold the locks of all these runs, in one order, so that two runners never wait for each other.

    `OutOfTimeError` if `deadline`, a `time.time()`, passes before they are free.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for key in sorted({*keys}):  # arms may be alike
            folder = cache.folder_of(runs_dir, key)
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / "lock")  # released by the system when its holder dies
            try:
                held.enter_context(lock.acquire(timeout=_left(deadline, PATIENCE_S)))
                continue
            except Timeout:
                LOG.warning("waiting for another runner that holds %s", folder / "lock")
            try:
                held.enter_context(lock.acquire(timeout=_left(deadline)))
            except Timeout:
                raise OutOfTimeError("the time is up while another runner was at it") from None
        yield


@contextmanager
def group_locked(folder: Path, timeout: float = -1) -> Iterator[bool]:
    """Hold the lock of the runs whose checkpoints are in `folder` ("groups/runs/code"), whatever code makes them.

    Whether it is held: another may have it for longer than `timeout` seconds (-1: it is waited for).
    """
    with tried(folder.parents[2] / "locks" / folder.parent.name, timeout) as held:
        yield held


@contextmanager
def tried(path: Path, timeout: float = 0) -> Iterator[bool]:
    """Hold the lock file `path`, unless another has it for longer than `timeout` seconds; whether it is held.

    Without filelock, which training needs, nobody trains here.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        yield True
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(path).acquire(timeout=timeout))
        except Timeout:
            yield False
        else:
            yield True


def _left(deadline: float | None, at_most: float | None = None) -> float:
    """Seconds that a lock may be waited for; -1: for ever."""
    left = None if deadline is None else max(0.0, deadline - time.time())
    known = [s for s in (left, at_most) if s is not None]
    return min(known) if known else -1
