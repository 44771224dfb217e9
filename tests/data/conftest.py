"""Shared by the data tests: a clean process state, a misbehaving server, small data sets."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from datahelp import BLOBS, idx_bytes, small_source
from misbehaving import Server

import repro.data
from repro.data.fetch import sources


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """No memory of earlier tests, no settings of the user's, no network by accident."""
    for name in ("REPRO_OFFLINE", "REPRO_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REPRO_MIRRORS", "http://127.0.0.1:9/")  # nobody listens there
    repro.data.reset()
    yield
    repro.data.reset()


@pytest.fixture
def server():
    """A misbehaving server of `BLOBS`; add to `server.files` at will."""
    made = Server(BLOBS)
    yield made
    made.stop()


@pytest.fixture
def small():
    """A data set of the two files in `BLOBS`."""
    return small_source(BLOBS)


@pytest.fixture
def tiny_mnist(monkeypatch):
    """MNIST replaced by 30 + 20 random images under the published names; gives name -> bytes."""
    rng = np.random.RandomState(1)
    files = {}
    for part, n in (("train", 30), ("t10k", 20)):
        images = rng.randint(0, 256, (n, 28, 28)).astype(np.uint8)
        labels = rng.randint(0, 10, n).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx_bytes(images), mtime=0)
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx_bytes(labels), mtime=0)
    monkeypatch.setitem(sources.SOURCES, "mnist", small_source(files))
    return files
