"""Whether a tensor's work can go to a kernel of ours for GPUs, written in Triton.

CUDA builds of torch bring Triton along; it also needs a C compiler for what starts its kernels. Where either is
missing every caller takes its plain twin (the compiler: after REPRO_TRITON=0): no result needs it.
"""

from __future__ import annotations

import os
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

    To be asked first while no CUDA graph is captured: the warm-up steps before a capture see to that. `RuntimeError`
    where Triton is there and does not work: results are kept under its version, so plain kernels must be asked for.
    """
    if os.environ.get("REPRO_TRITON") == "0":
        return False
    try:
        import triton  # noqa: F401
    except ImportError:
        return False
    try:
        from repro.kernels.adam_triton import probe

        probe(device)
    except Exception as error:  # whatever it is (no compiler, an unknown GPU): the plain twins need nothing
        raise RuntimeError(
            f"Triton is installed but its kernels do not run ({error}): set REPRO_TRITON=0 for plain ones"
        ) from error
    return True
