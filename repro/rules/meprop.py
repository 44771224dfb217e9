"""meProp: linear maps use k entries of their output gradient, in both products.

Source: arXiv:1706.06197v5, section 2. For y = x W: ∂L/∂W = xᵀ g and ∂L/∂x = g Wᵀ with g = ∂L/∂y; meProp puts
top_k(g) in the place of g. These are what a linear map's `keep` can be (see `repro.nets.linear`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from repro.data.streams.draws import GOLDEN, STRIDE, hash_, number
from repro.kernels.topk import random_k, top_k, unified_columns


@dataclass(frozen=True)
class TopK:
    """Per example, the k entries of largest |g|."""

    k: int

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k entries of each row kept."""
        return top_k(g, self.k)

    @property
    def largest(self) -> int:
        """That so many of the largest are kept lets a linear map multiply by those alone."""
        return self.k


@dataclass(frozen=True)
class RandomK:
    """k entries of each example chosen uniformly: those of the largest `score` [R, B, n], see `Draws`."""

    k: int
    score: Tensor

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k entries of each row kept."""
        return random_k(g, self.k, self.score)


@dataclass(frozen=True)
class Unified:
    """Simple unified top-k: the same k columns for all examples of a mini-batch, those of largest Σ_B |g|."""

    k: int

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k columns of each run kept."""
        return g if self.k >= g.shape[-1] else _columns(g, unified_columns(g, self.k))


@dataclass(frozen=True)
class UnifiedRandom:
    """k columns chosen uniformly for a whole mini-batch: those of the largest `score` [R, 1, n], see `Draws`."""

    k: int
    score: Tensor

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k columns of each run kept."""
        return _columns(g, self.score.topk(self.k, -1, sorted=False).indices[:, 0])


def _columns(g: Tensor, at: Tensor) -> Tensor:
    """g with the columns `at` [R, k] kept, the rest zero: what the products with k columns alone come to as well."""
    at = at.unsqueeze(1).expand(-1, g.shape[1], -1)
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


class Draws:
    """Random scores of R runs, afresh at each step: `scores`, one [R, `batch`, n] for each n of `widths`.

    A score is a hash of the run's seed, the step, the map, the row and the column: 64 bits, the same on a CPU and a
    GPU, drawn where the gradients are, so that a captured CUDA graph draws on. All state is `count`, [1]. `purpose`:
    what they are for; draws of two purposes have nothing to do with each other.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        batch: int,
        widths: Sequence[int],
        device: str = "cpu",
        purpose: str = "random-k",
    ):
        runs, ends = len(seeds), [batch * n for n in accumulate(widths)]
        keys = [number(s, purpose) % (1 << 63) for s in seeds]
        self._keys = torch.tensor(keys, dtype=torch.int64).unsqueeze(1).to(device)
        self._places = (torch.arange(max(ends, default=0)) * GOLDEN).to(device)
        self._bits = torch.zeros(runs, len(self._places), dtype=torch.int64, device=device)
        self.count = torch.zeros(1, dtype=torch.int64, device=device)  # steps drawn
        self._width = sum(widths)
        self.scores = [
            self._bits[:, end - batch * n : end].view(runs, batch, n)
            for n, end in zip(widths, ends, strict=True)
        ]

    def draw(self, rows: int | None = None) -> None:
        """The scores of the next step; of the first `rows` alone, if asked, where there is one width."""
        many = None if rows is None else rows * self._width
        bits = self._bits[:, :many]
        torch.add(torch.add(self._keys, self.count, alpha=STRIDE), self._places[:many], out=bits)
        hash_(bits)
        self.count.add_(1)
