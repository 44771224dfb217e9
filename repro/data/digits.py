"""A small stand-in for image data: scikit-learn's 1,797 handwritten digits, brought to the size asked for.

They are 8x8 scans with values 0..16, bundled with scikit-learn, so they need no network. They are far easier
and fewer than MNIST: results on them say that the path works, and little more.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from repro.data.fetch.bundled import DIGITS
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


def arrays() -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """([1797, 8, 8] in [0, 1], [1797] labels), in the split's fixed order: the first `TRAIN` are for training."""
    pictures, labels = raw()
    # RandomState's stream is frozen by NumPy's promise; the newer generators' may change
    order = np.random.RandomState(SPLIT_SEED).permutation(len(pictures))
    return (pictures / 16.0)[order], labels[order]
