"""The net of a parser: vectors of symbols side by side, then an MLP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch

from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.dropout import Dropout
from repro.nets.dropped import Drop
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.nets.segments import Segment
from repro.nets.symbols import DenseOfSymbols, Span


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
    few: Sequence[Span] = (),
) -> Net:
    """Vectors of `size` numbers, then (linear → φ) × (N − 1) and a linear classifier; `sizes` begin with P · `size`.

    Source: arXiv:1706.06197v5, section 4, after Chen & Manning (2014). Weights of the MLP as in `repro.nets.fcn.mlp`.
    `act`: φ, "relu" or "tanh"; `UnknownNameError` for others. `keep[i−1]`: what the MLP's map i keeps;
    `drops[i−1]`: the dropout behind its hidden layer i, if there are any. `few`: see `DenseOfSymbols`.
    """
    if act not in ("relu", "tanh"):
        raise UnknownNameError("activation of a parser", act, ("relu", "tanh"))
    layers: list[Segment] = []
    last, kept = len(sizes) - 2, keep or [None] * (len(sizes) - 1)
    for n, (i, o) in enumerate(pairwise(sizes)):
        spread, own = math.sqrt(6 / (i + o)), "none" if n == last else act
        if n:
            layers.append(Dense(i, o, own, std=spread, keep=kept[n]))
        else:
            layers.append(DenseOfSymbols(symbols, size, std, i // size, o, own, spread, kept[n], few))
        if drops and n < last:
            layers.append(Dropout(drops[n]))
    return Net(layers, runs, device, dtype)
