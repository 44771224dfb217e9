"""Entries by lot for an LSTM's gates: as many as meProp keeps, but any; the control that has no such gradient.

Source: arXiv:1706.06197v5, section 4.3 (random instead of largest entries, there on MNIST).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data.streams.draws import GOLDEN, STRIDE, hash_, number


class Lot:
    """k different ones of n entries, each set as likely as any other: for every gate, lane, core and model.

    Drawn afresh at each step from a hash of the run's seed and direction, the step and the place; the same on a CPU
    and a GPU, and whatever the width of a batch. One draw an entry (Floyd's: the j-th is any of the first
    n − k + j + 1, or the last of them where that one is taken). All state is `count`, [1].
    """

    def __init__(
        self, seeds: Sequence[int], directions: int, like: Tensor, n: int, purpose: str = "random-k"
    ):
        cores, _, lanes, gates, self.k = like.shape
        self.n = n
        own = [number(s, f"{purpose}/{way}") % (1 << 63) for s in seeds for way in range(directions)]
        self._keys = torch.tensor(own, dtype=torch.int64).view(-1, 1, 1, 1).to(like.device)
        places = torch.arange(cores * lanes * gates * self.k) * GOLDEN
        self._places = places.view(cores, 1, lanes, gates, self.k).to(like.device)
        self._bits = torch.zeros_like(like)
        self.count = torch.zeros(1, dtype=torch.int64, device=like.device)  # steps drawn

    def draw(self, at: Tensor) -> None:
        """The next step's entries into `at` [T, M, B, gates, k], of the first T cores of the `like` of the start."""
        bits = self._bits[: len(at)]
        start = self._keys + self.count * STRIDE
        torch.add(self._places[: len(at)], start, out=bits)
        hash_(bits)
        bits.bitwise_right_shift_(33).bitwise_and_((1 << 31) - 1)
        for j in range(self.k):
            last = self.n - self.k + j
            own = (bits[..., j] * (last + 1)).bitwise_right_shift_(31)
            taken = (at[..., :j] == own.unsqueeze(-1)).any(-1)
            at[..., j] = torch.where(taken, last, own)
        self.count.add_(1)
