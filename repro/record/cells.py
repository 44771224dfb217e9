"""The cells of a table as claims read them: the arms of one block, told apart by a rule and a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from repro.record.stats import Difference, mean, paired
from repro.record.view import View

Curve = dict[int, float]
"""seed → mean over a stretch of its training."""


@dataclass(frozen=True)
class Cells:
    """The arms with the settings `block`, told apart by `rule` and by the setting called `row` (a depth, a ratio).

    `paper`: rule → row → the paper's number. It is given by the claims, so that their digests hold it.
    """

    view: View
    metric: str
    row: str
    paper: Mapping[str, Mapping[Any, float]]
    block: Mapping[str, Any] = field(default_factory=dict)

    def arm(self, rule: str, at: Any) -> str:
        """The id of a cell's arm."""
        return self.view.arm(rule=rule, **{self.row: at}, **self.block)

    def rows(self, rule: str, of: Sequence[Any], least: int = 2) -> list[Any]:
        """Those of the rows `of` in which this record was to have a rule; `MissingData` if fewer than `least`."""
        there = {n: self.view.where(rule=rule, **{self.row: n}, **self.block) for n in of}
        self.view.those_run([arm for arms in there.values() for arm in arms], self.metric, least)
        return [n for n, arms in there.items() if arms]

    def means(self, rule: str, rows: Sequence[Any]) -> list[float]:
        """Mean final values."""
        return [self.view.mean(self.arm(rule, n), self.metric) for n in rows]

    def gap(self, more: str, less: str, at: Any, other: Any = None) -> Difference:
        """How much larger the value of `more` in row `at` is than that of `less` in row `other` (the same)."""
        pair = self.arm(more, at), self.arm(less, at if other is None else other)
        return paired(self.view.paired(*pair, self.metric))

    def near(self, rule: str, rows: Sequence[Any], points: float, share: float = 0.0) -> bool:
        """Whether each mean is the paper's number up to `points`, or up to a share of it."""
        off = zip(self.means(rule, rows), (self.paper[rule][n] for n in rows), strict=True)
        return all(abs(ours - its) <= max(points, share * abs(its)) for ours, its in off)

    def told(self, *rules: str, rows: Sequence[Any], digits: int = 2) -> str:
        """The means in one line."""
        parts = [f"{r} " + " / ".join(f"{e:.{digits}f}" for e in self.means(r, rows)) for r in rules]
        return "; ".join(parts)

    def stretch(self, rule: str, at: Any, start: float, end: float) -> Curve:
        """Each seed's mean of what was measured between two fractions of its training."""
        rows = self.view.select(self.arm(rule, at), self.metric)
        last, found = max(r[3] for r in rows), dict[int, list[float]]()
        for row in (r for r in rows if start * last <= r[3] <= end * last):
            found.setdefault(row[1], []).append(row[5])
        return {seed: mean(values) for seed, values in found.items()}


def apart(a: Curve, b: Curve) -> Difference:
    """a − b, paired by seed."""
    return paired([a[s] - b[s] for s in a if s in b])


def level(curves: Sequence[Curve]) -> list[float]:
    """The mean over seeds of each."""
    return [mean([*c.values()]) for c in curves]
