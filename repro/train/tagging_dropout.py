"""Runs of meProp's Table 4 on tagging: `repro.train.tagging` with dropout of what the output layer reads."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from repro.errors import BadValueError
from repro.nets.dropped import Drop
from repro.nets.tagger import Tagger
from repro.rules.meprop import Draws
from repro.train.best import trained
from repro.train.given import Given
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.tagging import TaggerLearner


class DroppedTagger(TaggerLearner):
    """As `TaggerLearner`, with the parameter `dropout`: of the LSTM's outputs, never of what the next core reads.

    A run's draws hang on its seed, the step and the place alone: arms with a seed lose the same units.
    `BadValueError` for a `dropout` below 0, or of 1 or more.
    """

    def _net(self, k: int, by_lot: bool) -> Tagger:
        self.rate = self.given.param("dropout")
        if not 0 <= self.rate < 1:
            raise BadValueError(f"dropout is {self.rate:g}; expected 0 or more, and less than 1")
        net, lanes = super()._net(k, by_lot), self.batches.batch
        widths = [net.directions * net.hidden]
        self.dropping = Draws(
            self.given.seeds, self.words.longest * lanes, widths, self.ctx.device, "dropout"
        )
        return net

    def draw(self, places: int) -> None:
        """Those of `TaggerLearner`, and which units go."""
        super().draw(places)
        rows = places * self.batches.batch
        self.dropping.draw(rows)
        if self.rate:
            drop = Drop(self.rate, self.dropping.scores[0][:, :rows])
            each = torch.unflatten(drop.kept(), -1, (self.net.directions, -1)).transpose(
                1, 2
            )  # [R, D, L·B, H]
            self.net.mask = each.flatten(0, 1) * drop.scale

    def kept(self) -> Mapping[str, Kept]:
        """Those of `TaggerLearner`, and how many steps dropout has drawn."""
        return {**super().kept(), "dropout": self.dropping.count}


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(DroppedTagger(given, ctx))
