"""How claims about Tables 5 and 6 read a record: meProp against the dense net at each depth, and when to compare.

The gate has two halves: the dense nets have learned, and the comparison can see a loss, because as many entries by
lot do lose. Without the second half "nothing is lost" would hold of nets that do not hang on what they are taught.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from repro.claim import Outcome
from repro.record.cells import Cells
from repro.record.stats import Difference, every, mean, paired
from repro.record.view import MissingData, View

ACCURACY, END = "test_accuracy", "end_accuracy"
LEARNED, LOSES = 97.0, 0.5
"""Percent: a dense net below it has not learned. Points: what entries by lot must lose, or nothing can be seen."""
GATE = (
    "gate: every dense net ≥ 97 %, and as many entries by lot lose > 0.5 points with 2 hidden layers, else no loss "
    "could be seen"
)
LOST, OFF = 0.2, 0.3
"""Points: more than `LOST` below is a loss; sizes may be `OFF` from the paper's."""
REACHED = 97.5
"""Percent: what every net must come to for the table's accuracies to be its own."""
Told = Mapping[str, Mapping[int, float]]
"""rule → hidden layers → the paper's accuracy in percent."""


@dataclass(frozen=True)
class Depths:
    """A table of accuracies: rows are depths, columns the dense net and the rule `method`; `lot` its control."""

    view: View
    told: Told
    method: str
    lot: str
    metric: str = ACCURACY

    @property
    def cells(self) -> Cells:
        """All arms by rule and depth."""
        return Cells(self.view, self.metric, "layers", self.told)

    def rows(self) -> list[int]:
        """Depths at which this record was to have both columns; `MissingData` for less than two."""
        of = tuple(self.told["dense"])
        dense, own = (self.cells.rows(rule, of) for rule in ("dense", self.method))
        found = [n for n in dense if n in own]
        if len(found) < 2:
            raise MissingData("two depths of the dense net and of meProp")
        return found

    def gaps(self) -> dict[int, Difference]:
        """Depth → what meProp is above the dense net."""
        return {n: self.cells.gap(self.method, "dense", n) for n in self.rows()}

    def paper(self, n: int) -> float:
        """The paper's gap."""
        return self.told[self.method][n] - self.told["dense"][n]

    def lot_loses(self) -> Difference:
        """By how much as many entries by lot stay behind, with two hidden layers."""
        return self.cells.gap(self.method, self.lot, 2)

    def not_learned(self) -> str:
        """Which dense net has not learned; empty if all have."""
        low = min(self.cells.means("dense", self.rows()))
        return (
            "" if low >= LEARNED else f"a dense net has not learned here: {low:.2f} % (≥ {LEARNED:g} asked)"
        )

    def gate(self) -> str:
        """Why there is nothing to compare; empty if there is something."""
        loses = self.lot_loses()
        seen = "" if loses.above(LOSES) else f"no loss could be seen: entries by lot lose {loses} points only"
        return self.not_learned() or seen

    def words(self, gaps: Mapping[int, Difference]) -> str:
        """Gaps in one line."""
        return ", ".join(f"{n} layers: {gap}" for n, gap in gaps.items()) + " points"

    def nothing_lost(self) -> Outcome:
        """Whether no depth loses; size: each gap is the paper's."""
        gaps = self.gaps()
        size = all(abs(gap.mean - self.paper(n)) <= OFF for n, gap in gaps.items())
        return Outcome(every(gaps.values(), -LOST), self.words(gaps), size, self.gate())

    def average(self) -> tuple[Difference, float]:
        """What meProp is above the dense net on average over the depths, seed by seed; and the paper's."""
        rows, own = self.rows(), list[dict[int, float]]()
        for n in rows:
            a, b = (self.view.by_seed(self.cells.arm(r, n), self.metric) for r in (self.method, "dense"))
            own.append({s: a[s] - b[s] for s in a if s in b})
        seeds = sorted(set.intersection(*({*gaps} for gaps in own)))
        made = paired([mean([gaps[s] for gaps in own]) for s in seeds])
        return made, mean([self.paper(n) for n in rows])

    def above(self, off: float) -> Outcome:
        """Whether it is above on average; size: up to `off` points from the paper's."""
        gap, told = self.average()
        words = f"{gap} points, over {', '.join(map(str, self.rows()))} hidden layers"
        return Outcome(gap.above(), words, abs(gap.mean - told) <= off, self.gate())

    def changes(self, first: int, last: int) -> Outcome:
        """Whether no column loses from `first` to `last` hidden layers; size: each change is the paper's."""
        rules = {"meProp": self.method, "dense": "dense"}
        for rule in rules.values():
            self.cells.rows(rule, (first, last))
        found = {name: self.cells.gap(rule, rule, last, first) for name, rule in rules.items()}
        its = [self.told[rule][last] - self.told[rule][first] for rule in rules.values()]
        size = all(abs(d.mean - i) <= OFF for d, i in zip(found.values(), its, strict=True))
        words = ", ".join(f"{name} {change}" for name, change in found.items())
        return Outcome(
            every(found.values(), -LOST), f"from {first} to {last}: {words} points", size, self.gate()
        )

    def levels(self) -> Outcome:
        """Whether every net reaches `REACHED` %; size: each accuracy is the paper's."""
        rows, rules = self.rows(), ("dense", self.method)
        reached = [
            paired([v - REACHED for v in self.view.final(self.cells.arm(rule, n), self.metric)])
            for rule in rules
            for n in rows
        ]
        size = all(self.cells.near(rule, rows, OFF) for rule in rules)
        return Outcome(every(reached), self.cells.told(*rules, rows=rows) + " %", size, self.gate())

    def lot_stays_behind(self, points: float) -> Outcome:
        """Whether as many entries by lot lose more than `points`."""
        loses = self.lot_loses()
        return Outcome(loses.above(points), f"{loses} points", gate=self.not_learned())
