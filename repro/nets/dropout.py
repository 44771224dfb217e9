"""Dropout as a segment of its own, behind units of any kind. (`repro.nets.dropped`: part of a ReLU layer, faster.)"""

from __future__ import annotations

from torch import Tensor

from repro.nets.dropped import Drop
from repro.nets.segments import Segment


class Dropout(Segment):
    """y = x ⊙ m / (1 − p) in training mode with the mask m of `drop`, y = x in test mode. No parameters."""

    def __init__(self, drop: Drop):
        self.drop = drop
        self._mask: Tensor | None = None

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y [R, B, O]; keeps the mask."""
        self._mask = self.drop.kept()
        y = (x * self._mask).mul_(self.drop.scale)
        return y if out is None else out.copy_(y)

    def pull(self, consumed: Tensor, need_input: bool = True) -> Tensor:
        """∂L/∂x = `consumed` ⊙ m / (1 − p); `RuntimeError` unless a forward pass came before, which is used up."""
        if self._mask is None:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        mask, self._mask = self._mask, None
        return (consumed * mask).mul_(self.drop.scale)

    def predict(self, x: Tensor) -> Tensor:
        """x itself."""
        return x
