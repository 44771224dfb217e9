"""Image data sets as tensors, from verified files or from the stand-in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repro.data import cifar, digits, idx
from repro.data.files import read
from repro.data.sources import source
from repro.errors import DataError

Pair = tuple[Tensor, Tensor]
Arrays = tuple[NDArray[np.generic], NDArray[np.uint8]]
STAND_IN_SHAPES = {"mnist": (28, 1), "cifar10": (32, 3), "digits": (28, 1)}  # side, channels


def load(name: str, asked: str, base: Path, device: str | torch.device) -> tuple[Pair, Pair]:
    """Training and test (x, y) of data set `name`, in the shape of data set `asked`, on `device`."""
    parts = _digits(asked) if name == "digits" else _mnist(base) if name == "mnist" else _cifar10(base)
    train, test = ((_unit(x, device), torch.tensor(y, device=device).long()) for x, y in parts)
    return train, test


def _mnist(base: Path) -> tuple[Arrays, Arrays]:
    """Training and test set, each ([N, 784] uint8, [N] uint8)."""
    mnist = source("mnist")
    names = [f.name for f in mnist.files]
    data = [idx.gunzip(read(mnist, f, base), f.name) for f in mnist.files]
    parts = []
    for i in (0, 2):
        x, y = idx.images(data[i], names[i]), idx.labels(data[i + 1], names[i + 1])
        if len(x) != len(y):
            raise DataError(f"mnist: {len(x)} images in {names[i]}, {len(y)} labels in {names[i + 1]}")
        parts.append((x, y))
    return parts[0], parts[1]


def _cifar10(base: Path) -> tuple[Arrays, Arrays]:
    """Training and test set, each ([N, 3072] uint8, [N] uint8)."""
    cifar10 = source("cifar10")
    *train, test = [cifar.batch(read(cifar10, f, base), f.name) for f in cifar10.files]
    return (np.concatenate([x for x, _ in train]), np.concatenate([y for _, y in train])), test


def _digits(asked: str) -> tuple[Arrays, Arrays]:
    """Training and test set, each ([N, inputs] float32 in [0, 1], [N] uint8)."""
    x, y = digits.arrays(*STAND_IN_SHAPES[asked])
    return (x[: digits.TRAIN], y[: digits.TRAIN]), (x[digits.TRAIN :], y[digits.TRAIN :])


def _unit(x: NDArray[np.generic], device: str | torch.device) -> Tensor:
    """`x` as float32 on the device; bytes go there as bytes and are brought to [0, 1] there."""
    t = torch.tensor(x, device=device)
    return t.float().div_(255) if t.dtype == torch.uint8 else t
