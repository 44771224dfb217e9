"""Parameters of R runs in one buffer [R, P]: a run is one contiguous row, an update is one optimiser call."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

ROW = 32
"""On a GPU rows are padded to a multiple of 32 numbers: a misaligned matrix would take slow kernels."""


class OutFirst(tuple[int, ...]):
    """The shape (I, O) of a matrix whose numbers lie as [O, I]: what belongs to one output lies side by side."""


def _laid(rows: Tensor, shape: Sequence[int]) -> Tensor:
    """Rows [n, size] as [n, *shape], a view."""
    if isinstance(shape, OutFirst):
        return rows.view(len(rows), *shape[::-1]).mT
    return rows.view(len(rows), *shape)


class Params:
    """Named parameters `p` [R, *shape], views of `flat` [R, P], and their gradients `g`, views of `flat_grad`.

    `models`: so many equal sets of the shapes a run, one behind the other in its row; names then are [R·models,
    *shape]; a shape may be `OutFirst`. `blocks`: the columns [a, b) of a row that are updated or not updated as one
    (a segment, a model). `written`: of a matrix stored `OutFirst`, for each run, which outputs may have a gradient
    that is not zero, [O] int32: what is added to a gradient by others stays there, so they may scale it, no more.
    Letters used throughout: R runs, B batch, H hidden units, C classes, D input features.
    """

    def __init__(
        self,
        shapes: Mapping[str, Sequence[int]],
        runs: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        models: int = 1,
    ):
        self.runs, self.models = runs, models
        size = sum(math.prod(s) for s in shapes.values())
        if torch.device(device).type == "cuda":
            size = -(-size // ROW) * ROW
        self.flat = torch.zeros(runs, models * size, device=device, dtype=dtype)
        self.flat_grad = torch.zeros_like(self.flat)
        self.blocks = [(m * size, (m + 1) * size) for m in range(models)]
        self.spans: dict[str, tuple[int, int]] = {}
        at = 0
        for name, shape in shapes.items():
            self.spans[name] = (at, at + math.prod(shape))
            at += math.prod(shape)
        self._shapes = dict(shapes)
        self.written: dict[str, list[Tensor]] = {}
        self.p, self.g = self.views(self.flat), self.views(self.flat_grad)

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Any tensor like `flat` (a moment of Adam) by the parameters' names: views [R·models, *shape]."""
        rows = flat.view(self.runs * self.models, -1)
        return {k: _laid(rows[:, a:b], self._shapes[k]) for k, (a, b) in self.spans.items()}

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of one run's parameters: tells two initialisations apart."""
        h, own = hashlib.sha256(), slice(run * self.models, (run + 1) * self.models)
        for name in sorted(self.p):
            h.update(self.p[name][own].detach().cpu().contiguous().numpy().tobytes())
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


def normal_(parameter: Tensor, std: float, generators: Sequence[torch.Generator]) -> None:
    """Fill `parameter` [R, *shape] with N(0, std²), each run from its own CPU generator.

    Drawn on the CPU whatever the device, so that a seed means the same weights everywhere.
    """
    for row, generator in zip(parameter, generators, strict=True):
        row.copy_(torch.randn(row.shape, generator=generator, dtype=torch.float32) * std)
