"""The small stand-in: always the same bits, the promised shapes, honestly labelled."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest
import torch

import repro.data
from repro.data import images
from repro.errors import DataError


def test_resize_is_torchs_bilinear():
    pictures = np.random.RandomState(0).rand(3, 8, 8)
    for side in (28, 32, 8, 5):
        ours = torch.from_numpy(images.resize(pictures, side))
        theirs = torch.nn.functional.interpolate(
            torch.from_numpy(pictures)[:, None], size=(side, side), mode="bilinear", align_corners=False
        )[:, 0]
        assert torch.allclose(ours, theirs, atol=1e-12), side


def test_resize_keeps_size_and_constants():
    pictures = np.random.RandomState(0).rand(2, 8, 8)
    assert (images.resize(pictures, 8) == pictures).all()
    assert np.allclose(images.resize(np.full((1, 8, 8), 0.3), 28), 0.3, atol=1e-15)


def test_the_bits_are_the_same_everywhere():
    train, test = images.bundled("digits", (1, 28, 28))
    x, y = (np.concatenate(both) for both in zip(train, test, strict=True))
    sums = [hashlib.sha256(a.tobytes()).hexdigest() for a in (x, y)]
    assert sums == [
        "6ad5a392c95b53b824fb0784d17043f80ddfb94bbfbef0283da7f52d8f01c29f",
        "0f9ffd7948cafb397f7a000b667568d2e6ff757cc70e9e96e7ac289f51898d6f",
    ]


def test_same_interface_as_mnist():
    data = repro.data.load_images("digits")
    assert data.x_train.shape == (1437, 784) and data.x_test.shape == (360, 784)
    assert data.x_train.dtype == torch.float32 and data.y_train.dtype == torch.int64
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    assert torch.cat([data.y_train, data.y_test]).bincount().tolist() == [
        178,
        182,
        177,
        183,
        181,
        182,
        181,
        179,
        174,
        180,
    ]
    assert data.y_test.bincount(minlength=10).min() >= 20
    assert not data.info.stand_in and data.info.name == data.info.asked == "digits"


def test_train_and_test_do_not_overlap():
    data = repro.data.load_images("digits")
    train = {row.numpy().tobytes() for row in data.x_train}
    assert not [1 for row in data.x_test if row.numpy().tobytes() in train]


def test_in_place_of_cifar10_it_has_three_equal_channels(tmp_path):
    data = repro.data.load_images("cifar10", data_dir=tmp_path, stand_in="digits", download=False)
    red, green, blue = data.x_train.view(-1, 3, 1024).unbind(1)
    assert data.x_train.shape == (1437, 3072) and red.equal(green) and red.equal(blue)
    assert data.info.note.endswith("not CIFAR-10") and "three equal channels" in data.info.note


def test_another_scikit_learn_with_other_digits_is_refused(monkeypatch):
    from sklearn import datasets

    changed = datasets.load_digits()
    changed.images[5, 3, 3] += 1
    monkeypatch.setattr(datasets, "load_digits", lambda: changed)
    with pytest.raises(DataError, match=r"digits-images\.uint8 of this scikit-learn has SHA-256"):
        repro.data.load_images("digits")


def test_without_scikit_learn_it_says_so(monkeypatch, tmp_path):
    for module in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, module, None)
    assert repro.data.status("digits") == "missing: scikit-learn is not installed"
    for ask in (lambda: repro.data.info("digits"), lambda: repro.data.check("digits")):
        with pytest.raises(DataError, match="scikit-learn"):
            ask()
    with pytest.raises(DataError, match="digits: scikit-learn is not installed"):
        repro.data.info("mnist", tmp_path, stand_in="digits", download=False)
