"""Selections of meProp: k entries of each example, or k columns of a mini-batch and the products with them.

Source: arXiv:1706.06197v5, section 2.
"""

from __future__ import annotations

import torch
from torch import Tensor


def top_k(g: Tensor, k: int) -> Tensor:
    """top_k(g): per example, the k entries of largest |g| are kept, the rest is zero. g [..., n]; k ≥ n keeps all.

    top_2 of (1, 2, 3, −4) is (0, 0, 3, −4) (section 2).
    """
    if k >= g.shape[-1]:
        return g
    at = g.abs().topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def random_k(g: Tensor, k: int, score: Tensor) -> Tensor:
    """Keep the k entries of each row of g [R, B, n] whose `score` [R, B, n] is largest: any k, if it is random."""
    if k >= g.shape[-1]:
        return g
    at = score.topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def unified_columns(g: Tensor, k: int) -> Tensor:
    """Simple unified top-k (section 2): the k columns of largest Σ_B |g|, one pattern a mini-batch. [R, k]."""
    # on a CPU a few rows at a time: |g| then stays in the cache instead of filling fresh memory
    score = torch.zeros_like(g.select(-2, 0))
    for rows in torch.split(g, 64, -2) if g.device.type == "cpu" else (g,):
        score += rows.abs().sum(-2)
    return score.topk(k, -1, sorted=False).indices


def unified_backward(x: Tensor, w: Tensor, g: Tensor, k: int, g_w: Tensor, g_x: Tensor) -> Tensor:
    """Both products with only the k unified columns: ∂L/∂W is written to `g_w`; ∂L/∂x [B, I] to `g_x`, returned.

    x [B, I], g [B, O]; w and g_w [O, I] (out × in, so that the k kept outputs are contiguous rows). The sparse
    product becomes a dense one of width k: cost k/O of the full one, plus selecting and zero-filling `g_w`.
    """
    at = unified_columns(g, k)
    kept = g.index_select(1, at)  # [B, k]
    # ∂L/∂W ← top_k(g)ᵀ x: k rows, the others are zero;  ∂L/∂x ← top_k(g) W
    g_w.zero_().index_copy_(0, at, kept.T @ x)
    return torch.mm(kept, w.index_select(0, at), out=g_x)


def unified_backward_plain(x: Tensor, w: Tensor, g: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(∂L/∂W, ∂L/∂x) of `unified_backward` with an explicit mask and dense products: its plain twin."""
    mask = torch.zeros(g.shape[1], dtype=g.dtype, device=g.device).index_fill_(0, unified_columns(g, k), 1)
    return (g * mask).T @ x, (g * mask) @ w
