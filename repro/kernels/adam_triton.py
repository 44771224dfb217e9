"""Adam over parameters [R, P] on a GPU: one kernel, a rate for each run; torch's fused Adam is the twin.

Torch's kernel gives each block of threads 65,536 numbers, so that a net of 270,000 weights keeps 5 of an H100's 132
multiprocessors busy; here a block takes 1,024. 28 bytes a parameter move, nothing else takes time.

Errors: moments move by m += (1 − β)(g − m), with 1 − β rounded once, so that their fixed points are those of exact β
(with β m + (1 − β) g in float32 the second is off by 1e-5); 1 − βᵗ is a power series while βᵗ is near 1, relative
error below 3e-7 for every t (a float32 power would lose five digits at t = 1).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from repro.kernels.triton_or_none import jit, tl

BLOCK = 1024


@jit
def one_minus_exp(x):
    """1 − eˣ for x ≤ 0: a power series down to −½, where the difference starts to be exact enough."""
    near = 1 + x / 6 * (1 + x / 7 * (1 + x / 8 * (1 + x / 9)))
    near = -x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * near))))
    return tl.where(x > -0.5, near, 1 - tl.exp(x))


@jit
def adam_kernel(
    w, g, m, v, rate, count, size, grad_scale, eps,
    LOG1: tl.constexpr, LOG2: tl.constexpr, ONE1: tl.constexpr, ONE2: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One update of BLOCK parameters of one run; LOGn = log βₙ, ONEn = 1 − βₙ."""
    run = tl.program_id(1).to(tl.int64)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    ok = at < size
    at += run * size
    t = tl.load(count)
    step = tl.load(rate + run) / one_minus_exp(t * LOG1)
    root = tl.sqrt_rn(one_minus_exp(t * LOG2))
    x = tl.load(g + at, ok, 0.0) * grad_scale
    first = tl.load(m + at, ok, 0.0)
    second = tl.load(v + at, ok, 0.0)
    old = tl.load(w + at, ok, 0.0)
    first += ONE1 * (x - first)
    second += ONE2 * (x * x - second)
    tl.store(m + at, first, ok)
    tl.store(v + at, second, ok)
    tl.store(w + at, old - step * first / (tl.sqrt(second) / root + eps), ok)


def step(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    rate: Tensor,
    count: Tensor,
    eps: float,
    betas: tuple[float, float] = (0.9, 0.999),
    grad_scale: float = 1.0,
) -> None:
    """Update w, m, v [R, P] by the gradient grad_scale · g, in place; all contiguous float32.

    `rate` [R, 1] and `count` (0-dim), float32 on the device, are read by the kernel, so that a captured graph follows
    them; `count` is t, 1 at the first update: who calls has raised it. Exact up to t = 2²⁴. `ValueError` for tensors
    that are not so.
    """
    runs, size = w.shape
    same = all(x.shape == w.shape and x.is_contiguous() and x.dtype == torch.float32 for x in (w, g, m, v))
    if not same or rate.numel() != runs or {rate.dtype, count.dtype} != {torch.float32}:
        raise ValueError("w, g, m, v [R, P], rate [R, 1] and count must be contiguous and float32")
    adam_kernel[-(-size // BLOCK), runs](
        w, g, m, v, rate, count, size, grad_scale, eps,
        LOG1=math.log(betas[0]), LOG2=math.log(betas[1]), ONE1=1 - betas[0], ONE2=1 - betas[1],
        BLOCK=BLOCK, num_warps=4,
    )  # fmt: skip


def probe(device: torch.device) -> None:
    """Run the kernel once, and wait for it: an error says why it cannot."""
    w, g, m, v = torch.zeros(4, 1, 32, device=device).unbind()
    rate = count = torch.ones(1, 1, device=device)
    step(w, g.fill_(1), m, v, rate, count, 1e-8)
    if abs(w[0, 0].item() + 1) > 1e-5:
        raise RuntimeError(f"a first step of Adam went {w[0, 0].item()} instead of -1")
