"""Several notebooks side by side: which may start, which first, and how all of them stop."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from repro.paths import results_dir
from repro.record.store import path_of
from repro.spec import Exhibit

T = TypeVar("T")
MOST = 8
"""At once, unless more are asked for: each takes up to a gigabyte of memory."""


def default() -> int:
    """As many as there are cores for this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)


def recorded_s(exhibit: Exhibit, profile: str) -> float:
    """Seconds of training behind the committed record at this profile; infinite if there is none."""
    try:
        timing = json.loads(path_of(results_dir(), exhibit.id, profile).read_bytes())["timing"]
        return float(timing["wall_s"])
    except (OSError, ValueError, KeyError, TypeError):  # `repro check` says what is wrong with it
        return math.inf


def longest_first(exhibits: Sequence[Exhibit], profile: str) -> list[Exhibit]:
    """In the order in which they start: by the record's seconds, those that must be alone last."""
    return sorted(exhibits, key=lambda e: (e.alone, -recorded_s(e, profile)))


def next_to_start(
    waiting: Sequence[Exhibit], running: Sequence[Exhibit], trained: set[str]
) -> Exhibit | None:
    """The first that may start beside those that are running, or None.

    Exhibits that show the same runs wait for the one that trains them (`trained`: packages whose runs there are);
    one that must be alone waits for all the others.
    """
    if any(e.alone for e in running):
        return None
    busy = {e.trained_by for e in running} - trained
    free = (e for e in waiting if e.trained_by not in busy and not (e.alone and running))
    return next(free, None)


def side_by_side(
    exhibits: Sequence[Exhibit],
    workers: int,
    one: Callable[[Exhibit, threading.Event], T],
    trains: bool = True,
) -> dict[str, T]:
    """`one(exhibit, stop)` of each by exhibit id, `workers` at a time, begun in the order given.

    Where nothing `trains`, none waits for another. When this is interrupted, `stop` is set, and what runs is waited
    for.
    """
    waiting, trained, stop = list(exhibits), set[str](), threading.Event()
    running: dict[Future[T], Exhibit] = {}
    done: dict[str, T] = {}
    with ThreadPoolExecutor(workers) as pool:
        try:
            while waiting or running:
                while len(running) < workers:
                    first = (
                        next_to_start(waiting, list(running.values()), trained)
                        if trains
                        else (*waiting, None)[0]
                    )
                    if first is None:
                        break
                    waiting.remove(first)
                    running[pool.submit(one, first, stop)] = first
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    exhibit = running.pop(future)
                    done[exhibit.id] = future.result()
                    trained.add(exhibit.trained_by)
        finally:
            stop.set()
    return done
