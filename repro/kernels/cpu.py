"""Whether a tensor's work can go to a kernel of ours for CPUs, written in C (`repro.native`)."""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native


def suits(x: Tensor, *dtypes: torch.dtype) -> bool:
    """Whether `x` really lies in this machine's memory, in one of `dtypes`, rows side by side, and one thread works.

    With several threads PyTorch's operators share the work. A subclass may only say where it lies, as the tests'
    pretend device.
    """
    plain = type(x) is Tensor and x.device.type == "cpu" and x.dtype in dtypes and x.stride(-1) == 1
    return plain and torch.get_num_threads() == 1 and native.there()
