"""CIFAR-10's file format: Python 2 pickles of a dict with `data` [10000, 3072] uint8 and a list `labels`."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repro.errors import DataError

# What a pickled array needs, under the names that the files use; NumPy itself has moved them since.
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArraysOnly(pickle.Unpickler):
    """Unpickles arrays and plain values; anything else, which could run code, is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which no data batch needs")
        return _ALLOWED[module, name]


def batch(data: bytes, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """([N, 3072] pixels, [N] labels) from the bytes of a batch file.

    A row is channel-major: 1,024 red values, row by row, then green, then blue.
    """
    try:
        found = _ArraysOnly(io.BytesIO(data), encoding="latin1").load()
        pixels, labels = found["data"], np.asarray(found["labels"])
    except Exception as error:  # a hostile or damaged pickle may raise anything
        raise DataError(f"{name}: not a CIFAR-10 batch: {type(error).__name__}: {error}") from error
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (3072,):
        raise DataError(f"{name}: its data is not an array of N x 3072 bytes")
    if labels.shape != pixels.shape[:1] or labels.dtype.kind != "i":
        raise DataError(f"{name}: {labels.shape} labels of type {labels.dtype} for {len(pixels)} images")
    if labels.size and not 0 <= labels.min() <= labels.max() < 10:
        raise DataError(f"{name}: a label is out of range, expected 0 to 9")
    return pixels, labels.astype(np.uint8)
