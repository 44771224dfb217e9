"""Losses with the gradient that starts a backward pass."""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels import gpu

CLASSES = 128
"""Up to so many, a kernel of ours does all of it on a GPU."""


def softmax_error(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Per-example cross-entropy [R, B] and its gradient softmax(logits) − onehot(y) [R, B, C]; y [R, B] int64."""
    if logits.shape[-1] <= CLASSES and gpu.suits(logits, torch.float32):
        from repro.kernels import softmax_triton

        return softmax_triton.softmax_error(logits, y)
    log_p = torch.log_softmax(logits, -1)
    loss = -log_p.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    delta = log_p.exp_()
    delta.scatter_add_(-1, y.unsqueeze(-1), torch.full_like(loss, -1).unsqueeze(-1))
    return loss, delta


def mean_loss(kind: str, p: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss over the S samples [R] and its gradient ∂L/∂p [R, C, S]; samples are columns, y one-hot [R, C, S].

    "mse": L = mean ½‖p − y‖², ∂L/∂p = (p − y)/S.  "log": L = −mean Σ y log softmax(p), ∂L/∂p = (softmax(p) − y)/S.
    """
    samples = p.shape[-1]
    if kind == "mse":
        error = p - y
        return error.square().sum(1).mean(-1) / 2, error / samples
    log_p = torch.log_softmax(p, 1)
    return -(y * log_p).sum(1).mean(-1), (log_p.exp() - y) / samples
