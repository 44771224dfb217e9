"""The four kernels of every fully connected net here, forward and backward, with a leading run axis.

Shapes: x [R, B, I], W [R, I, O], b [R, O], activations and their gradients [R, B, O].
Gradients are written by hand: no graph is built, buffers are reused, and a CUDA graph can capture a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def linear(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """y = x W + b, [R, B, O]."""
    return torch.bmm(x, w) if b is None else torch.baddbmm(b.unsqueeze(1), x, w)


def linear_grads(x: Tensor, d: Tensor, g_w: Tensor, g_b: Tensor | None = None) -> None:
    """∂L/∂W = xᵀ d into `g_w` and ∂L/∂b = Σ_B d into `g_b`; d = ∂L/∂y [R, B, O]."""
    if len(x) == 1:  # same product; the plain routine is a third faster for small batches on a CPU
        torch.mm(x[0].T, d[0], out=g_w[0])
    else:
        torch.bmm(x.mT, d, out=g_w)
    if g_b is not None:
        torch.sum(d, 1, out=g_b)


def thin(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """`linear` for few outputs (a classifier), taken as (Wᵀ xᵀ)ᵀ: four times faster on a CPU; [R, B, O]."""
    return torch.bmm(w.mT, x.mT).mT.add(b.unsqueeze(1)).contiguous()


def thin_grads(x: Tensor, d: Tensor, g_w: Tensor, g_b: Tensor) -> None:
    """`linear_grads` for few outputs: ∂L/∂W = (dᵀ x)ᵀ into `g_w`, ∂L/∂b into `g_b`."""
    g_w.copy_(torch.bmm(d.mT, x).mT)
    torch.sum(d, 1, out=g_b)


def linear_input_grad(d: Tensor, w: Tensor) -> Tensor:
    """∂L/∂x = d Wᵀ, [R, B, I]."""
    return torch.bmm(d, w.mT)


@dataclass(slots=True)
class BatchNormCache:
    """What the backward pass of `bn_relu` needs, once: centred input, 1/σ, the output; and the batch statistics."""

    centred: Tensor | None  # [R, B, H]; None once a backward pass has used it up
    rstd: Tensor  # [R, 1, H], float32 for low-precision activations, as mean and var
    out: Tensor  # [R, B, H]
    mean: Tensor  # [R, 1, H]
    var: Tensor  # [R, 1, H], biased

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


def bn_relu_eval(
    a: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, var: Tensor, eps: float = 1e-5
) -> Tensor:
    """ReLU(γ (a − μ)/σ + β) with given μ, σ² [R, 1, H] (running averages), as used at test time."""
    scale = gamma.unsqueeze(1) * (var + eps).rsqrt()
    return torch.addcmul(beta.unsqueeze(1) - mean * scale, a, scale).relu_()


def softmax_error(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Per-example cross-entropy [R, B] and its gradient softmax(logits) − onehot(y) [R, B, C]; y [R, B] int64."""
    log_p = torch.log_softmax(logits, -1)
    loss = -log_p.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    delta = log_p.exp_()
    delta.scatter_add_(-1, y.unsqueeze(-1), torch.full_like(loss, -1).unsqueeze(-1))
    return loss, delta
