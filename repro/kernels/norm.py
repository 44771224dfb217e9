"""Batch norm followed by ReLU, with the kernel that suits the device: same numbers up to rounding.

On a CPU a kernel of ours in C (`norm_native`) takes all runs in one call and reads each activation once. Where none
can be compiled, or several threads work, PyTorch's own batch-norm kernel reads it three times, where the formula
written out in `norm_plain` reads it twelve times; it knows no run axis, so runs are taken one by one. On a GPU a
kernel of ours (`norm_triton`) takes all runs in one launch, where the formula takes 9 forward and 16 backward; the
formula is what remains: float64, many small runs, a GPU without Triton.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels import cpu, gpu
from repro.kernels import norm_plain as plain

FUSED_FROM = 8192
"""Elements a run (B·H) from which a call a run costs less than the formula for all runs together."""
LARGEST = 2048
"""Examples a batch above which a column no longer fits into the registers of our kernel's blocks."""


def fused(a: Tensor) -> bool:
    """Whether activations like `a` [R, B, H] go through PyTorch's kernel, run by run."""
    return (
        not a.is_cuda and a.dtype in (torch.float32, torch.bfloat16) and a.shape[1] * a.shape[2] >= FUSED_FROM
    )


def native(a: Tensor, gamma: Tensor) -> bool:
    """Whether activations like `a` [R, B, H] go through our kernel for CPUs."""
    return cpu.suits(a, torch.float32, torch.bfloat16) and gamma.dtype == torch.float32


def triton(a: Tensor) -> bool:
    """Whether activations like `a` [R, B, H] go through our kernel for GPUs."""
    return a.shape[1] <= LARGEST and gpu.suits(a, torch.float32, torch.bfloat16)


def bn_relu(
    a: Tensor,
    gamma: Tensor,
    beta: Tensor,
    out: Tensor | None = None,
    eps: float = 1e-5,
    running: tuple[Tensor, Tensor] | None = None,
    momentum: float = 0.1,
) -> plain.BatchNormCache:
    """ReLU(γ (a − μ)/σ + β) with the batch's own μ, σ; a [R, B, H], γ and β [R, H]; into `out` if given.

    γ and β may be float32 beside a bfloat16 `a`; μ and 1/σ are float32 then, by the formula and by the kernels.
    `running` (μ̄, σ̄²) [R, 1, H] move towards the batch's by `momentum`: lerp(running, batch, momentum).
    In the cache `centred` is a itself where a fused kernel is used, and a − μ (overwriting a) otherwise.
    """
    if triton(a):
        from repro.kernels import norm_triton

        return norm_triton.bn_relu(a, gamma, beta, out, eps, running, momentum)
    if native(a, gamma):
        from repro.kernels import norm_native

        return norm_native.bn_relu(a, gamma, beta, out, eps, running, momentum)
    cache = _bn_relu(a, gamma, beta, out, eps)
    if running is not None:
        running[0].lerp_(cache.mean, momentum)
        running[1].lerp_(cache.var, momentum)
    return cache


def _bn_relu(a: Tensor, gamma: Tensor, beta: Tensor, out: Tensor | None, eps: float) -> plain.BatchNormCache:
    if not fused(a):
        return plain.bn_relu(a, gamma, beta, out, eps)
    out = torch.empty_like(a) if out is None else out
    mean, rstd = (torch.empty(len(a), 1, a.shape[2]) for _ in range(2))
    for r in range(len(a)):
        to = {"out": out[r], "save_mean": mean[r, 0], "save_invstd": rstd[r, 0]}
        torch.ops.aten.native_batch_norm.out(a[r], gamma[r], beta[r], None, None, True, 0.0, eps, **to)
    return plain.BatchNormCache(a, rstd, out.relu_(), mean, rstd.pow(-2).sub_(eps))


def bn_relu_backward(
    d: Tensor, cache: plain.BatchNormCache, gamma: Tensor, g_gamma: Tensor, g_beta: Tensor, eps: float = 1e-5
) -> Tensor:
    """∂L/∂a [R, B, H] from d = ∂L/∂h; ∂L/∂γ and ∂L/∂β [R, H] are written into `g_gamma`, `g_beta`.

    Uses the cache up (a second call is a `RuntimeError`): a fused kernel's result overwrites its activations,
    which fresh memory would not be free for.
    """
    if triton(d):
        from repro.kernels import norm_triton

        return norm_triton.bn_relu_backward(d, cache, gamma, g_gamma, g_beta)
    if cache.in_c:
        from repro.kernels import norm_native

        return norm_native.bn_relu_backward(d, cache, gamma, g_gamma, g_beta)
    if not fused(d):
        return plain.bn_relu_backward(d, cache, gamma, g_gamma, g_beta)
    d_a, d_z = cache.take(), torch.empty_like(d[0])
    for r in range(len(d)):
        torch.ops.aten.threshold_backward.grad_input(d[r], cache.out[r], 0, grad_input=d_z)
        mean, rstd = cache.mean[r, 0], cache.rstd[r, 0]
        made = torch.ops.aten.native_batch_norm_backward(
            d_z, d_a[r], gamma[r], None, None, mean, rstd, True, eps, [True, True, True]
        )
        for to, value in zip((d_a[r], g_gamma[r], g_beta[r]), made, strict=True):
            to.copy_(value)
    return d_a
