"""Runs of meProp's Tables 4 to 6 on MNIST: `repro.train.meprop_mlp` with dropout, deeper, by unified top-k too."""

from __future__ import annotations

from collections.abc import Mapping

from repro.errors import BadValueError
from repro.nets.dropped import Drop, dropped_mlp
from repro.nets.net import Net
from repro.rules.meprop import Draws, Unified, UnifiedRandom
from repro.train.best import trained
from repro.train.given import Given
from repro.train.keeps import ALL, KEEPS, Keeps
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.meprop_mlp import RULES, MepropLearner

UNIFIED: Keeps = {**KEEPS, "unified": (Unified, ""), "unified_random": (UnifiedRandom, ALL)}


class DroppedLearner(MepropLearner):
    """As `MepropLearner`, with the parameters `dropout` and `init`. The setting `layers`, if there: hidden ones.

    Rules beside its own: "unified" (one pattern a mini-batch, of the largest columns) and "unified_random" (of any).
    A run's draws of dropout hang on its seed, the step and the place alone: arms with a seed lose the same units.
    `BadValueError` for a `dropout` below 0, or of 1 or more.
    """

    rules = (*RULES, "unified", "unified_random")
    keeps = UNIFIED

    def _depth(self) -> int:
        depth: int | None = self.given.setting("layers", None)
        return super()._depth() if depth is None else depth

    def _net(self) -> Net:
        given, rate = self.given, self.given.param("dropout")
        if not 0 <= rate < 1:
            raise BadValueError(f"dropout is {rate:g}; expected 0 or more, and less than 1")
        self.dropping: Draws | None = None
        drops: list[Drop | None] = [None] * (len(self.sizes) - 2)
        if rate:
            self.dropping = Draws(
                given.seeds, self.batches.batch, self.sizes[1:-1], self.ctx.device, "dropout"
            )
            drops = [Drop(rate, score) for score in self.dropping.scores]
        sizes = self.sizes, len(given.runs), self.ctx.device, self.dtype
        return dropped_mlp(*sizes, self.keep, drops, given.param("init"))

    def device(self) -> None:
        """One step of the optimiser on a batch of each run, by new draws."""
        if self.dropping:
            self.dropping.draw()
        super().device()

    def kept(self) -> Mapping[str, Kept]:
        """Those of `MepropLearner`, and how many steps dropout has drawn."""
        drawn = {"dropout": self.dropping.count} if self.dropping else {}
        return {**super().kept(), **drawn}


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(DroppedLearner(given, ctx))
