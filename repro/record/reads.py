"""Which runs a claim needs: its test is let loose on a view that writes down what it is asked, and makes up numbers.

A test may look further only if what it saw was this or that, so it is asked several times with other numbers.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from repro.claim import Claim
from repro.record.view import Row, View
from repro.spec import Arm

ASKED = 12
"""Times that a test is asked."""


class Probe(View):
    """A view of made-up rows of every planned run; `read`: the arms that were looked at."""

    def __init__(self, arms: Sequence[Arm], planned: Collection[tuple[str, int]], rng: random.Random):
        super().__init__([], arms, planned)
        self.read: set[str] = set()
        self._rng = rng

    def arms(self) -> list[str]:
        """Every planned arm."""
        return [a.id for a in self._arms if a.id in (self._planned or {})]

    def has(self, arm: str, metric: str) -> bool:
        """Whether the arm is planned."""
        return arm in (self._planned or {})

    def _rows_of(self, arm: str, metric: str, step: int | None = None, index: str | None = None) -> list[Row]:
        self.read.add(arm)
        steps, value = (0, 100) if step is None else (step,), self._rng.random
        seeds = sorted((self._planned or {}).get(arm, ()))
        return [(arm, s, metric, t, index or "", value()) for s in seeds for t in steps]

    def select(
        self,
        arm: str,
        metric: str,
        *,
        step: int | None = None,
        seed: int | None = None,
        index: str | None = None,
    ) -> list[Row]:
        """Made-up rows at whatever step and index is asked for."""
        return [r for r in self._rows_of(arm, metric, step, index) if seed in (None, r[1])]

    def by_seed(self, arm: str, metric: str, index: str | None = None) -> dict[int, float]:
        """A made-up value of each seed."""
        return {r[1]: r[5] for r in self._rows_of(arm, metric)}


class Noted(View):
    """A view of a record's rows that writes down which `metrics` and arms (`of`) are read, in that order."""

    def __init__(
        self, rows: Iterable[Row], arms: Sequence[Arm], planned: Collection[tuple[str, int]] | None = None
    ):
        super().__init__(rows, arms, planned)
        self.metrics: dict[str, None] = {}
        self.of: dict[str, None] = {}

    def _rows_of(self, arm: str, metric: str) -> list[Row]:
        self.metrics.setdefault(metric)
        self.of.setdefault(arm)
        return super()._rows_of(arm, metric)


def arms_read(claim: Claim, arms: Sequence[Arm], planned: Collection[tuple[str, int]]) -> set[str]:
    """Ids of the planned arms without which the claim cannot be judged."""
    found: set[str] = set()
    for n in range(ASKED):
        probe = Probe(arms, planned, random.Random(n))
        try:
            claim.test(probe)
        except Exception:  # made-up numbers may make no sense to it: what it read until then counts
            pass
        found |= probe.read
    return found & {arm for arm, _ in planned}
