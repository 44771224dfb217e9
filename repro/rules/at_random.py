"""Layers that act at random times: each by itself, in each step with probability p.

Source: arXiv:1608.05343v2, section 3.3 and Figure 7.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data.streams.draws import GOLDEN, STRIDE, hash_, number

_DIGITS = 53
"""Binary digits of a draw, as many as a double has: p = 1 is always, p = 0 never."""


def spread(seed: int) -> float:
    """p of a run of which it is not given: the seed's place in a sequence that fills (0, 1) evenly.

    The fractional parts of (seed + 1) times the golden ratio. The first n seeds leave no gap much wider than 1 / n,
    where n draws from U(0, 1) would.
    """
    return (seed + 1) * 0.6180339887498949 % 1


class Acts:
    """Which of N layers act in a step, for each of R runs: `now` [R, N] bool, drawn afresh by `draw`.

    A draw is a hash of the run's seed, the step and the layer, the same on a CPU and a GPU and whoever trains beside,
    drawn where it is used, so that a captured CUDA graph draws on. All state is `count`, [1], the steps drawn.
    """

    def __init__(self, seeds: Sequence[int], p: Sequence[float], layers: int, device: str = "cpu"):
        keys = [number(s, "acts") % (1 << 63) for s in seeds]
        self._keys = torch.tensor(keys, dtype=torch.int64).unsqueeze(1).to(device)
        self._layers = (torch.arange(layers) * GOLDEN).to(device)
        below = [round(each * (1 << _DIGITS)) for each in p]
        self._below = torch.tensor(below, dtype=torch.int64).unsqueeze(1).to(device)
        self._bits = torch.zeros(len(seeds), layers, dtype=torch.int64, device=device)
        self.now = torch.zeros(len(seeds), layers, dtype=torch.bool, device=device)
        self.count = torch.zeros(1, dtype=torch.int64, device=device)

    def draw(self) -> None:
        """The layers of the next step."""
        torch.add(torch.add(self._keys, self.count, alpha=STRIDE), self._layers, out=self._bits)
        hash_(self._bits).bitwise_right_shift_(64 - _DIGITS).bitwise_and_((1 << _DIGITS) - 1)
        torch.lt(self._bits, self._below, out=self.now)
        self.count.add_(1)


def reached(acts: Tensor) -> Tensor:
    """Which layers a gradient reaches that each layer above has to pass on, [R, N]: backpropagation.

    Layer i learns where it and all above it act: with probability p to the power of N − i + 1.
    """
    return acts.flip(1).cummin(1).values.flip(1)
