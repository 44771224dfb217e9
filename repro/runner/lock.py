"""A lock a run: one runner works on it, while others wait and then read its result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from repro.errors import OutOfTimeError
from repro.runner import cache


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
            left = -1 if deadline is None else max(0.0, deadline - time.time())
            try:  # released by the system when its holder dies
                held.enter_context(FileLock(folder / "lock", timeout=left))
            except Timeout:
                raise OutOfTimeError("the time is up while another runner was at it") from None
        yield
