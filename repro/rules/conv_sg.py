"""Synthetic gradients of images: convolutional models, with the label as channels of their own.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 A.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.nets.conv import Conv, Size
from repro.nets.net import Net
from repro.rules.dni import DNI, NetModel


class ImageModel(NetModel):
    """M(h) or M([h, onehot(y)]) for images h [R, B, side²·C]: (convolution → batch norm → ReLU) × n → convolution.

    `hidden`: channels of the n hidden layers; the last layer starts at zero (A.1). With `labels` = K classes the
    one-hot label is K more channels, the same at every place.
    """

    def __init__(
        self,
        size: Size,
        hidden: Sequence[int],
        labels: int,
        kernel: int,
        runs: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        at, made = Size(size.channels + labels, size.side), []
        for channels in hidden:
            made.append(Conv(at, channels, kernel))
            at = made[-1].out
        made.append(Conv(at, size.channels, kernel, plain=True, std=0.0))
        super().__init__(Net(made, runs, device, dtype), labels)
        self.size = size

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """δ̂ of the shape of h; y [R, B] int64."""
        x = h
        if self.labels:
            onehot = torch.nn.functional.one_hot(y, self.labels).to(h.dtype)
            places = onehot.unsqueeze(2).expand(-1, -1, self.size.side**2, -1)
            pixels = h.view(*h.shape[:2], -1, self.size.channels)
            x = torch.cat([pixels, places], -1).flatten(2)
        self.tape = self.net.forward(x)
        made: Tensor = self.tape[-1]
        return made


class ImageDNI(DNI):
    """DNI with models of several shapes whose losses are told as one tensor, as those of `rules.every_layer`."""

    def end(self) -> Tensor:  # type: ignore[override]
        """L_SG [R, S]."""
        return torch.stack([*super().end().values()], 1)
