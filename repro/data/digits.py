"""The stand-in for image data: scikit-learn's 1,797 handwritten digits, brought to the size asked for.

They are 8x8 scans with values 0..16, bundled with scikit-learn, so they need no network. They are far easier
and fewer than MNIST: results on them say that the path works, and little more.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from repro.data.sources import DIGITS
from repro.errors import DataError

TRAIN = 1437  # four fifths; the other 360 are for testing
SPLIT_SEED = 0


def raw() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """([1797, 8, 8] values 0..16, [1797] labels) as published; `DataError` if they are other than known."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError("digits: scikit-learn, which brings them, is not installed") from error

    bunch = load_digits()
    arrays = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    for array, want in zip(arrays, DIGITS.files, strict=True):
        got = hashlib.sha256(array.tobytes()).hexdigest()
        if got != want.sha256:
            raise DataError(
                f"digits: {want.name} of this scikit-learn has SHA-256 {got}, expected {want.sha256}"
            )
    return arrays


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


def arrays(side: int = 28, channels: int = 1) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """([1797, channels * side * side] in [0, 1], [1797] labels), in the split's fixed order: train first."""
    pictures, labels = raw()
    large = resize(pictures / 16.0, side).reshape(len(pictures), -1).astype(np.float32)
    # RandomState's stream is frozen by NumPy's promise; the newer generators' may change
    order = np.random.RandomState(SPLIT_SEED).permutation(len(large))
    return np.tile(large, (1, channels))[order], labels[order]
