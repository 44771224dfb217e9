"""Batch norm behind relu or sigmoid on a CPU, in one pass over memory each way: `norm_last_native.c`.

The same calls as of `norm_last_triton`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native
from repro.kernels.norm_native import close, statistics, track

RELU, SIGMOID = 1, 2


def forward(
    a: Tensor,
    gamma: Tensor,
    beta: Tensor,
    out: Tensor | None,
    running: tuple[Tensor, Tensor],
    *,
    sigmoid: bool,
    eps: float,
    momentum: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """BN(φ(a)), into `out` if given, with the batch's mean and 1/σ [R, 1, H]; `a` [R, B, H] becomes φ(a)."""
    out = torch.empty_like(a) if out is None else out
    if sigmoid:
        a.sigmoid_()
    (runs, batch, width), (mean, rstd, var) = a.shape, statistics(a)
    native.function("norm_last_forward", "pnnppnpnnpppnnnfn")(
        a.data_ptr(), a.stride(0), a.stride(1), gamma.data_ptr(), beta.data_ptr(), gamma.stride(0),
        out.data_ptr(), out.stride(0), out.stride(1), mean.data_ptr(), rstd.data_ptr(), var.data_ptr(),
        runs, batch, width, eps, 0 if sigmoid else RELU,
    )  # fmt: skip
    track(running, mean, var, momentum)
    return out, mean, rstd


def backward(
    d: Tensor, h: Tensor, mean: Tensor, rstd: Tensor, gamma: Tensor, to: tuple[Tensor, Tensor, Tensor],
    *, sigmoid: bool,
) -> Tensor:  # fmt: skip
    """∂L/∂a, which overwrites h = φ(a), from d = ∂L/∂y; gradients of γ, β and of a's bias go into `to`."""
    d, (runs, batch, width) = close(d, h.dtype), d.shape
    native.function("norm_last_backward", "pnnpnnpnpppppnnnnn")(
        d.data_ptr(), d.stride(0), d.stride(1), h.data_ptr(), h.stride(0), h.stride(1),
        gamma.data_ptr(), gamma.stride(0), mean.data_ptr(), rstd.data_ptr(),
        *(g.data_ptr() for g in to), to[0].stride(0), runs, batch, width, SIGMOID if sigmoid else RELU,
    )  # fmt: skip
    return h
