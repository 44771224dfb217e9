"""Batch norm followed by ReLU on a CPU, in one pass over memory each way: `norm_native.c`.

PyTorch takes three passes forward and four back, in nine operators a run; the numbers are the same up to rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native
from repro.kernels.norm_plain import BatchNormCache

NAMES = {torch.float32: "f32", torch.bfloat16: "bf16"}


def bn_relu(
    a: Tensor,
    gamma: Tensor,
    beta: Tensor,
    out: Tensor | None,
    eps: float,
    running: tuple[Tensor, Tensor] | None,
    momentum: float,
) -> BatchNormCache:
    """`repro.kernels.norm.bn_relu`; in the cache `centred` is a itself."""
    out = torch.empty_like(a) if out is None else out
    (runs, batch, width), (mean, rstd, var) = a.shape, statistics(a)
    native.function(f"norm_forward_{NAMES[a.dtype]}", "pnnppnpnnpppnnnf")(
        a.data_ptr(), a.stride(0), a.stride(1), gamma.data_ptr(), beta.data_ptr(), gamma.stride(0),
        out.data_ptr(), out.stride(0), out.stride(1), mean.data_ptr(), rstd.data_ptr(), var.data_ptr(),
        runs, batch, width, eps,
    )  # fmt: skip
    track(running, mean, var, momentum)
    return BatchNormCache(a, rstd, out, mean, var, in_c=True)


def bn_relu_backward(
    d: Tensor, cache: BatchNormCache, gamma: Tensor, g_gamma: Tensor, g_beta: Tensor
) -> Tensor:
    """`repro.kernels.norm.bn_relu_backward`: ∂L/∂a overwrites a."""
    a, y, (runs, batch, width) = cache.take(), cache.out, d.shape
    d = close(d, a.dtype)
    to = _gradients(g_gamma, g_beta)
    native.function(f"norm_backward_{NAMES[a.dtype]}", "pnnpnnpnnpnppppnnnn")(
        d.data_ptr(), d.stride(0), d.stride(1), y.data_ptr(), y.stride(0), y.stride(1),
        a.data_ptr(), a.stride(0), a.stride(1), gamma.data_ptr(), gamma.stride(0),
        cache.mean.data_ptr(), cache.rstd.data_ptr(), to[0].data_ptr(), to[1].data_ptr(), to[0].stride(0),
        runs, batch, width,
    )  # fmt: skip
    if to[0] is not g_gamma:
        g_gamma.copy_(to[0])
        g_beta.copy_(to[1])
    return a


def close(d: Tensor, dtype: torch.dtype) -> Tensor:
    """What arrives from above, with units side by side."""
    return (d if d.stride(-1) == 1 else d.contiguous()).to(dtype)


def statistics(a: Tensor) -> list[Tensor]:
    """Room for mean, 1/σ and σ², [R, 1, H] each."""
    return [torch.empty(len(a), 1, a.shape[2]) for _ in range(3)]


def track(running: tuple[Tensor, Tensor] | None, mean: Tensor, var: Tensor, momentum: float) -> None:
    """Move running averages towards the batch's statistics."""
    if running is not None:
        running[0].lerp_(mean, momentum)
        running[1].lerp_(var, momentum)


def _gradients(*wanted: Tensor) -> tuple[Tensor, ...]:
    """Where a kernel can write them: themselves, or float32 beside those in low precision."""
    exact = all(g.dtype == torch.float32 for g in wanted)
    return wanted if exact else tuple(torch.empty(g.shape) for g in wanted)
