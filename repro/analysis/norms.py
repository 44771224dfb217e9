"""How the squared norms of weights spread over layers. Source: arXiv:1703.00522v1, Figure 5."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def squared_norms(weights: Sequence[Tensor]) -> Tensor:
    """‖W_l‖² (Frobenius) [R, L] of L matrices [R, I, O]."""
    return torch.stack([w.double().square().sum((1, 2)) for w in weights], 1)


def shares(norms: Tensor) -> Tensor:
    """Each layer's part of their sum [R, L]: 1/L where all are equal."""
    return norms / norms.sum(1, keepdim=True)
