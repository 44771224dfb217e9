"""Runs of meProp's Table 4 on parsing: `repro.train.parsing` with dropout behind each hidden layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from repro.errors import BadValueError
from repro.nets.dropped import Drop
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.rules.meprop import Draws
from repro.train.best import trained
from repro.train.given import Given
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.parsing import ParserLearner


class DroppedParser(ParserLearner):
    """As `ParserLearner`, with the parameter `dropout`.

    A run's draws hang on its seed, the step and the place alone: arms with a seed lose the same units.
    `BadValueError` for a `dropout` below 0, or of 1 or more.
    """

    def _net(self, keep: Sequence[Keep | None], drops: Sequence[Drop] = ()) -> Net:
        given, rate = self.given, self.given.param("dropout")
        if not 0 <= rate < 1:
            raise BadValueError(f"dropout is {rate:g}; expected 0 or more, and less than 1")
        shape = given.seeds, given.param("batch"), self.sizes[1:-1], self.ctx.device
        self.dropping = Draws(*shape, "dropout")
        return super()._net(keep, [Drop(rate, score) for score in self.dropping.scores] if rate else ())

    def device(self) -> None:
        """One step of the optimiser on a batch of each run, by new draws."""
        self.dropping.draw()
        super().device()

    def kept(self) -> Mapping[str, Kept]:
        """Those of `ParserLearner`, and how many steps dropout has drawn."""
        return {**super().kept(), "dropout": self.dropping.count}


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(DroppedParser(given, ctx))
