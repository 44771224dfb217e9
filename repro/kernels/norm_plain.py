"""Batch norm followed by ReLU as a formula, forward and backward, with a leading run axis: the plain twin.

No graph is built, buffers are reused, and a CUDA graph can capture a step. What suits the device: `kernels.norm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class BatchNormCache:
    """What the backward pass of `bn_relu` needs, once: centred input, 1/σ, the output; and the batch statistics."""

    centred: Tensor | None  # [R, B, H]; None once a backward pass has used it up
    rstd: Tensor  # [R, 1, H], float32 for low-precision activations, as mean and var
    out: Tensor  # [R, B, H]
    mean: Tensor  # [R, 1, H]
    var: Tensor  # [R, 1, H], biased
    in_c: bool = False  # by `norm_native`, so that the way back is its, too

    def take(self) -> Tensor:
        """`centred`, which then is gone: a second backward pass could find it overwritten. `RuntimeError` then."""
        if self.centred is None:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        taken, self.centred = self.centred, None
        return taken


def _at_least_float32(a: Tensor) -> torch.dtype:
    """What sums over the batch are taken in: 8 bits of bfloat16 lose an addend once the sum is 256 times it."""
    return torch.promote_types(a.dtype, torch.float32)


def bn_relu(
    a: Tensor, gamma: Tensor, beta: Tensor, out: Tensor | None = None, eps: float = 1e-5
) -> BatchNormCache:
    """ReLU(γ (a − μ)/σ + β) with the batch's own μ, σ, into `out`. Overwrites `a` [R, B, H] with a − μ."""
    exact = _at_least_float32(a)
    mean = a.mean(1, keepdim=True, dtype=exact)
    centred = a.sub_(mean)
    wide = centred.to(exact)
    var = (wide * wide).mean(1, keepdim=True)  # two passes: exact where E[a²] − μ² would cancel
    rstd = (var + eps).rsqrt()
    out = torch.empty_like(a) if out is None else out
    h = torch.addcmul(beta.unsqueeze(1), centred, gamma.unsqueeze(1) * rstd, out=out).relu_()
    return BatchNormCache(centred, rstd, h, mean, var)


def bn_relu_backward(
    d: Tensor, cache: BatchNormCache, gamma: Tensor, g_gamma: Tensor, g_beta: Tensor
) -> Tensor:
    """∂L/∂a [R, B, H] from d = ∂L/∂h; ∂L/∂γ and ∂L/∂β [R, H] are written into `g_gamma`, `g_beta`.

    With z = γ(a − μ)/σ + β and d_z = d·1[h > 0]: ∂L/∂a = γ/σ (d_z − mean_B(d_z) − (a−μ)/σ² mean_B(d_z (a−μ))).
    """
    centred, rstd, batch = cache.take(), cache.rstd, d.shape[1]
    d = torch.ops.aten.threshold_backward(d, cache.out, 0)
    exact = _at_least_float32(d)
    sum_d = d.sum(1, keepdim=True, dtype=exact)
    sum_dc = (d.to(exact) * centred).sum(1, keepdim=True)
    g_beta.copy_(sum_d.squeeze(1))
    g_gamma.copy_((sum_dc * rstd).squeeze(1))
    scale = gamma.unsqueeze(1) * rstd
    slope = scale * rstd * rstd * sum_dc / -batch
    return torch.addcmul(scale * sum_d / -batch, centred, slope).addcmul_(d, scale).to(d.dtype)


def bn_eval(a: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, var: Tensor, eps: float = 1e-5) -> Tensor:
    """γ (a − μ)/σ + β with given μ, σ² [R, 1, H] (running averages), as used at test time."""
    scale = gamma.unsqueeze(1) * (var + eps).rsqrt()
    return torch.addcmul(beta.unsqueeze(1) - mean * scale, a, scale)
