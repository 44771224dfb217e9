"""How claims about Tables 1 and 4 read a record: meProp against the dense net of its pair, and when to compare.

The gate has two halves, as that of Tables 5 and 6 (`judging`): the dense net has learned; and where a claim says
that nothing is lost, as many entries by lot do lose, or no loss could be seen; where one says that something is
gained, they stay behind, or the gain is not that of the largest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repro.claim import Outcome
from repro.exhibits.meprop.tasks import Pair
from repro.record.stats import Difference, every, mean, median, paired
from repro.record.view import View

ACCURACY, END, BEST = "test_accuracy", "end_accuracy", "best_epoch"
LEARNED = {"pos": 92.0, "parsing": 82.0, "mnist": 97.0}
"""Percent: a dense net below it has not learned. On Parsing and tagging, of another corpus than the paper's, 500
units must do better than Table 3's small nets in pilots: 81 % of the heads with 20 units, 90.4 % of the tags with
5."""
LOST, OFF, LOSES, MORE = 0.2, 0.3, 0.5, 1.5
"""Points: more than `LOST` below is a loss; sizes may be `OFF` from the paper's; what entries by lot must lose.
`MORE`: so many times the iterations are more."""
DENSE = "every dense net has learned (≥ 82 % of heads, ≥ 97 % on MNIST, ≥ 92 % of tags)"
GATE = f"gate: {DENSE}, and as many entries by lot lose > 0.5 points against meProp's, else no loss could be seen"


@dataclass(frozen=True)
class Pairs:
    """Pairs of a record by name; `metric`: what their gaps are of."""

    view: View
    pairs: Mapping[str, Pair]
    metric: str = ACCURACY

    def arm(self, name: str, rule: str) -> str:
        """The id of an arm of a pair."""
        pair = self.pairs[name]
        apart = {"optimizer": None, "extra": None}
        return self.view.arm(**{**apart, "percent": None, **pair.setting(rule)})

    def gap(self, name: str, more: str = "top", less: str = "dense") -> Difference:
        """What one arm of a pair is above another."""
        return paired(self.view.paired(self.arm(name, more), self.arm(name, less), self.metric))

    def gaps(self) -> dict[str, Difference]:
        """Name → what meProp is above the dense net."""
        return {name: self.gap(name) for name in self.pairs}

    def not_learned(self) -> str:
        """Which dense nets have not learned; empty if all have."""
        found = {name: self.view.mean(self.arm(name, "dense"), ACCURACY) for name in self.pairs}
        low = [f"{n} {m:.2f} %" for n, m in found.items() if m < LEARNED[self.pairs[n].task]]
        return f"dense nets that have not learned here: {', '.join(low)}" if low else ""

    def gate(self) -> str:
        """Why no loss could be seen; empty if one could."""
        lost = {name: self.gap(name, "top", "random") for name in self.pairs}
        blind = [f"{name} {gap} points" for name, gap in lost.items() if not gap.above(LOSES)]
        seen = f"no loss could be seen: entries by lot lose only {', '.join(blind)}" if blind else ""
        return self.not_learned() or seen

    def near(self, gaps: Mapping[str, Difference]) -> bool:
        """Whether each gap is the paper's, up to `OFF`."""
        return all(abs(gap.mean - self.pairs[name].gain) <= OFF for name, gap in gaps.items())

    def nothing_lost(self) -> Outcome:
        """Whether no pair loses more than `LOST`; size: each gap is the paper's."""
        gaps = self.gaps()
        return Outcome(every(gaps.values(), -LOST), told(gaps), self.near(gaps), self.gate())

    def gained(self) -> Outcome:
        """Whether every pair gains, where the largest entries do more than any; size: each gap is the paper's."""
        gaps = self.gaps()
        ahead = {name: self.gap(name, "top", "random") for name in self.pairs}
        any_do = [f"{name} {gap} points" for name, gap in ahead.items() if not gap.above()]
        alike = f"entries by lot are not behind meProp's: {', '.join(any_do)}" if any_do else ""
        return Outcome(every(gaps.values()), told(gaps), self.near(gaps), self.not_learned() or alike)

    def averaged(self, off: float) -> Outcome:
        """Whether meProp is above on average over the pairs, seed by seed; size: up to `off` from the paper's."""
        made = over_seeds(self._by_seed(name) for name in self.pairs)
        its = mean([pair.gain for pair in self.pairs.values()])
        words = f"{made} points, over {', '.join(self.pairs)}"
        return Outcome(made.above(), words, abs(made.mean - its) <= off, self.gate())

    def _by_seed(self, name: str, log: bool = False) -> dict[int, float]:
        """Seed → meProp's value less the dense net's; of their logarithms, if asked."""
        top, dense = (self.view.by_seed(self.arm(name, rule), self.metric) for rule in ("top", "dense"))
        kind = math.log if log else float
        return {s: kind(top[s]) - kind(dense[s]) for s in top if s in dense}

    def ratio(self) -> tuple[Difference, float]:
        """Logarithm of the geometric mean, over the pairs, of meProp's value over the dense net's; the paper's ratio
        of iterations.
        """
        its = [p.iterations for p in self.pairs.values() if p.iterations]
        return over_seeds(self._by_seed(name, log=True) for name in self.pairs), math.exp(
            mean([math.log(top / dense) for dense, top in its])
        )

    def cut_short(self) -> str:
        """Why `ratio` would say little of iterations; empty if it says something.

        It does where a dense net's best score comes last in most runs, or so late in all pairs that training ends
        before `MORE` times as many iterations.
        """
        parts = {name: self._best_at(name) for name in self.pairs}
        late = [name for name, own in parts.items() if median(own) >= 1]
        if late:
            return f"runs are cut short: the dense net's best score comes last, {', '.join(late)}"
        room = math.exp(-mean([mean([math.log(part) for part in own]) for own in parts.values()]))
        short = f"runs are cut short: they are {room:.2f} times as long as to the dense net's best score"
        return short if room < MORE else ""

    def _best_at(self, name: str) -> list[float]:
        """At which part of each run of the dense net its best score came."""
        at, end = ({r[1]: r[3] for r in self.view.select(self.arm(name, "dense"), m)} for m in (BEST, END))
        return [at[seed] / end[seed] for seed in at if seed in end]

    def levels(self, least: float) -> Outcome:
        """Whether every net reaches `least` percent; size: each score is the paper's, up to `OFF`."""
        cells = {(n, rule): at for n in self.pairs for at, rule in enumerate(("dense", "top"))}
        found = {(n, rule): self.view.final(self.arm(n, rule), self.metric) for n, rule in cells}
        off = [abs(mean(v) - self.pairs[n].scores[cells[n, r]]) for (n, r), v in found.items()]
        words = ", ".join(f"{n} {rule} {mean(v):.2f}" for (n, rule), v in found.items())
        reached = every(paired([x - least for x in v]) for v in found.values())
        return Outcome(reached, words + " %", max(off) <= OFF, self.gate())

    def lot_behind(self, points: float) -> Outcome:
        """Whether entries by lot are more than `points` behind meProp in every pair."""
        gaps = {name: self.gap(name, "top", "random") for name in self.pairs}
        return Outcome(every(gaps.values(), points), told(gaps), gate=self.not_learned())


def over_seeds(found: Iterable[Mapping[int, float]]) -> Difference:
    """The mean over several, seed by seed, of the seeds that all of them have."""
    own = list(found)
    seeds = sorted(set.intersection(*({*values} for values in own)))
    return paired([mean([values[s] for values in own]) for s in seeds])


def told(gaps: Mapping[str, Difference]) -> str:
    """Gaps in one line."""
    return ", ".join(f"{name} {gap}" for name, gap in gaps.items()) + " points"
