"""The fully connected segment with tanh, whose units do not die and whose outputs are bounded."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from repro.nets.dense import Dense
from repro.nets.linear import Keep


class DenseTanh(Dense):
    """y = tanh(x W + b) for R runs: x [R, B, I] → y [R, B, O]; `std` and `keep` as in `Dense`."""

    def __init__(self, inputs: int, outputs: int, std: float | None = None, keep: Keep | None = None):
        super().__init__(inputs, outputs, "none", std=std, keep=keep)
        self._out: Tensor | None = None

    def _plain(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        return torch.tanh(super()._plain(p, x))

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y [R, B, O]; keeps x and y."""
        if not self.fast:
            return super().forward(x, out)
        self._out = super().forward(x).tanh_()
        return self._out if out is None else out.copy_(self._out)

    def pull(self, consumed: Tensor, need_input: bool = True) -> Tensor | None:
        """As `Dense`, of the gradient at x W + b: `consumed` times 1 − y²."""
        if self.fast and self._out is not None:
            consumed, self._out = torch.ops.aten.tanh_backward(consumed, self._out), None
        return super().pull(consumed, need_input)

    def predict(self, x: Tensor) -> Tensor:
        """y [R, B, O] of x [R, B, I]."""
        return super().predict(x).tanh_()
