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

    "mse": L = mean ½‖p − y‖².  "log": L = −mean Σ y log softmax(p).
    """
    if kind == "mse":
        loss = (p - y).square().sum(1).mean(-1) / 2
    else:
        loss = -(y * torch.log_softmax(p, 1)).sum(1).mean(-1)
    return loss, mean_error(kind, p, y)


def mean_error(kind: str, p: Tensor, y: Tensor) -> Tensor:
    """The gradient alone: (p − y)/S for "mse", (softmax(p) − y)/S for "log"."""
    error = p - y if kind == "mse" else torch.softmax(p, 1).sub_(y)
    return error.mul_(1 / p.shape[-1])
