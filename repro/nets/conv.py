"""The convolutional segment: convolution + batch norm + ReLU + pooling, gradients by autograd.

Between segments an image is a row of numbers, as everywhere else: h [R, B, H·W·C], channels last, which is the order
that a CPU's convolutions are fastest in. Images of a data set come channel by channel: the first segment's `planes`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.nets.dense import MOMENTUM, Dense
from repro.nets.net import Net
from repro.nets.params import normal_
from repro.nets.segments import AutogradSegment

POOLS = ("max", "average", "")
_Norm = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""(run, a, γ, β) → γ (a − μ)/σ + β."""


class Size(NamedTuple):
    """What an image is made of."""

    channels: int
    side: int

    @property
    def numbers(self) -> int:
        """How many numbers an image is."""
        return self.channels * self.side**2


class Conv(AutogradSegment):
    """y = pool(ReLU(BN(x ∗ W))) or, `plain`, x ∗ W + b, for R runs: x [R, B, side²·C] → y [R, B, side'²·O].

    Convolution with `kernel` × `kernel` weights W [R, O, kernel, kernel, C], `kernel` odd, keeps the side (borders
    padded with zeros); `pool`ing ("max", "average", "" for none) over 3 × 3 in steps of `stride`, so that
    side' = ⌈side/stride⌉.
    Weights N(0, std²), std √(2/fan-in) where none is given. `planes`: x comes channel by channel.
    `UnknownNameError` for another pooling.
    """

    def __init__(
        self,
        size: Size,
        channels: int,
        kernel: int = 5,
        pool: str = "",
        stride: int = 2,
        plain: bool = False,
        std: float | None = None,
        planes: bool = False,
    ):
        if pool not in POOLS:
            raise UnknownNameError("pooling", pool, POOLS)
        weights = (channels, kernel, kernel, size.channels)
        own = {"b": (channels,)} if plain else {"gamma": (channels,), "beta": (channels,)}
        super().__init__(self._train, {"W": weights, **own})
        self.size, self.plain, self.planes = size, plain, planes
        self.pool, self.stride = pool, stride if pool else 1
        self.out = Size(channels, -(-size.side // self.stride))
        self.std = math.sqrt(2 / (kernel**2 * size.channels)) if std is None else std
        self.mean = self.var = torch.empty(0)

    def bind(self, p: Mapping[str, Tensor], g: Mapping[str, Tensor], runs: int) -> None:
        """Take the parameters; running statistics [R, O] start at mean 0 and variance 1."""
        super().bind(p, g, runs)
        if not self.plain:
            self.mean = p["gamma"].new_zeros(runs, self.out.channels)
            self.var = torch.ones_like(self.mean)

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Weights N(0, std²), γ = 1; β and b stay 0, as they were made."""
        normal_(self.p["W"], self.std, generators)
        if not self.plain:
            self.p["gamma"].fill_(1)

    def kept(self) -> dict[str, Tensor]:
        """Running statistics."""
        return {} if self.plain else {"mean": self.mean, "var": self.var}

    def predict(self, x: Tensor) -> Tensor:
        """y in test mode, with the running statistics."""
        with torch.no_grad():
            return self._through(self.p, x, self._by_running)

    def _train(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        return self._through(p, x, self._by_batch)

    def _through(self, p: Mapping[str, Tensor], x: Tensor, normed: _Norm) -> Tensor:
        return torch.stack([self._one(p, r, image, normed) for r, image in enumerate(x.unbind())])

    def _one(self, p: Mapping[str, Tensor], r: int, x: Tensor, normed: _Norm) -> Tensor:
        (channels, side), w = self.size, p["W"][r].permute(0, 3, 1, 2)
        if self.planes:
            image = x.view(-1, channels, side, side).contiguous(memory_format=torch.channels_last)
        else:
            image = x.view(-1, side, side, channels).permute(0, 3, 1, 2)
        b, pad = p["b"][r] if self.plain else None, w.shape[-1] // 2
        a = F.conv2d(image, w, b, padding=pad)
        h = a if self.plain else normed(r, a, p["gamma"][r], p["beta"][r]).relu()
        if self.pool == "max":
            h = F.max_pool2d(h, 3, self.stride, 1)
        elif self.pool:
            h = F.avg_pool2d(h, 3, self.stride, 1)
        return h.permute(0, 2, 3, 1).flatten(1)

    def _by_batch(self, r: int, a: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
        y, mean, rstd = torch.native_batch_norm(a, gamma, beta, None, None, True, 0.0, eps)
        with torch.no_grad():
            self.mean[r].lerp_(mean, MOMENTUM)
            self.var[r].lerp_(rstd.pow(-2).sub_(eps), MOMENTUM)
        return y

    def _by_running(self, r: int, a: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
        return F.batch_norm(a, self.mean[r], self.var[r], gamma, beta, False, 0.0, eps)


def cnn(
    image: Size,
    channels: int,
    layers: int,
    kernel: int,
    stride: int,
    runs: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Net:
    """DNI's convolutional net: (convolution → batch norm → ReLU → pooling) × (N − 1), then linear to 10 classes.

    Source: arXiv:1608.05343v2, supplement (v1 A.1): 5 × 5 convolutions that keep the side; 3 × 3 pooling, of maxima
    behind the first, of averages behind the others.
    """
    stages: list[Conv] = []
    for i in range(layers - 1):
        size = stages[-1].out if stages else image
        stages.append(Conv(size, channels, kernel, "average" if i else "max", stride, planes=not i))
    return Net([*stages, Dense(stages[-1].out.numbers, 10, "none")], runs, device, dtype)
