"""Affine maps whose samples are columns, and their way back: few outputs of much data on a CPU by `columns.c`.

It takes as long as x takes to be read, the BLAS behind `torch.bmm` twice that. Shapes: w [R, O, I], x [R, I, S],
b [R, O], d = ∂L/∂y [R, O, S].
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native
from repro.kernels import cpu
from repro.kernels.products import product_into

FEW = 4
"""Outputs up to which x is read once or twice."""
MUCH = 1 << 16
"""Numbers in x from which that is worth a call that costs 4 µs more than PyTorch's."""
NAMES = {torch.float32: "f32", torch.float64: "f64"}


def _suit(x: Tensor, *others: Tensor) -> bool:
    """Whether it pays, and all can be read and written as it lies. What does not fit together PyTorch refuses."""
    each = (x, *others)
    if others[0].shape[1] > FEW or x.numel() < MUCH or not all(len(t) == len(x) for t in others):
        return False
    taped = torch.is_grad_enabled() and any(t.requires_grad for t in each)
    return x.dtype in NAMES and not taped and all(cpu.suits(t, x.dtype) for t in each)


def affine(w: Tensor, x: Tensor, b: Tensor) -> Tensor:
    """w x + b, [R, O, S]."""
    if not (_suit(x, w, b) and w.shape[1:] == (b.shape[1], x.shape[1])):
        return torch.baddbmm(b.unsqueeze(-1), w, x)
    made = x.new_empty(len(w), w.shape[1], x.shape[2])
    _ahead(w, x, b.data_ptr(), b.stride(0), made)
    return made


def add(y: Tensor, w: Tensor, x: Tensor) -> Tensor:
    """y + w x, in place."""
    fits = y.is_contiguous() and y.shape[1:] == (w.shape[1], x.shape[2]) and w.shape[2] == x.shape[1]
    if not (fits and _suit(x, w, y)):
        return y.baddbmm_(w, x)
    _ahead(w, x, None, 0, y)
    return y


def _ahead(w: Tensor, x: Tensor, b: int | None, b_run: int, y: Tensor) -> None:
    (runs, outputs, inputs), samples = w.shape, x.shape[2]
    native.function(f"columns_ahead_{NAMES[x.dtype]}", "pnnpnnpnpnnnn")(
        w.data_ptr(), w.stride(0), w.stride(1), x.data_ptr(), x.stride(0), x.stride(1), b, b_run,
        y.data_ptr(), runs, outputs, inputs, samples,
    )  # fmt: skip


def weight_gradient(d: Tensor, x: Tensor, g_w: Tensor) -> None:
    """∂L/∂w = d xᵀ into `g_w` [R, O, I]."""
    if not (_suit(x, d, g_w) and g_w.shape[1:] == (d.shape[1], x.shape[1]) and d.shape[2] == x.shape[2]):
        product_into(d, x.mT, g_w)
        return
    native.function(f"columns_back_{NAMES[x.dtype]}", "pnnpnnpnnnnnn")(
        d.data_ptr(), d.stride(0), d.stride(1), x.data_ptr(), x.stride(0), x.stride(1),
        g_w.data_ptr(), g_w.stride(0), g_w.stride(1), *d.shape[:2], *x.shape[1:],
    )  # fmt: skip
