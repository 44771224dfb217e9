"""Symbols as vectors that are learned, and the net of a parser: vectors side by side, then an MLP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.dropout import Dropout
from repro.nets.dropped import Drop
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.nets.params import normal_
from repro.nets.segments import Segment
from repro.nets.tanh import DenseTanh


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


def parser(
    symbols: int,
    size: int,
    std: float,
    sizes: Sequence[int],
    runs: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    keep: Sequence[Keep | None] | None = None,
    act: str = "relu",
    drops: Sequence[Drop] = (),
) -> Net:
    """Vectors of `size` numbers, then (linear → φ) × (N − 1) and a linear classifier; `sizes` begin with P · `size`.

    Source: arXiv:1706.06197v5, section 4, after Chen & Manning (2014). Weights of the MLP as in `repro.nets.fcn.mlp`.
    `act`: φ, "relu" or "tanh"; `UnknownNameError` for others. `keep[i−1]`: what the MLP's map i keeps;
    `drops[i−1]`: the dropout behind its hidden layer i, if there are any.
    """
    if act not in ("relu", "tanh"):
        raise UnknownNameError("activation of a parser", act, ("relu", "tanh"))
    layers: list[Segment] = [Embedding(symbols, size, std)]
    last, kept = len(sizes) - 2, keep or [None] * (len(sizes) - 1)
    for n, (i, o) in enumerate(pairwise(sizes)):
        spread = math.sqrt(6 / (i + o))
        bent = act == "tanh" and n < last
        plain = "none" if n == last else "relu"
        layers.append(
            DenseTanh(i, o, spread, kept[n]) if bent else Dense(i, o, plain, std=spread, keep=kept[n])
        )
        if drops and n < last:
            layers.append(Dropout(drops[n]))
    return Net(layers, runs, device, dtype)
