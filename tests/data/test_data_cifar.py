"""CIFAR-10 batches: read as published, and never run as code."""

from __future__ import annotations

import pickle
import struct
import subprocess

import numpy as np
import pytest

from repro.data import cifar
from repro.errors import DataError


def _text(s):
    """A Python 2 byte string as protocol 2 writes it."""
    raw = s if isinstance(s, bytes) else s.encode()
    return b"T" + struct.pack("<i", len(raw)) + raw


def python2_batch(pixels, labels):
    """A batch file as Python 2 with NumPy 1 pickled it: protocol 2, byte strings, `numpy.core`."""
    shape = b"".join(b"J" + struct.pack("<i", n) for n in pixels.shape)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + _text("b") + b"\x87R"
        b"(K\x01" + b"(" + shape + b"t" + b"cnumpy\ndtype\n" + _text("u1") + b"K\x00K\x01\x87R"
        b"(K\x03"
        + _text("|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + _text(pixels.tobytes())
        + b"tb"
    )
    listed = b"](" + b"".join(b"K" + bytes([n]) for n in labels) + b"e"
    return b"\x80\x02}(" + _text("data") + array + _text("labels") + listed + b"u."


def batch_like(**changes):
    made = {"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 9], **changes}
    # as this NumPy pickles it, under the names of the old one
    return pickle.dumps(made, protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def test_a_python_2_batch_is_read_exactly():
    pixels = np.random.RandomState(0).randint(0, 256, (5, 3072)).astype(np.uint8)
    got, labels = cifar.batch(python2_batch(pixels, [3, 0, 9, 1, 1]), "b")
    assert (got == pixels).all() and got.dtype == np.uint8
    assert labels.tolist() == [3, 0, 9, 1, 1] and labels.dtype == np.uint8


class Hostile:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("call", [exec, eval, subprocess.check_call, getattr, np.load])
def test_a_pickle_that_calls_anything_is_refused(call, tmp_path):
    trap = tmp_path / "sprung"
    hostile = pickle.dumps({"data": Hostile(call, f"open({str(trap)!r}, 'w')"), "labels": []}, protocol=2)
    with pytest.raises(DataError, match=r"^b: not a CIFAR-10 batch: UnpicklingError: it wants "):
        cifar.batch(hostile, "b")
    assert not trap.exists()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"data": np.zeros((4, 784), np.uint8)}, "N x 3072"),
        ({"data": np.zeros((4, 3072), np.int16)}, "N x 3072"),
        ({"data": [[0] * 3072] * 4}, "N x 3072"),
        ({"labels": [0, 1, 2]}, "labels of type"),
        ({"labels": ["a", "b", "c", "d"]}, "labels of type"),
        ({"labels": [0, 1, 2, 10]}, "out of range"),
        ({"labels": [0, 1, 2, -1]}, "out of range"),
    ],
)
def test_a_batch_of_the_wrong_shape_is_refused(changes, message):
    assert len(cifar.batch(batch_like(), "b")[0]) == 4  # it is the change that is refused
    with pytest.raises(DataError, match=message):
        cifar.batch(batch_like(**changes), "b")


def test_damage_is_a_data_error_by_name():
    whole = batch_like()
    for broken in (b"", whole[:-2], whole[: len(whole) // 2], b"\x80\x02}.", pickle.dumps([1, 2])):
        with pytest.raises(DataError, match=r"^b: not a CIFAR-10 batch"):
            cifar.batch(broken, "b")
