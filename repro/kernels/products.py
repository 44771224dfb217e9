"""The one door for matrix products: the routine that suits device and size, same numbers up to rounding.

On an x86 CPU with AVX-512 oneDNN's float32 kernel, which PyTorch itself uses in compiled code only, gives 110 GFLOP/s
a core where the BLAS behind `torch.bmm` gives 100 (docs/performance.md). It knows no run axis, so runs are taken one
by one. Everywhere else, and for small products, this is `torch.bmm`: the plain twin of every function here.
Shapes: x [R, B, I], w [R, I, O], b [R, O], d = ∂L/∂y [R, B, O].
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

FROM = 1 << 17
"""Elements of a weight matrix from which a call a run pays."""
SMALL = 1 << 13
"""Elements of a weight matrix below which `bmm` into rows of [R, P], a call a run, costs more than copying."""

_X86 = platform.machine().lower() in ("x86_64", "amd64")
_onednn: Callable[..., Tensor] | None = None
if _X86 and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
    # a private operator: where it is missing, torch.bmm
    _onednn = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


@contextmanager
def tensor_cores(on: bool, like: Tensor) -> Iterator[None]:
    """Inside, float32 products on a GPU round their operands to 10 bits of mantissa (TF32), if `on`.

    The setting is the process's: eager work of several threads must take turns (`repro.train.captured.turn`).
    """
    matmul = torch.backends.cuda.matmul
    if not (on and like.is_cuda):
        yield
        return
    before, matmul.allow_tf32 = matmul.allow_tf32, True
    try:
        yield
    finally:
        matmul.allow_tf32 = before


def suits(x: Tensor, w: Tensor) -> bool:
    """Whether x w goes through oneDNN's kernel, run by run."""
    large = w.shape[1] * w.shape[2] >= FROM and x.shape[1] >= 16
    return _onednn is not None and large and not x.is_cuda and x.dtype == torch.float32


def thin(x: Tensor, w: Tensor) -> bool:
    """Whether x w has few outputs for many examples (a classifier): then (Wᵀ xᵀ)ᵀ is four times faster on a CPU."""
    return w.shape[2] <= 16 <= x.shape[1]


def product(x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    """x w for x [R, B, I] and w [R, I, O] (or a transposed view), into `out` [R, B, O] if given."""
    if not suits(x, w):
        return torch.bmm(x, w) if out is None else torch.bmm(x, w, out=out)
    assert _onednn is not None
    if len(x) == 1 and out is None:
        return _onednn(x[0], w[0].T, None, "none", [], "").unsqueeze(0)
    out = x.new_empty(len(x), x.shape[1], w.shape[2]) if out is None else out
    for r in range(len(x)):
        out[r].copy_(_onednn(x[r], w[r].T, None, "none", [], ""))
    return out


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """x W + b, [R, B, O], contiguous."""
    if thin(x, w):
        return torch.bmm(w.mT, x.mT).mT.add(b.unsqueeze(1)).contiguous()
    return torch.baddbmm(b.unsqueeze(1), x, w)


def weight_gradient(x: Tensor, d: Tensor, g_w: Tensor) -> None:
    """∂L/∂W = xᵀ d into `g_w` [R, I, O], whose runs need not lie side by side."""
    if thin(x, g_w):
        g_w.copy_(torch.bmm(d.mT, x).mT)
    elif len(x) == 1:  # same product; the plain routine is a third faster for small batches on a CPU
        torch.mm(x[0].T, d[0], out=g_w[0])
    else:
        product_into(x.mT, d, g_w)


def product_into(a: Tensor, b: Tensor, out: Tensor) -> None:
    """a b into `out` [R, I, O], a view of parameters or gradients [R, P]."""
    if out.shape[1] * out.shape[2] < SMALL:
        out.copy_(torch.bmm(a, b))
    else:
        torch.bmm(a, b, out=out)
