"""A learner's steps: one by one on a CPU; on a CUDA device captured as graphs and replayed, bit for bit the same.

A graph takes away what launching hundreds of small kernels from Python costs, but it holds no Python: what changes
from step to step on the host lies in `Learner.host`, which is called when its buffers run out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch

WARM = 3
"""Steps taken eagerly before a capture: they make what libraries make at their first call."""
TOGETHER = 16
"""Steps in the larger of the two graphs; the smaller one has a single step."""

_log = logging.getLogger("repro.train")
_turn = threading.RLock()


class Steps(Protocol):
    """What can be captured: see `repro.train.learner.Learner`."""

    def host(self, t: int) -> int:
        """Prepare step t; returns the first later step that needs the host."""

    def device(self) -> None:
        """Carry the prepared step out."""

    def after(self, t: int) -> bool:
        """What follows step t on the host. True: training is finished."""

    def step(self, t: int) -> bool:
        """All three."""


@contextmanager
def turn(device: str) -> Iterator[None]:
    """For eager work on a GPU that several threads share: one at a time, once its own queue is empty.

    A capture must not meet another thread's setting of the precision, nor a reading of results its capture.
    """
    if device != "cuda":
        yield
        return
    torch.cuda.current_stream().synchronize()  # outside: whoever waits for the GPU holds nobody up
    with _turn:
        yield


class Taker:
    """Takes a learner's steps in order: `advance(t, until)`.

    `graphs` says whether they are replayed. Steps that cannot be captured are taken eagerly, which is said loudly.
    """

    def __init__(self, learner: Any, device: str):
        self.learner, self.graphs, self.taken = learner, device == "cuda" and hasattr(learner, "after"), 0
        self._made: dict[int, Any] = {}

    def advance(self, t: int, until: int) -> tuple[int, bool]:
        """Take step t and, in a graph, more, but none from `until` on: (steps taken, training is finished)."""
        if not self.graphs:
            return 1, self.learner.step(t)
        if self.taken < WARM:
            with turn("cuda"):
                done = self.learner.step(t)
            self.taken += 1
            return 1, done
        free = min(until, self.learner.host(t)) - t
        n = TOGETHER if free >= TOGETHER else 1
        if n not in self._made and not self._capture(n):
            self.graphs = False
            return 1, self.learner.step(t)
        self._made[n].replay()
        return n, self.learner.after(t + n - 1)

    def _capture(self, n: int) -> bool:
        """Record n steps; nothing is carried out meanwhile."""
        graph, where = torch.cuda.CUDAGraph(), _own_queue()
        if self._made:
            where["pool"] = next(iter(self._made.values())).pool()
        try:
            with (
                turn("cuda"),
                torch.no_grad(),
                torch.cuda.graph(graph, capture_error_mode="thread_local", **where),
            ):
                for _ in range(n):
                    self.learner.device()
        except RuntimeError as e:
            _log.warning(
                "no CUDA graph of %s, its steps are taken one by one: %s", type(self.learner).__name__, e
            )
            return False
        self._made[n] = graph
        return True


def _own_queue() -> dict[str, Any]:
    """A thread captures on its own stream: torch's common one may be another thread's, for there are only so many."""
    mine = torch.cuda.current_stream()
    return {} if mine == torch.cuda.default_stream() else {"stream": mine}
