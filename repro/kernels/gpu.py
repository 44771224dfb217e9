"""Whether a tensor's work can go to a kernel of ours for GPUs, written in Triton.

CUDA builds of torch bring Triton along; it also needs a C compiler for what starts its kernels. Where either is
missing every caller takes its plain twin: nothing here is needed for a result.
"""

from __future__ import annotations

import warnings
from functools import cache

import torch
from torch import Tensor


def suits(x: Tensor, *dtypes: torch.dtype) -> bool:
    """Whether `x` really lies on a GPU, in one of `dtypes`, and Triton works there."""
    # a subclass may only say that it does, as the tests' pretend device
    return x.is_cuda and type(x) is Tensor and x.dtype in dtypes and works(x.device)


@cache
def works(device: torch.device) -> bool:
    """Whether a kernel compiles and runs on `device`: tried once a process, in a fraction of a second.

    To be asked first while no CUDA graph is captured: the warm-up steps before a capture see to that.
    """
    try:
        import triton  # noqa: F401
    except ImportError:
        return False
    try:
        from repro.kernels.adam_triton import probe

        probe(device)
    except Exception as error:  # whatever it is (no compiler, an unknown GPU): the plain twins need nothing
        warnings.warn(f"Triton is installed but unusable, plain kernels are used: {error}", stacklevel=2)
        return False
    return True
