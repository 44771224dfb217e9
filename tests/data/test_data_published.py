"""The published data itself, where it is on disk: counts and moments that are known of it."""

from __future__ import annotations

import pytest
import torch
from datahelp import published

import repro.data

pytestmark = pytest.mark.data


def test_mnist_is_mnist():
    data = repro.data.load_images("mnist", data_dir=published("mnist"), download=False)
    assert data.x_train.shape == (60_000, 784) and data.x_test.shape == (10_000, 784)
    assert data.y_train.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.y_test.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.x_train.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert data.x_train.std().item() == pytest.approx(0.3081, abs=5e-5)
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    assert data.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # the published order
    assert not data.info.stand_in and data.info.note.startswith("MNIST")


def test_mnist_pictures_are_upright():
    data = repro.data.load_images("mnist", data_dir=published("mnist"), download=False)
    ones = data.x_train[data.y_train == 1].view(-1, 28, 28).mean(0)
    rows, columns = (ones.sum(1) > 0.5).sum(), (ones.sum(0) > 0.5).sum()
    assert rows > columns  # a one is taller than wide


def test_cifar10_is_cifar10():
    data = repro.data.load_images("cifar10", data_dir=published("cifar10"), download=False)
    assert data.x_train.shape == (50_000, 3072) and data.x_test.shape == (10_000, 3072)
    assert data.y_train.bincount().tolist() == [5000] * 10 and data.y_test.bincount().tolist() == [1000] * 10
    means = data.x_train.view(-1, 3, 1024).mean((0, 2))
    assert torch.allclose(means, torch.tensor([0.4914, 0.4822, 0.4465]), atol=5e-5)
    first = data.y_train[:10_000].bincount().tolist()  # the published order
    assert first == [1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981]


@pytest.mark.parametrize("name", ["ptb", "ptb_char", "ud_ewt", "treebank"])
def test_text_sets_are_the_published_ones(name):
    base = published(name)
    repro.data.check(name, base)
    assert not repro.data.info(name, base, download=False).stand_in
