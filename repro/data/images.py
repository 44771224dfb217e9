"""Image data sets as tensors, from verified files or from a bundled set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repro.data import cifar, digits, idx, mnist5k
from repro.data.fetch.files import read
from repro.data.fetch.sources import Source
from repro.errors import DataError

Pair = tuple[Tensor, Tensor]
Arrays = tuple[NDArray[np.generic], NDArray[np.uint8]]
Shape = tuple[int, int, int]


def load(found: Source, asked: Source, base: Path, device: str | torch.device) -> tuple[Pair, Pair]:
    """Training and test (x, y) of data set `found`, in the shape of data set `asked`, on `device`."""
    if found.bundled:
        assert asked.shape is not None
        parts = bundled(found.form, asked.shape)
    else:
        parts = _idx(found, base) if found.form == "idx" else _cifar(found, base)
    train, test = ((_unit(x, device), torch.tensor(y, device=device).long()) for x, y in parts)
    return train, test


def bundled(form: str, shape: Shape) -> tuple[Arrays, Arrays]:
    """Training and test set of a bundled set, each ([N, inputs] uint8 or float32 in [0, 1], [N] uint8)."""
    maker = digits if form == "digits" else mnist5k
    x, y = maker.arrays()
    x, n = _fitted(x, shape), maker.TRAIN
    return (x[:n], y[:n]), (x[n:], y[n:])


def resize(pictures: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """[N, n, n] -> [N, side, side], bilinear, pixels as areas (as torch's `align_corners=False`).

    Element by element, without a matrix product, so that every machine gets the same bits.
    """
    n = pictures.shape[-1]
    at = np.clip((np.arange(side) + 0.5) * n / side - 0.5, 0, n - 1)
    low = at.astype(int)
    high, part = np.minimum(low + 1, n - 1), at - low
    rows: NDArray[np.float64] = pictures[:, low] * (1 - part)[:, None] + pictures[:, high] * part[:, None]
    large: NDArray[np.float64] = rows[:, :, low] * (1 - part) + rows[:, :, high] * part
    return large


def _fitted(x: NDArray[np.generic], shape: Shape) -> NDArray[np.generic]:
    """[N, n, n] -> [N, channels * height * width]: as it is, or resized to float32 with equal channels."""
    channels, side, _ = shape
    if shape == (1, *x.shape[1:]):
        return x.reshape(len(x), -1)
    unit = x.astype(np.float64) / (255.0 if x.dtype == np.uint8 else 1.0)
    return np.tile(resize(unit, side).reshape(len(x), -1).astype(np.float32), (1, channels))


def _idx(source: Source, base: Path) -> tuple[Arrays, Arrays]:
    """Training and test set of IDX files, each ([N, 784] uint8, [N] uint8)."""
    names = [f.name for f in source.files]
    data = [idx.gunzip(read(source, f, base), f.name) for f in source.files]
    parts = []
    for i in (0, 2):
        x, y = idx.images(data[i], names[i]), idx.labels(data[i + 1], names[i + 1])
        if len(x) != len(y):
            raise DataError(
                f"{source.name}: {len(x)} images in {names[i]}, {len(y)} labels in {names[i + 1]}"
            )
        parts.append((x, y))
    return parts[0], parts[1]


def _cifar(source: Source, base: Path) -> tuple[Arrays, Arrays]:
    """Training and test set of CIFAR batches (the last is the test batch), each ([N, 3072] uint8, [N] uint8)."""
    *train, test = [cifar.batch(read(source, f, base), f.name) for f in source.files]
    return (np.concatenate([x for x, _ in train]), np.concatenate([y for _, y in train])), test


def _unit(x: NDArray[np.generic], device: str | torch.device) -> Tensor:
    """`x` as float32 on the device; bytes go there as bytes and are brought to [0, 1] there."""
    t = torch.tensor(x, device=device)
    return t.float().div_(255) if t.dtype == torch.uint8 else t
