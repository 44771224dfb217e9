"""IDX files: every array survives, every damage is refused by name."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from datahelp import idx_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from repro.data import idx
from repro.errors import DataError

images = arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=6))
labels = arrays(
    np.uint8, array_shapes(min_dims=1, max_dims=1, min_side=1, max_side=40), elements=st.integers(0, 9)
)
quick = settings(max_examples=80, deadline=None, derandomize=True)


@quick
@given(images)
def test_images_survive_row_by_row(pictures):
    got = idx.images(idx_bytes(pictures), "f")
    assert got.dtype == np.uint8 and got.shape == (len(pictures), pictures[0].size)
    assert (got == pictures.reshape(len(pictures), -1)).all()


@quick
@given(labels)
def test_labels_survive(found):
    assert (idx.labels(idx_bytes(found), "f") == found).all()


@quick
@given(images, st.data())
def test_every_truncation_is_refused_by_name(pictures, data):
    whole = idx_bytes(pictures)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError, match=r"^some-file: "):
        idx.images(whole[:cut], "some-file")


@quick
@given(images, st.binary(min_size=1, max_size=9))
def test_trailing_bytes_are_refused(pictures, tail):
    with pytest.raises(DataError, match="some-file: trailing bytes"):
        idx.images(idx_bytes(pictures) + tail, "some-file")


@quick
@given(images, st.integers(0, 15), st.integers(1, 255))
def test_a_changed_header_byte_is_refused(pictures, at, flip):
    broken = bytearray(idx_bytes(pictures))
    broken[at] ^= flip  # type, dimensions or a size: never again consistent with the length
    with pytest.raises(DataError, match=r"^some-file: "):
        idx.images(bytes(broken), "some-file")


@quick
@given(st.binary(max_size=60))
def test_arbitrary_bytes_raise_nothing_but_data_errors(data):
    for read in (idx.images, idx.labels):
        try:
            read(idx.gunzip(data, "f"), "f")
        except DataError as error:
            assert str(error).startswith("f: ")


def test_a_header_that_promises_terabytes_allocates_nothing():
    with pytest.raises(DataError, match="truncated"):
        idx.images(bytes((0, 0, 8, 3)) + b"\xff" * 12 + b"x", "f")


def test_swapped_files_are_called_swapped():
    found, pictures = np.arange(10, dtype=np.uint8), np.zeros((2, 3, 3), np.uint8)
    with pytest.raises(DataError, match="train-images: holds labels, expected images"):
        idx.images(idx_bytes(found), "train-images")
    with pytest.raises(DataError, match="train-labels: holds images, expected labels"):
        idx.labels(idx_bytes(pictures), "train-labels")


@pytest.mark.parametrize("kind", [0x09, 0x0B, 0x0C, 0x0D, 0x0E])
def test_other_types_than_bytes_are_refused(kind):
    data = bytearray(idx_bytes(np.zeros((1, 2, 2), np.uint8)))
    data[2] = kind
    with pytest.raises(DataError, match="expected 00 00 08 03"):
        idx.images(bytes(data), "f")


@pytest.mark.parametrize("bad", [10, 255])
def test_labels_out_of_range_are_refused(bad):
    with pytest.raises(DataError, match=f"f: label {bad} is out of range, expected 0 to 9"):
        idx.labels(idx_bytes(np.array([1, bad, 2], np.uint8)), "f")


def test_gunzip_passes_plain_bytes_and_refuses_every_cut():
    plain = idx_bytes(np.arange(60, dtype=np.uint8).reshape(5, 4, 3))
    packed = gzip.compress(plain)
    assert idx.gunzip(plain, "f") == plain == idx.gunzip(packed, "f")
    for cut in range(2, len(packed)):
        with pytest.raises(DataError, match="f: broken gzip file"):
            idx.gunzip(packed[:cut], "f")
