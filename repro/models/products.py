"""Matrix products with the routine that suits device and size: same numbers up to rounding.

On an x86 CPU oneDNN's float32 kernel, which PyTorch itself uses in compiled code only, gives 110 GFLOP/s a core where
the BLAS behind `torch.bmm` gives 100 (measured: docs/performance.md). It knows no run axis, so runs are taken one by
one. Everywhere else, and for small products, this is `torch.bmm`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable

import torch
from torch import Tensor

FROM = 1 << 17
"""Elements of a weight matrix from which a call a run pays."""

_X86 = platform.machine().lower() in ("x86_64", "amd64")
_onednn: Callable[..., Tensor] | None = None
if _X86 and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
    # a private operator: where it is missing, torch.bmm
    _onednn = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def suits(x: Tensor, w: Tensor) -> bool:
    """Whether x w goes through oneDNN's kernel, run by run."""
    large = w.shape[1] * w.shape[2] >= FROM and x.shape[1] >= 16
    return _onednn is not None and large and not x.is_cuda and x.dtype == torch.float32


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
