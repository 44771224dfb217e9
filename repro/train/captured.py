"""A learner's steps: one by one on a CPU; on a CUDA device captured as graphs and replayed, bit for bit the same.

A graph takes away what launching hundreds of small kernels from Python costs, but it holds no Python: what changes
from step to step on the host lies in `Learner.host`, which is called before every replay. A learner whose `host` is
needed before each step (recurrent nets) is replayed step by step, others `TOGETHER` steps at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

WARM = 3
"""Steps taken eagerly before a capture: they make what libraries make at their first call."""
TOGETHER = 16
"""Steps in the larger of the two graphs; the smaller one has a single step."""

_log = logging.getLogger("repro.train")
_turn = threading.RLock()


@contextmanager
def turn(device: str) -> Iterator[None]:
    """For eager work on a GPU that several threads share: one at a time, once its own queue is empty.

    A capture must not meet another thread's setting of the precision, nor a reading of results its capture.
    """
    if device != "cuda" or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # nobody has begun
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
        self.learner, self.device, self.taken = learner, device, 0
        self.graphs = device == "cuda" and learner.captures
        self._made: dict[int, Any] = {}

    def advance(self, t: int, until: int) -> tuple[int, bool]:
        """Take step t and, in a graph, more, but none from `until` on: (steps taken, training is finished)."""
        if not self.graphs or self.taken < WARM:
            return self._eagerly(t)
        with self._turn():
            free = min(until, self.learner.host(t)) - t
        n = TOGETHER if free >= TOGETHER else 1
        if n in self._made or self._capture(n):
            self._made[n].replay()
        else:
            self.graphs, n = False, 1
            with turn("cuda"), torch.no_grad():
                self.learner.device()
        with self._turn():
            return n, self.learner.after(t + n - 1)

    def _eagerly(self, t: int) -> tuple[int, bool]:
        self.taken += 1
        with turn(self.device):
            return 1, self.learner.step(t)

    def _turn(self) -> AbstractContextManager[None]:
        """For what a learner does on the host: most do no products there, and need not wait for their queue."""
        return turn("cuda") if self.learner.products_on_host else nullcontext()

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
