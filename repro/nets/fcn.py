"""The fully connected nets of the three papers, as segments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch

from repro.nets.affine import Affine
from repro.nets.dense import Dense
from repro.nets.dense_last import DenseLast
from repro.nets.linear import Keep, by_rows
from repro.nets.net import Net

# `sizes` = (D, H, …, H, C): segment i (1-based) maps sizes[i−1] units to sizes[i]


def fcn(
    sizes: Sequence[int],
    runs: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    classifier: float = 1.0,
) -> Net:
    """DNI's net: (linear → batch norm → ReLU) × (N − 1), then a linear classifier; weights N(0, 2/fan-in).

    Source: arXiv:1608.05343v2, supplement (v1 A.1): "N layers" = N − 1 hidden layers and the classifier.
    `classifier`: factor on the classifier's initial weights, of which the paper says nothing.
    """
    hidden = [Dense(i, o, norm="first") for i, o in pairwise(sizes[:-1])]
    last = Dense(sizes[-2], sizes[-1], "none", std=classifier * math.sqrt(2 / sizes[-2]))
    return Net([*hidden, last], runs, device, dtype)


def mlp(
    sizes: Sequence[int],
    runs: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    keep: Sequence[Keep | None] | None = None,
) -> Net:
    """meProp's MNIST net: (linear → ReLU) × (N − 1), then linear; `keep[i−1]` of segment i's linear map.

    Source: arXiv:1706.06197v5, section 4. Weights N(0, 6/(fan-in + fan-out)): the public C# code; the paper does
    not say.
    """
    last, keeps = len(sizes) - 2, keep or [None] * (len(sizes) - 1)
    made = [
        Dense(
            i, o, "none" if n == last else "relu", std=math.sqrt(6 / (i + o)), keep=own,
            by_rows=by_rows(own, o, device, dtype),
        )
        for n, ((i, o), own) in enumerate(zip(pairwise(sizes), keeps, strict=True))
    ]  # fmt: skip
    return Net(made, runs, device, dtype)


def normed_mlp(
    sizes: Sequence[int],
    runs: int,
    act: str = "relu",
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Net:
    """Understanding SG's MNIST net: (linear → φ → batch norm) × (N − 1), then a linear classifier.

    Source: arXiv:1703.00522v1, supplement C: units "followed by" batch norm. h_i is the output of the batch norm.
    Weights N(0, 1/fan-in): the paper does not say.
    """
    hidden = [DenseLast(i, o, act, 1 / math.sqrt(i)) for i, o in pairwise(sizes[:-1])]
    last = Dense(sizes[-2], sizes[-1], "none", std=1 / math.sqrt(sizes[-2]))
    return Net([*hidden, last], runs, device, dtype)


def linear_net(
    sizes: Sequence[int], runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> Net:
    """Understanding SG's deep linear net, samples as columns: h_i = W_i h_{i−1} + b_i (supplement C)."""
    return Net([Affine(i, o) for i, o in pairwise(sizes)], runs, device, dtype)
