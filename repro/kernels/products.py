"""The one door for matrix products: the routine that suits device and size, same numbers up to rounding.

On some CPUs oneDNN's float32 products take half the time of those behind `torch.bmm`: `repro.blas` chooses.
oneDNN knows no run axis, so runs are taken one by one. On a GPU a kernel of ours uses the tensor cores
(`products_triton`), for products of every size. Everywhere else, and for small ones on a CPU, this is `torch.bmm`:
the plain twin of every function here. Shapes: x [R, B, I], w [R, I, O], b [R, O], d = ∂L/∂y [R, B, O].
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from repro import blas, native
from repro.kernels import cpu, gpu

FROM = 1 << 21
"""Multiplications a run from which oneDNN pays for a call a run, where it is the routine of choice."""
SUMMANDS = 12
"""Up to which the BLAS is as fast where a result is written into memory that is there, or, of a large one, 2.5 times
as fast (∂L/∂W of ten examples): oneDNN writes it twice. Into fresh memory it is slower."""
SMALL = 1 << 13
"""Elements of a weight matrix below which `bmm` into rows of [R, P], a call a run, costs more than copying."""

_rounding: ContextVar[bool] = ContextVar("inside tensor_cores", default=False)
"""Kept beside torch's own setting, which warns when it is read on a GPU."""


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
    token = _rounding.set(True)
    try:
        yield
    finally:
        _rounding.reset(token)
        matmul.allow_tf32 = before


def suits(a: Tensor, b: Tensor) -> bool:
    """Whether a b, for a [R, M, K] and b [R, K, N], goes through oneDNN, run by run."""
    large = a.shape[1] * a.shape[2] * b.shape[2] >= FROM
    return large and a.dtype == torch.float32 and not a.is_cuda and blas.name() == blas.ONEDNN


def each(a: Tensor, b: Tensor) -> bool:
    """Whether bfloat16 products a b on a CPU are taken run by run: `torch.bmm` copies a transposed operand badly.

    With weights that do not lie side by side it takes 2.5 times as long for d Wᵀ; nowhere is it the faster one.
    """
    large = a.shape[1] * a.shape[2] * b.shape[2] >= FROM
    return large and a.dtype == torch.bfloat16 and not a.is_cuda


def triton(a: Tensor) -> bool:
    """Whether float32 products with `a` go through our kernel for GPUs: not inside `tensor_cores`, which is cuBLAS's.

    `RuntimeError` where `blas.on_gpu`, under whose name results are kept, promised the kernel and it does not work.
    """
    # a subclass may only say that it is there, as the tests' pretend device
    there = a.is_cuda and type(a) is Tensor and a.dtype == torch.float32
    if not there or blas.on_gpu() != blas.TF32X3 or _rounding.get():
        return False
    if not gpu.works(a.device):
        raise RuntimeError(
            "Triton is installed but its kernels do not run: set REPRO_PRODUCTS=blas, or remove it"
        )
    return True


def _by_kernel(a: Tensor, b: Tensor, out: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
    from repro.kernels import products_triton

    return products_triton.multiply(a, b, out, bias)


def _close(a: Tensor) -> Tensor:
    """a [M, K], or of a transposed view a copy by our kernel (`products.c`): PyTorch's takes twice as long."""
    if a.stride(1) == 1 or not cpu.suits(a.T, torch.float32):
        return a
    made = a.new_empty(a.shape)
    native.function("transpose", "pnnnp")(a.data_ptr(), a.stride(1), a.shape[1], a.shape[0], made.data_ptr())
    return made


def thin(x: Tensor, w: Tensor) -> bool:
    """Whether x w has few outputs for many examples (a classifier): then (Wᵀ xᵀ)ᵀ is four times faster on a CPU."""
    return w.shape[2] <= 16 <= x.shape[1]


def product(x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    """x w for x [R, B, I] and w [R, I, O] (or transposed views), into `out` [R, B, O], of any strides, if given."""
    if triton(x):
        return _by_kernel(x, w, out)
    if each(x, w):
        out = x.new_empty(len(x), x.shape[1], w.shape[2]) if out is None else out
        for r in range(len(x)):
            torch.mm(x[r], w[r], out=out[r])
        return out
    if not suits(x, w):
        return torch.bmm(x, w) if out is None else torch.bmm(x, w, out=out)
    if out is not None and x.shape[2] <= SUMMANDS:
        for r in range(len(x)):
            torch.mm(x[r], w[r], out=out[r])
        return out
    if len(x) == 1 and out is None:
        return blas.onednn(_close(x[0]), w[0]).unsqueeze(0)
    out = x.new_empty(len(x), x.shape[1], w.shape[2]) if out is None else out
    for r in range(len(x)):
        out[r].copy_(blas.onednn(_close(x[r]), w[r]))
    return out


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """x W + b, [R, B, O], contiguous."""
    if triton(x):
        return _by_kernel(x, w, bias=b)
    if thin(x, w):
        return torch.bmm(w.mT, x.mT).mT.add(b.unsqueeze(1)).contiguous()
    if suits(x, w):
        return product(x, w).add_(b.unsqueeze(1))
    return torch.baddbmm(b.unsqueeze(1), x, w)


def weight_gradient(x: Tensor, d: Tensor, g_w: Tensor) -> None:
    """∂L/∂W = xᵀ d into `g_w` [R, I, O], whose runs need not lie side by side."""
    if triton(x):
        _by_kernel(x.mT, d, g_w)
    elif thin(x, g_w):
        g_w.copy_(torch.bmm(d.mT, x).mT)
    elif len(x) == 1 and not suits(x.mT, d):  # same product, a third faster for small batches on a CPU
        torch.mm(x[0].T, d[0], out=g_w[0])
    else:
        product_into(x.mT, d, g_w)


def product_into(a: Tensor, b: Tensor, out: Tensor) -> None:
    """a b into `out` [R, I, O], a view of parameters or gradients [R, P]."""
    if out.shape[1] * out.shape[2] < SMALL and not triton(a):
        out.copy_(torch.bmm(a, b))
    else:
        product(a, b, out)
