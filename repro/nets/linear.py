"""One linear map for every method: meProp is what it keeps, feedback alignment what it sends back through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from repro.kernels import rows

Keep = Callable[[Tensor], Tensor]
"""∂L/∂y [R, B, O] → what both backward products use of it, of the same shape."""


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, keep: Keep | None, feedback: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, w)
        ctx.keep, ctx.feedback = keep, feedback
        return torch.matmul(x, w)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, w = ctx.saved_tensors
        kept = g if ctx.keep is None else ctx.keep(g)
        back = w.mT if ctx.feedback is None else ctx.feedback
        d_x = torch.matmul(kept, back) if ctx.needs_input_grad[0] else None
        d_w = torch.matmul(x.mT, kept) if ctx.needs_input_grad[1] else None
        return d_x, d_w, None, None


def linear(x: Tensor, w: Tensor, keep: Keep | None = None, feedback: Tensor | None = None) -> Tensor:
    """y = x W for autograd, [R, B, O]; x [R, B, I], w [R, I, O].

    Backwards, with g = ∂L/∂y: ∂L/∂W = xᵀ keep(g) and ∂L/∂x = keep(g) Wᵀ. `keep` = top-k is meProp
    (arXiv:1706.06197v5, section 2). A fixed `feedback` [R, O, I] in the place of Wᵀ is feedback alignment
    (arXiv:1703.00522v1, Table 1).
    """
    return _Linear.apply(x, w, keep, feedback)  # type: ignore[no-any-return,no-untyped-call]


def by_rows(keep: Keep | None, outputs: int, device: str, dtype: torch.dtype) -> int:
    """k, where `keep` is top-k and products of kept entries alone are the faster ones on this machine; else 0."""
    k: int = getattr(keep, "largest", 0)
    return k if rows.pays(k, outputs, device, dtype) else 0
