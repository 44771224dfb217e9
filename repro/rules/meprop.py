"""meProp: linear maps use k entries of their output gradient, in both products.

Source: arXiv:1706.06197v5, section 2. For y = x W: ∂L/∂W = xᵀ g and ∂L/∂x = g Wᵀ with g = ∂L/∂y; meProp puts
top_k(g) in the place of g. These are what a linear map's `keep` can be (see `repro.nets.linear`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from repro.kernels.topk import random_k, top_k


@dataclass(frozen=True)
class TopK:
    """Per example, the k entries of largest |g|."""

    k: int

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k entries of each row kept."""
        return top_k(g, self.k)


class RandomK:
    """k entries of each example chosen uniformly, afresh at each step: by the scores [R, B, n] drawn last."""

    def __init__(self, k: int, runs: int, batch: int, outputs: int, device: str = "cpu"):
        self.k, self.score = k, torch.zeros(runs, batch, outputs, device=device)

    def draw(self, generators: Sequence[torch.Generator]) -> None:
        """New scores, each run's from its own CPU generator; none where all entries are kept."""
        if self.k < self.score.shape[-1]:
            drawn = [torch.rand(self.score.shape[1:], generator=r) for r in generators]
            self.score.copy_(torch.stack(drawn))

    def __call__(self, g: Tensor) -> Tensor:
        """g [R, B, n] with k entries of each row kept."""
        return random_k(g, self.k, self.score)
