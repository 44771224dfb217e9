"""Symbols as vectors that are learned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.nets.params import normal_
from repro.nets.segments import Segment


class Embedding(Segment):
    """The vectors of P symbols side by side, for R runs: ids [R, B, P] → [R, B, P · `size`].

    One table E [R, `symbols`, `size`]; initial vectors N(0, std²). No product: meProp leaves it as it is.
    """

    def __init__(self, symbols: int, size: int, std: float):
        self.symbols, self.size, self.std = symbols, size, std
        self._at: Tensor | None = None

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """E."""
        return {"E": (self.symbols, self.size)}

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Vectors N(0, std²)."""
        normal_(self.p["E"], self.std, generators)

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """The vectors [R, B, P · size] of x [R, B, P]; keeps x."""
        self._at = x
        y = self.predict(x)
        return y if out is None else out.copy_(y)

    def pull(self, consumed: Tensor, need_input: bool = True) -> None:
        """∂L/∂E: each symbol's vector gets the sum over the places where it stood. Symbols have no gradient.

        `RuntimeError` unless a forward pass came before, which is used up.
        """
        if self._at is None:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        at, self._at = self._at, None
        for r, g in enumerate(self.g["E"]):
            # sorted or in order on every device, so the same bits at every call
            made = torch.ops.aten.embedding_dense_backward(
                consumed[r].reshape(-1, self.size), at[r].reshape(-1), self.symbols, -1, False
            )
            g.copy_(made)

    def predict(self, x: Tensor) -> Tensor:
        """The vectors [R, B, P · size] of x [R, B, P]."""
        made = [table.index_select(0, at.reshape(-1)) for table, at in zip(self.p["E"], x, strict=True)]
        return torch.stack(made).view(*x.shape[:2], -1)
