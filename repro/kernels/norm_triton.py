"""Batch norm followed by ReLU on a GPU: one kernel forward, one backward, for all runs; `norm_plain` is the twin.

A block of threads holds some columns (hidden units) of one run over the whole batch, so that both passes over the
batch, the mean and then the centred squares, read memory once; no block waits for another and nothing is added
atomically: the same numbers bit by bit at every call. Sums are float32 for bfloat16 activations, too. Memory-bound:
forward moves 8 bytes an activation (float32), backward 16.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels.norm_plain import BatchNormCache
from repro.kernels.triton_or_none import jit, tl

BUSY = 132
"""Blocks that give each multiprocessor of an H100 one."""


def tile(runs: int, batch: int, hidden: int) -> tuple[int, int, int]:
    """(rows, columns, warps) of a block: rows hold the batch, 16 numbers or so a thread and tensor.

    16 columns are 64 bytes of each row; 8, the 32 bytes of a sector, where blocks would be too few or too large.
    """
    rows = max(16, 1 << (batch - 1).bit_length())
    columns = 16 if runs * -(-hidden // 16) >= BUSY and rows <= 1024 else 8
    return rows, columns, min(16, max(1, rows * columns // 512))


@jit
def forward_kernel(
    a, gamma, beta, out, mean_at, rstd_at, var_at, mean_run, var_run,
    a_run, a_row, out_run, out_row, gamma_run, beta_run, batch, hidden,
    EPS: tl.constexpr, MOMENTUM: tl.constexpr, TRACK: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Statistics, output and, where TRACK, the running averages of COLUMNS units of one run."""
    run = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    b = tl.arange(0, ROWS)
    real = c < hidden
    ok = (b < batch)[:, None] & real[None, :]
    x = tl.load(a + run * a_run + b[:, None] * a_row + c[None, :], ok, 0.0).to(tl.float32)
    mean = tl.sum(x, 0) / batch
    x = tl.where(ok, x - mean[None, :], 0.0)
    var = tl.sum(x * x, 0) / batch
    rstd = 1.0 / tl.sqrt_rn(var + EPS)
    scale = tl.load(gamma + run * gamma_run + c, real, 0.0).to(tl.float32) * rstd
    shift = tl.load(beta + run * beta_run + c, real, 0.0).to(tl.float32)
    y = tl.maximum(x * scale[None, :] + shift[None, :], 0.0)
    tl.store(out + run * out_run + b[:, None] * out_row + c[None, :], y, ok)
    at = run * hidden + c
    tl.store(mean_at + at, mean, real)
    tl.store(rstd_at + at, rstd, real)
    tl.store(var_at + at, var, real)
    if TRACK:
        old = tl.load(mean_run + at, real, 0.0)
        tl.store(mean_run + at, old + MOMENTUM * (mean - old), real)
        old = tl.load(var_run + at, real, 0.0)
        tl.store(var_run + at, old + MOMENTUM * (var - old), real)


@jit
def backward_kernel(
    d, out, a, mean_at, rstd_at, gamma, g_gamma, g_beta,
    d_run, d_row, out_run, out_row, a_run, a_row, gamma_run, g_gamma_run, g_beta_run, batch, hidden,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """∂L/∂a over a itself, and ∂L/∂γ and ∂L/∂β, of COLUMNS units of one run."""
    run = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    b = tl.arange(0, ROWS)
    real = c < hidden
    ok = (b < batch)[:, None] & real[None, :]
    g = tl.load(d + run * d_run + b[:, None] * d_row + c[None, :], ok, 0.0).to(tl.float32)
    h = tl.load(out + run * out_run + b[:, None] * out_row + c[None, :], ok, 0.0).to(tl.float32)
    a_at = a + run * a_run + b[:, None] * a_row + c[None, :]
    x = tl.load(a_at, ok, 0.0).to(tl.float32)
    mean = tl.load(mean_at + run * hidden + c, real, 0.0)
    rstd = tl.load(rstd_at + run * hidden + c, real, 0.0)
    g = tl.where(h > 0, g, 0.0)
    x = tl.where(ok, x - mean[None, :], 0.0)
    sum_d = tl.sum(g, 0)
    sum_dc = tl.sum(g * x, 0)
    tl.store(g_beta + run * g_beta_run + c, sum_d, real)
    tl.store(g_gamma + run * g_gamma_run + c, sum_dc * rstd, real)
    scale = tl.load(gamma + run * gamma_run + c, real, 0.0).to(tl.float32) * rstd
    slope = rstd * rstd * sum_dc / batch
    tl.store(a_at, scale[None, :] * (g - (sum_d / batch)[None, :] - x * slope[None, :]), ok)


def _rows(x: Tensor) -> Tensor:
    """`x`, or a copy of it if units of an example, or of a row of parameters, do not lie side by side."""
    return x if x.stride(-1) == 1 else x.contiguous()


def bn_relu(
    a: Tensor,
    gamma: Tensor,
    beta: Tensor,
    out: Tensor | None,
    eps: float,
    running: tuple[Tensor, Tensor] | None,
    momentum: float,
) -> BatchNormCache:
    """As `repro.kernels.norm.bn_relu`; a and `out` [R, B, H] may be views whose units lie side by side.

    `centred` in the cache is a itself, unchanged. μ, 1/σ, σ² [R, 1, H] float32; the running averages [R, 1, H]
    contiguous float32. `ValueError` for an `out` or averages that lie otherwise.
    """
    a, gamma, beta = _rows(a), _rows(gamma), _rows(beta)
    out = torch.empty_like(a) if out is None else out
    if out.stride(2) != 1:
        raise ValueError(f"out: units must lie side by side, strides are {out.stride()}")
    runs, batch, hidden = a.shape
    made = torch.empty(3, runs, 1, hidden, device=a.device, dtype=torch.float32)
    mean, rstd, var = made.unbind()
    track = running is not None
    if running is not None and not all(s.is_contiguous() and s.dtype == torch.float32 for s in running):
        raise ValueError("running averages must be contiguous and float32")
    mean_run, var_run = running or (mean, var)
    rows, columns, warps = tile(runs, batch, hidden)
    forward_kernel[-(-hidden // columns), runs](
        a, gamma, beta, out, mean, rstd, var, mean_run, var_run,
        *a.stride()[:2], *out.stride()[:2], gamma.stride(0), beta.stride(0), batch, hidden,
        EPS=eps, MOMENTUM=momentum, TRACK=track, ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return BatchNormCache(a, rstd, out, mean, var)


def bn_relu_backward(
    d: Tensor, cache: BatchNormCache, gamma: Tensor, g_gamma: Tensor, g_beta: Tensor
) -> Tensor:
    """As `repro.kernels.norm.bn_relu_backward`; the result overwrites a. d [R, B, H] may be a view, as may the rows
    `g_gamma`, `g_beta` [R, H] that take the gradients. `ValueError` if these do not lie side by side in a run.
    """
    a, out, d, gamma = cache.take(), cache.out, _rows(d), _rows(gamma)
    if g_gamma.stride(1) != 1 or g_beta.stride(1) != 1:
        raise ValueError("g_gamma and g_beta: the gradients of a run must lie side by side")
    runs, batch, hidden = a.shape
    rows, columns, warps = tile(runs, batch, hidden)
    backward_kernel[-(-hidden // columns), runs](
        d, out, a, cache.mean, cache.rstd, gamma, g_gamma, g_beta,
        *d.stride()[:2], *out.stride()[:2], *a.stride()[:2],
        gamma.stride(0), g_gamma.stride(0), g_beta.stride(0), batch, hidden,
        ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return a
