"""The MLP of meProp's later tables: `repro.nets.dense` with dropout behind the activation, and another start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.linear import Keep, by_rows
from repro.nets.net import Net

INITS = ("normal", "uniform")


@dataclass(frozen=True)
class Drop:
    """Inverted dropout: a unit is 0 with probability `rate`, else 1 / (1 − rate) of what it was.

    It stays where its `score` [R, B, O], any int64 with equal probability, is large enough. Whoever draws the scores
    decides what they hang on.
    """

    rate: float
    score: Tensor

    @property
    def scale(self) -> float:
        """What makes up for the units that are gone."""
        return 1 / (1 - self.rate)

    def kept(self) -> Tensor:
        """Which units stay, [R, B, O]."""
        return self.score >= round(self.rate * 2**64) - 2**63


class Dropped(Dense):
    """y = dropout(φ(x W + b)) for R runs in training mode, φ(x W + b) in test mode.

    `init`: "normal" as of `Dense`, "uniform": U(±1/√O) for weights and biases;
    `UnknownNameError` for others.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        act: str = "relu",
        *,
        keep: Keep | None = None,
        drop: Drop | None = None,
        init: str = "normal",
        by_rows: int = 0,
    ):
        if init not in INITS:
            raise UnknownNameError("initialisation", init, INITS)
        super().__init__(
            inputs, outputs, act, std=math.sqrt(6 / (inputs + outputs)), keep=keep, by_rows=by_rows
        )
        self.drop, self.uniform = drop, init == "uniform"

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Draw W, then b, each run's from its own CPU generator."""
        if not self.uniform:
            return super().init(generators)
        for name in ("W", "b"):
            for row, generator in zip(self.p[name], generators, strict=True):
                drawn = torch.rand(row.shape, generator=generator, dtype=torch.float32)
                row.copy_((2 * drawn - 1) / math.sqrt(self.outputs))

    def _plain(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        y = super()._plain(p, x)
        return y if self.drop is None else y * self.drop.kept() * self.drop.scale

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y [R, B, O] in training mode."""
        if self.drop is None or not self.fast:
            return super().forward(x, out)
        # in place: what `pull` finds is 0 where a unit was dropped
        y = super().forward(x).mul_(self.drop.kept()).mul_(self.drop.scale)
        return y if out is None else out.copy_(y)

    def pull(self, consumed: Tensor, need_input: bool = True) -> Tensor | None:
        """As `Dense.pull`: of a ReLU the units that were dropped are among those that are 0."""
        scaled = self.drop is not None and self.fast
        return super().pull(consumed * self.drop.scale if scaled and self.drop else consumed, need_input)


def dropped_mlp(
    sizes: Sequence[int],
    runs: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    keep: Sequence[Keep | None] | None = None,
    drops: Sequence[Drop | None] | None = None,
    init: str = "normal",
) -> Net:
    """(linear → ReLU → dropout) × (N − 1), then linear; `keep[i−1]` of segment i's map, `drops[i−1]` behind it.

    Source: arXiv:1706.06197v5, sections 4.6 and 4.7. Without drops, "normal" is `repro.nets.fcn.mlp`.
    """
    last, keeps = len(sizes) - 2, keep or [None] * (len(sizes) - 1)
    made = [
        Dropped(
            i,
            o,
            "none" if n == last else "relu",
            keep=keeps[n],
            by_rows=by_rows(keeps[n], o, device, dtype),
            drop=drops[n] if drops and n < last else None,
            init=init,
        )
        for n, (i, o) in enumerate(pairwise(sizes))
    ]
    return Net(made, runs, device, dtype)
