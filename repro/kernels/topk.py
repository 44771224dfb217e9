"""Selections of meProp: k entries of each example, or k columns of a mini-batch and the products with them.

Source: arXiv:1706.06197v5, section 2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native
from repro.kernels import cpu


def top_k(g: Tensor, k: int) -> Tensor:
    """top_k(g): per example, the k entries of largest |g| are kept, the rest is zero. g [..., n]; k ≥ n keeps all.

    top_2 of (1, 2, 3, −4) is (0, 0, 3, −4) (section 2). Which of equal ones is not said.
    """
    if k >= g.shape[-1]:
        return g
    if cpu.suits(g, torch.float32) and g.is_contiguous():
        return _in_c(g, k)
    at = g.abs().topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def _in_c(g: Tensor, k: int) -> Tensor:
    """`top_k` by bisecting the bits of |g| (`kept_rows.c`)."""
    kept, n = torch.empty_like(g), g.shape[-1]
    native.function("rows_keep", "pnnnnp")(g.data_ptr(), n, g.numel() // n, n, k, kept.data_ptr())
    return kept


def random_k(g: Tensor, k: int, score: Tensor) -> Tensor:
    """Keep the k entries of each row of g [R, B, n] whose `score` [R, B, n] is largest: any k, if it is random."""
    if k >= g.shape[-1]:
        return g
    at = score.topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def unified_columns(g: Tensor, k: int) -> Tensor:
    """Simple unified top-k (section 2): the k columns of largest Σ_B |g|, one pattern a mini-batch. [R, k]."""
    wide = torch.promote_types(g.dtype, torch.float32)  # sums of bfloat16 would tie
    if g.device.type != "cpu":  # one kernel, which reads g once and writes no |g|
        score: Tensor = torch.linalg.vector_norm(g, 1, -2, dtype=wide)
    else:  # a few rows at a time: |g| then stays in the cache instead of filling fresh memory
        score = torch.zeros_like(g.select(-2, 0), dtype=wide)
        for rows in torch.split(g, 64, -2):
            score += rows.abs().sum(-2, dtype=wide)
    return score.topk(k, -1, sorted=False).indices


def unified_backward(
    x: Tensor,
    w: Tensor,
    g: Tensor,
    k: int,
    g_w: Tensor,
    g_x: Tensor,
    axis: int = 0,
    before: Tensor | None = None,
) -> Tensor:
    """Both products with only the k unified columns: ∂L/∂W is written to `g_w`; ∂L/∂x [B, I] to `g_x`, returned.

    x [B, I], g [B, O]. `axis`: where the outputs lie in w and g_w, 0: [O, I], of which the k kept outputs are
    contiguous rows; 1: [I, O], as in the public code. The sparse product becomes a dense one of width k: cost k/O of
    the full one, plus selecting and zero-filling `g_w`. With `before` [k], the outputs that `g_w` holds from the last
    call (any, if it is zero), only those are cleared, and `before` becomes this call's: nobody else may write to
    `g_w` meanwhile.
    """
    at = unified_columns(g, k)
    kept = g.index_select(1, at)  # [B, k]
    # ∂L/∂W ← top_k(g)ᵀ x (or its transpose): k outputs, the others are zero;  ∂L/∂x ← top_k(g) W
    if before is None:
        g_w.zero_()
    else:
        g_w.index_fill_(axis, before, 0)
        before.copy_(at)
    g_w.index_copy_(axis, at, kept.T @ x if axis == 0 else x.T @ kept)
    part = w.index_select(axis, at)
    return torch.mm(kept, part if axis == 0 else part.T, out=g_x)


def unified_backward_plain(x: Tensor, w: Tensor, g: Tensor, k: int, axis: int = 0) -> tuple[Tensor, Tensor]:
    """(∂L/∂W, ∂L/∂x) of `unified_backward` with an explicit mask and dense products: its plain twin."""
    mask = torch.zeros(g.shape[1], dtype=g.dtype, device=g.device).index_fill_(0, unified_columns(g, k), 1)
    kept = g * mask
    return (kept.T @ x, kept @ w) if axis == 0 else (x.T @ kept, kept @ w.T)
