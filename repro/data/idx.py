"""MNIST's file format, IDX: two zero bytes, a type, the number of dimensions, their sizes, then the bytes.

The format is the one described on the MNIST page (LeCun, Cortes, Burges): sizes are 32-bit big-endian.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from repro.errors import DataError

_BYTES = 0x08  # the type of MNIST's files; the format knows five others, which MNIST does not use
_KINDS = {1: "labels", 3: "images"}


def gunzip(data: bytes, name: str) -> bytes:
    """`data` decompressed if it is gzip, else as it is."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: broken gzip file: {error}") from error


def parse(data: bytes, name: str, dims: int) -> NDArray[np.uint8]:
    """The uint8 array of `dims` dimensions in an IDX file; `name` is what errors call it."""
    kind = _KINDS.get(dims, f"{dims} dimensions")
    expected = bytes((0, 0, _BYTES, dims))
    if len(data) >= 4 and data[:3] == expected[:3] and data[3] != dims:
        raise DataError(
            f"{name}: holds {_KINDS.get(data[3], f'{data[3]} dimensions')}, expected {kind}: swapped?"
        )
    if data[:4] != expected:
        raise DataError(f"{name}: starts with {data[:4].hex(' ')}, expected {expected.hex(' ')} (IDX {kind})")
    head = 4 + 4 * dims
    if len(data) < head:
        raise DataError(f"{name}: truncated: {len(data)} bytes, its header alone takes {head}")
    shape = struct.unpack(f">{dims}I", data[4:head])
    length = head + math.prod(shape)
    if len(data) != length:
        wrong = "truncated" if len(data) < length else "trailing bytes"
        raise DataError(f"{name}: {wrong}: {len(data)} bytes, expected {length} for shape {shape}")
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


def images(data: bytes, name: str) -> NDArray[np.uint8]:
    """[N, rows * columns] pixels, 0..255, from the bytes of an image file."""
    pixels = parse(data, name, 3)
    return pixels.reshape(len(pixels), math.prod(pixels.shape[1:]))


def labels(data: bytes, name: str, classes: int = 10) -> NDArray[np.uint8]:
    """[N] labels, 0..`classes` - 1, from the bytes of a label file."""
    found = parse(data, name, 1)
    if found.size and found.max() >= classes:
        raise DataError(f"{name}: label {found.max()} is out of range, expected 0 to {classes - 1}")
    return found
