"""The loss that a linear synthetic gradient implies, beside the true one.

Source: arXiv:1703.00522v1, section 4. SG(h, y) = h A + y B + C is the gradient in h of
L̂(h) = ½ h A hᵀ + (y B + C) hᵀ where A is symmetric; for any A it is the integral of SG along the ray from 0 to h.
"""

from __future__ import annotations

import torch
from torch import Tensor


def implied_loss(h: Tensor, y: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """L̂ [R, N] of h [R, N, H] with one-hot labels y [R, N, C]; A [R, H, H], B [R, C, H], C [R, H]."""
    made: Tensor = ((0.5 * h @ a + y @ b + c.unsqueeze(1)) * h).sum(-1)
    return made


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Pearson's r over the last axis; 0 where one of the two is constant."""
    one, other = (v.double() - v.double().mean(-1, keepdim=True) for v in (one, other))
    size = torch.linalg.vector_norm(one, dim=-1) * torch.linalg.vector_norm(other, dim=-1)
    r: Tensor = (one * other).sum(-1) / size.clamp_min(1e-300)
    return r.masked_fill(size == 0, 0.0)


def best_linear(h: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """The least-squares A, B, C, one above the other [R, H + C + 1, H]: of smallest norm, where several are best."""
    inputs = torch.cat([h, y, torch.ones_like(h[..., :1])], -1)
    made: Tensor = torch.linalg.pinv(inputs) @ target
    return made


def scaled(values: Tensor) -> Tensor:
    """Each image (last axis) scaled to its own range, 0 to 1; a constant one is 0."""
    low, high = values.amin(-1, keepdim=True), values.amax(-1, keepdim=True)
    return (values - low) / (high - low).clamp_min(1e-30)
