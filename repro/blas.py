"""Which library multiplies float32 matrices: chosen once a process, and part of what a run is kept under.

PyTorch's `mm` and `bmm` call a BLAS (MKL). On AMD processors with AVX-512 oneDNN, which PyTorch itself uses in
compiled code only, is twice as fast; on Intel's, and on AMD's without AVX-512, it is slower (docs/performance.md).
They differ in the last digits, so the other one is taken only where it wins clearly: a choice that wavered from
process to process would make runs unrepeatable.

On a GPU it is a kernel of ours on its tensor cores (`repro.kernels.products_triton`) where Triton works, else cuBLAS.
REPRO_PRODUCTS=blas asks for the BLAS on both.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from repro.errors import BadValueError

BLAS, ONEDNN, TF32X3 = "blas", "onednn", "tf32x3"
CLEARLY = 1.3
"""How many times faster oneDNN must be: it measured 2.2 where it wins, 0.85 where it does not."""
SIZES = ((256, 256, 256), (64, 512, 512))

_operator: Callable[..., Tensor] | None = None
if platform.machine().lower() in ("x86_64", "amd64") and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
    _operator = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # a private one: it may be missing


def onednn(a: Tensor, b: Tensor) -> Tensor:
    """a b for matrices a [M, K] and b [K, N], any strides, by oneDNN.

    b is copied where neither its rows nor its columns lie side by side (one run's part of [B, R·H]): oneDNN takes
    such a matrix, but by a loop that is a thousand times slower. Of a, the operator itself makes a copy.
    """
    assert _operator is not None
    dense = b.is_contiguous() or b.T.is_contiguous()
    return _operator(a, (b if dense else b.contiguous()).T, None, "none", [], "")


@cache
def name() -> str:
    """ "blas" or "onednn": by REPRO_PRODUCTS if it is set, else by a measurement of some 10 ms."""
    asked = _asked()
    if asked == ONEDNN and _operator is None:
        raise BadValueError("REPRO_PRODUCTS asks for oneDNN, whose operator this build of torch lacks")
    if asked or _operator is None:
        return asked or BLAS
    return ONEDNN if _gain() >= CLEARLY else BLAS


def _asked() -> str:
    asked = os.environ.get("REPRO_PRODUCTS", "")
    if asked not in ("", BLAS, ONEDNN):
        raise BadValueError(f"REPRO_PRODUCTS is {asked!r}; expected {BLAS}, {ONEDNN} (on a CPU), or nothing")
    return asked


@cache
def on_gpu() -> str:
    """ "tf32x3" if float32 products on a GPU here go to our kernel, else "blas": by REPRO_PRODUCTS and Triton.

    Triton must be there, with the C compiler that it needs to start anything, and the GPU must know TF32.
    """
    if _asked() == BLAS or os.environ.get("REPRO_TRITON") == "0" or not torch.cuda.is_available():
        return BLAS
    try:
        from triton.runtime import driver

        target = driver.active.get_current_target()
    except Exception:  # whatever it is, cuBLAS needs nothing of it
        return BLAS
    return TF32X3 if target.backend == "cuda" and target.arch >= 80 else BLAS


def bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 by itself: elsewhere it takes many times as long as float32."""
    known = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(known and known())


@torch.no_grad()
def _gain() -> float:
    """The BLAS's time over oneDNN's, where oneDNN gains least: the best of several, since others use the core too."""
    threads, gains = torch.get_num_threads(), []
    torch.set_num_threads(1)  # whatever is asked for: two cores that are not free would decide by chance
    try:
        for m, k, n in SIZES:
            a, b = (torch.randn(s, generator=torch.Generator()) for s in ((m, k), (k, n)))
            gains.append(_best(torch.mm, a, b) / _best(onednn, a, b))
    finally:
        torch.set_num_threads(threads)
    return min(gains)


def _best(product: Callable[[Tensor, Tensor], Tensor], a: Tensor, b: Tensor, times: int = 8) -> float:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        product(a, b)
        found.append(time.perf_counter() - began)
    return min(found)
