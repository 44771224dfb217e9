"""ReLU or sigmoid followed by batch norm on a GPU: one kernel forward, one backward, for all runs.

`repro.nets.dense.Dense(norm="last")` is the plain twin. As in `norm_triton` a block holds some units of one run over
the whole batch, and nothing is added atomically: the same numbers bit by bit at every call. Where PyTorch's kernels
take some twenty launches a layer, with copies for the run axis that they do not know, these take two.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels.norm_triton import tile
from repro.kernels.triton_or_none import jit, tl


@jit
def forward_kernel(
    a, gamma, beta, out, mean_at, rstd_at, mean_run, var_run,
    a_run, a_row, out_run, out_row, gamma_run, beta_run, batch, hidden,
    EPS: tl.constexpr, MOMENTUM: tl.constexpr, SIGMOID: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """φ(a) over a itself, statistics, running averages and output of COLUMNS units of one run."""
    run = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    b = tl.arange(0, ROWS)
    real = c < hidden
    ok = (b < batch)[:, None] & real[None, :]
    at = a + run * a_run + b[:, None] * a_row + c[None, :]
    h = tl.load(at, ok, 0.0)
    if SIGMOID:
        h = 1.0 / (1.0 + tl.exp(-h))
    else:
        h = tl.where(h < 0, 0.0, h)  # what is not a number stays so
    tl.store(at, h, ok)
    h = tl.where(ok, h, 0.0)
    mean = tl.sum(h, 0) / batch
    x = tl.where(ok, h - mean[None, :], 0.0)
    var = tl.sum(x * x, 0) / batch
    rstd = 1.0 / tl.sqrt_rn(var + EPS)
    scale = tl.load(gamma + run * gamma_run + c, real, 0.0) * rstd
    shift = tl.load(beta + run * beta_run + c, real, 0.0)
    tl.store(out + run * out_run + b[:, None] * out_row + c[None, :], x * scale[None, :] + shift[None, :], ok)
    unit = run * hidden + c
    tl.store(mean_at + unit, mean, real)
    tl.store(rstd_at + unit, rstd, real)
    old = tl.load(mean_run + unit, real, 0.0)
    tl.store(mean_run + unit, old + MOMENTUM * (mean - old), real)
    old = tl.load(var_run + unit, real, 0.0)
    tl.store(var_run + unit, old + MOMENTUM * (var - old), real)


@jit
def backward_kernel(
    d, h, mean_at, rstd_at, gamma, g_gamma, g_beta, g_bias,
    d_run, d_row, h_run, h_row, gamma_run, g_gamma_run, g_beta_run, g_bias_run, batch, hidden,
    SIGMOID: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """∂L/∂a over h = φ(a) itself, and ∂L/∂γ, ∂L/∂β and its sum over the batch, of COLUMNS units of one run."""
    run = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    b = tl.arange(0, ROWS)
    real = c < hidden
    ok = (b < batch)[:, None] & real[None, :]
    g = tl.load(d + run * d_run + b[:, None] * d_row + c[None, :], ok, 0.0)
    at = h + run * h_run + b[:, None] * h_row + c[None, :]
    s = tl.load(at, ok, 0.0)
    mean = tl.load(mean_at + run * hidden + c, real, 0.0)
    rstd = tl.load(rstd_at + run * hidden + c, real, 0.0)
    x = tl.where(ok, s - mean[None, :], 0.0)
    sum_d = tl.sum(g, 0)
    sum_dx = tl.sum(g * x, 0)
    tl.store(g_beta + run * g_beta_run + c, sum_d, real)
    tl.store(g_gamma + run * g_gamma_run + c, sum_dx * rstd, real)
    scale = tl.load(gamma + run * gamma_run + c, real, 0.0) * rstd
    slope = rstd * rstd * sum_dx / batch
    g = scale[None, :] * (g - (sum_d / batch)[None, :] - x * slope[None, :])
    if SIGMOID:
        g = g * s * (1.0 - s)
    else:
        g = tl.where(s > 0, g, 0.0)
    g = tl.where(ok, g, 0.0)
    tl.store(at, g, ok)
    tl.store(g_bias + run * g_bias_run + c, tl.sum(g, 0), real)


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
    """(BN(φ(a)) [R, B, H], μ and 1/σ [R, H]) of the batch; φ(a) overwrites a [R, B, H], which must be contiguous.

    γ and β [R, H]; written into `out` if given, whose units must lie side by side. `running` (μ̄, σ̄²), contiguous
    [R, 1, H], move towards the batch's by `momentum`. All float32; `ValueError` for tensors that lie otherwise.
    """
    out = torch.empty_like(a) if out is None else out
    units = (a, gamma, beta, out)
    if not a.is_contiguous() or any(t.stride(-1) != 1 for t in units):
        raise ValueError("a must be contiguous, and units of gamma, beta and out lie side by side")
    if not all(s.is_contiguous() for s in running):
        raise ValueError("running averages must be contiguous")
    if any(t.dtype != torch.float32 for t in (*units, *running)):
        raise ValueError(f"expected float32, got {[t.dtype for t in (*units, *running)]}")
    runs, batch, hidden = a.shape
    mean, rstd = torch.empty(2, runs, hidden, device=a.device)
    rows, columns, warps = tile(runs, batch, hidden)
    forward_kernel[-(-hidden // columns), runs](
        a, gamma, beta, out, mean, rstd, *running,
        *a.stride()[:2], *out.stride()[:2], gamma.stride(0), beta.stride(0), batch, hidden,
        EPS=eps, MOMENTUM=momentum, SIGMOID=sigmoid, ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return out, mean, rstd


def backward(
    d: Tensor,
    h: Tensor,
    mean: Tensor,
    rstd: Tensor,
    gamma: Tensor,
    to: tuple[Tensor, Tensor, Tensor],
    *,
    sigmoid: bool,
) -> Tensor:
    """∂L/∂a [R, B, H], over h = φ(a) of the forward pass, from d = ∂L/∂y [R, B, H].

    `to`: where ∂L/∂γ, ∂L/∂β and ∂L/∂b [R, H] (of the bias in a) are written. `ValueError` if units of a run do not
    lie side by side.
    """
    d = d if d.stride(2) == 1 else d.contiguous()
    if any(t.stride(-1) != 1 for t in (h, gamma, *to)):
        raise ValueError("units of a run must lie side by side")
    runs, batch, hidden = h.shape
    rows, columns, warps = tile(runs, batch, hidden)
    backward_kernel[-(-hidden // columns), runs](
        d, h, mean, rstd, gamma, *to,
        *d.stride()[:2], *h.stride()[:2], gamma.stride(0), *(t.stride(0) for t in to), batch, hidden,
        SIGMOID=sigmoid, ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return h
