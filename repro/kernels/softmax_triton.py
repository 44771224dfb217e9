"""Softmax cross-entropy with its gradient on a GPU, one kernel where PyTorch takes six; twin: `repro.nets.losses`."""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels.triton_or_none import jit, tl


@jit
def softmax_kernel(
    logits, y, loss, delta, examples, classes, ROWS: tl.constexpr, COLUMNS: tl.constexpr
):  # fmt: skip
    """ROWS examples, all of their classes."""
    b = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    c = tl.arange(0, COLUMNS)
    real = b < examples
    at = b[:, None] * classes + c[None, :]
    ok = real[:, None] & (c < classes)[None, :]
    x = tl.load(logits + at, ok, float("-inf"))
    x = tl.where(real[:, None], x, 0.0)  # what is no example shall not be −∞ − −∞
    label = tl.load(y + b, real, 0)
    x = x - tl.max(x, 1)[:, None]
    p = tl.exp(x)
    total = tl.sum(p, 1)
    own = c[None, :] == label[:, None]
    tl.store(loss + b, tl.log(total) - tl.sum(tl.where(own, x, 0.0), 1), real)
    tl.store(delta + at, p / total[:, None] - tl.where(own, 1.0, 0.0), ok)


def softmax_error(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """As `repro.nets.losses.softmax_error`, for float32 logits [R, B, C] with C ≤ 128; y [R, B] int64.

    Labels must lie in 0 … C − 1: others are not noticed.
    """
    logits, y = logits.contiguous(), y.contiguous()
    classes = logits.shape[-1]
    loss, delta = torch.empty_like(logits[..., 0]), torch.empty_like(logits)
    columns = max(2, 1 << (classes - 1).bit_length())
    rows = max(4, 512 // columns)  # four numbers a thread
    softmax_kernel[(-(-loss.numel() // rows),)](
        logits, y, loss, delta, loss.numel(), classes, ROWS=rows, COLUMNS=columns, num_warps=4
    )
    return loss, delta
