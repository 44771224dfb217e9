"""Parameters of R runs in one flat buffer, so that one optimiser call updates everything."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


class Stack:
    """Named parameters `[R, *shape]` that are views of one flat buffer; the same for their gradients.

    Letters used throughout: R runs, B batch, H hidden units, C classes, D input features.
    """

    def __init__(
        self,
        shapes: Mapping[str, Sequence[int]],
        runs: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        sizes = {k: runs * math.prod(s) for k, s in shapes.items()}
        self.runs = runs
        self.flat = torch.zeros(sum(sizes.values()), device=device, dtype=dtype)
        self.flat_grad = torch.zeros_like(self.flat)
        self.p: dict[str, Tensor] = {}
        self.g: dict[str, Tensor] = {}
        at = 0
        for name, shape in shapes.items():
            self.p[name] = self.flat[at : at + sizes[name]].view(runs, *shape)
            self.g[name] = self.flat_grad[at : at + sizes[name]].view(runs, *shape)
            at += sizes[name]

    def adam(self, lr: float, eps: float = 1e-8) -> torch.optim.Adam:
        """Fused Adam (β = 0.9, 0.999) over the flat buffer: all parameters of all runs in one call."""
        leaf = torch.nn.Parameter(self.flat, requires_grad=False)
        leaf.grad = self.flat_grad
        on_gpu = self.flat.is_cuda
        return torch.optim.Adam([leaf], lr=lr, eps=eps, fused=True, capturable=on_gpu)

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of one run's parameters: tells two initialisations apart."""
        h = hashlib.sha256()
        for name in sorted(self.p):
            h.update(self.p[name][run].detach().cpu().contiguous().numpy().tobytes())
        return h.hexdigest()[:16]


class Scratch:
    """Tensors that are reused from step to step, by name: fresh memory costs a page fault every 4 KiB."""

    def __init__(self) -> None:
        self.kept: dict[str, Tensor] = {}

    def __call__(self, name: str, shape: Sequence[int], like: Tensor) -> Tensor:
        """The uninitialised tensor of that name and shape, with the dtype and device of `like`."""
        made = self.kept.get(name)
        if made is None or made.shape != torch.Size(shape):
            made = self.kept[name] = like.new_empty(tuple(shape))
        return made


def joint_adam(stacks: Sequence[Stack], lr: float, eps: float = 1e-8) -> torch.optim.Adam:
    """Fused Adam (β = 0.9, 0.999) over several stacks in one call: half the overhead of an optimiser each."""
    leaves = [torch.nn.Parameter(s.flat, requires_grad=False) for s in stacks]
    for leaf, stack in zip(leaves, stacks, strict=True):
        leaf.grad = stack.flat_grad
    return torch.optim.Adam(leaves, lr=lr, eps=eps, fused=True, capturable=stacks[0].flat.is_cuda)


def normal_(parameter: Tensor, std: float, generators: Sequence[torch.Generator]) -> None:
    """Fill `parameter` [R, *shape] with N(0, std²), each run from its own CPU generator.

    Drawn on the CPU whatever the device, so that a seed means the same weights everywhere.
    """
    for row, generator in zip(parameter, generators, strict=True):
        row.copy_(torch.randn(row.shape, generator=generator, dtype=torch.float32) * std)
