"""Files on disk: found in every layout, refused by name when they are not the published ones."""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import replace

import pytest
from datahelp import BLOBS, put, small_source

import repro.data
from repro.data.fetch import files, published, sources
from repro.errors import DataError, UnknownNameError

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def packed_and_plain(monkeypatch, tiny_mnist):
    """`tiny_mnist` with the sums of its uncompressed files too."""

    from datahelp import small_source

    plain = {n.removesuffix(".gz"): gzip.decompress(b) for n, b in tiny_mnist.items()}
    packed = small_source(tiny_mnist).files
    joined = tuple(replace(p, plain=q) for p, q in zip(packed, small_source(plain).files, strict=True))
    monkeypatch.setitem(sources.SOURCES, "mnist", replace(small_source(tiny_mnist), files=joined))
    return tiny_mnist, plain


@pytest.mark.parametrize("folder", ["mnist", ""])
@pytest.mark.parametrize("form", [0, 1])
def test_every_layout_gives_the_same_tensors_and_info(packed_and_plain, tmp_path, folder, form):
    put(packed_and_plain[0], tmp_path / "reference" / "mnist")
    put(packed_and_plain[form], tmp_path / "this" / folder)
    want = repro.data.load_images("mnist", data_dir=tmp_path / "reference")
    got = repro.data.load_images("mnist", data_dir=tmp_path / "this")
    assert got.info == want.info and len(want.x_train) == 30
    for field in ("x_train", "y_train", "x_test", "y_test"):
        assert getattr(got, field).equal(getattr(want, field))


def test_layouts_may_be_mixed(packed_and_plain, tmp_path):
    packed, plain = packed_and_plain
    put({n: b for n, b in packed.items() if "images" in n}, tmp_path / "mnist")
    put({n: b for n, b in plain.items() if "labels" in n}, tmp_path)
    assert repro.data.status("mnist", tmp_path) == "present"
    assert len(repro.data.load_images("mnist", data_dir=tmp_path).x_test) == 20


def test_a_flipped_bit_is_refused_with_both_sums_and_a_remedy(tiny_mnist, tmp_path):
    put(tiny_mnist, tmp_path / "mnist")
    path = tmp_path / "mnist" / IMAGES
    broken = bytearray(tiny_mnist[IMAGES])
    broken[len(broken) // 2] ^= 1
    path.write_bytes(broken)
    want = sources.source("mnist").files[0].sha256
    with pytest.raises(DataError) as error:
        repro.data.info("mnist", tmp_path, stand_in="digits")  # the stand-in must not hide it
    for part in (str(path), files.sha256(path), want, "delete it"):
        assert part in str(error.value)
    assert repro.data.status("mnist", tmp_path) == f"corrupt: {IMAGES}"
    assert path.read_bytes() == bytes(broken)


@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_truncated_file_is_refused_by_its_length(tiny_mnist, tmp_path, size):
    put(tiny_mnist | {LABELS: tiny_mnist[LABELS][:size]}, tmp_path / "mnist")
    with pytest.raises(DataError, match=rf"{LABELS} .*\({size} bytes, expected {len(tiny_mnist[LABELS])}\)"):
        repro.data.check("mnist", tmp_path)


def test_swapped_files_are_called_swapped(tiny_mnist, tmp_path):
    put(tiny_mnist | {LABELS: tiny_mnist[IMAGES], IMAGES: tiny_mnist[LABELS]}, tmp_path / "mnist")
    with pytest.raises(DataError, match=f"{IMAGES} .*these are the bytes of {LABELS}: swapped"):
        repro.data.load_images("mnist", data_dir=tmp_path, stand_in="digits")


def test_a_file_that_a_browser_has_unpacked_is_to_be_renamed(tiny_mnist, tmp_path, monkeypatch):
    unpacked = small_source({n.removesuffix(".gz"): gzip.decompress(b) for n, b in tiny_mnist.items()})
    source = sources.SOURCES["mnist"]
    joined = published._with_plain(source.files, unpacked.files)
    monkeypatch.setitem(sources.SOURCES, "mnist", replace(source, files=joined))
    put(tiny_mnist | {IMAGES: gzip.decompress(tiny_mnist[IMAGES])}, tmp_path / "mnist")
    plain = IMAGES.removesuffix(".gz")
    with pytest.raises(DataError, match=f"holds the published bytes, unpacked: rename it to {plain}$"):
        repro.data.check("mnist", tmp_path)
    (tmp_path / "mnist" / IMAGES).rename(tmp_path / "mnist" / plain)
    repro.data.check("mnist", tmp_path)


def test_a_folder_or_a_dead_link_under_a_files_name(tiny_mnist, tmp_path):
    put(tiny_mnist, tmp_path / "mnist")
    (tmp_path / "mnist" / IMAGES).unlink()
    (tmp_path / "mnist" / IMAGES).mkdir()
    with pytest.raises(DataError, match=f"cannot read .*{IMAGES}"):
        repro.data.check("mnist", tmp_path)
    (tmp_path / "mnist" / IMAGES).rmdir()
    (tmp_path / "mnist" / IMAGES).symlink_to(tmp_path / "gone")
    assert repro.data.status("mnist", tmp_path) == f"missing: {IMAGES}"


def test_a_sum_is_taken_once_and_again_after_a_change(small, tmp_path, monkeypatch):
    put(BLOBS, tmp_path / "mnist")
    taken = []
    real = files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: taken.append(path.name) or real(path))
    for _ in range(3):
        assert files.examine(small, tmp_path) == ([], {})
    assert taken == ["one.bin", "two.bin"]
    path = tmp_path / "mnist" / "two.bin"
    path.write_bytes(BLOBS["two.bin"][:-1] + b"?")
    os.utime(path, ns=(1, 1))
    assert list(files.examine(small, tmp_path)[1]) == ["two.bin"]
    with pytest.raises(DataError, match="is not the published file"):
        files.read(small, small.files[1], tmp_path)


def test_a_file_that_vanishes_after_info_is_missed_by_name(tiny_mnist, tmp_path):
    put(tiny_mnist, tmp_path / "mnist")
    repro.data.info("mnist", tmp_path)
    shutil.rmtree(tmp_path / "mnist")
    with pytest.raises(DataError, match=IMAGES):
        repro.data.load_images("mnist", data_dir=tmp_path)


def test_images_and_labels_of_different_numbers_are_refused(tmp_path, monkeypatch, tiny_mnist):
    from datahelp import small_source

    uneven = tiny_mnist | {LABELS: tiny_mnist["t10k-labels-idx1-ubyte.gz"]}
    monkeypatch.setitem(sources.SOURCES, "mnist", small_source(uneven))
    put(uneven, tmp_path / "mnist")
    with pytest.raises(DataError, match=f"30 images in {IMAGES}, 20 labels in {LABELS}"):
        repro.data.load_images("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "ptb", "ptb_char", "ud_ewt", "treebank"])
def test_a_missing_set_says_which_files_with_which_sums_to_put_where(name, tmp_path):
    source = repro.data.catalogue()[name]
    assert repro.data.status(name, tmp_path) == "missing: " + ", ".join(f.name for f in source.files)
    with pytest.raises(repro.data.UnavailableError) as error:
        repro.data.check(name, tmp_path)
    said = str(error.value)
    for file in source.files:
        assert f"{file.name}  {file.size} bytes  SHA-256 {file.sha256}" in said
    assert str(tmp_path / source.folders[0]) in said
    assert source.how in said and all(m in said for m in source.mirrors)
    assert ("repro data fetch" in said) == bool(source.mirrors)


def test_the_catalogue_is_complete():
    found = repro.data.catalogue()
    published = ["mnist", "cifar10", "ptb", "ptb_char", "ud_ewt", "treebank"]
    assert list(found) == [*published, "mnist5k", "digits", "invented_text", "invented_trees"]
    for source in found.values():
        assert source.loader in ("images", "text", "trees") and source.form
        assert (source.shape is not None) == (source.loader == "images")
        assert bool(source.bundled) == (source.name not in published) == (not source.folders)
        stand_in = found.get(source.stand_in or "")
        assert source.bundled or (stand_in.bundled and stand_in.loader == source.loader)
        assert sources.stand_ins(source)[:1] == [source.stand_in] or source.bundled
        assert source.terms and source.citation and source.title
        assert source.mirrors or source.how
        assert all(m.startswith("https://") and m.endswith("/") for m in source.mirrors)
        for file in source.files:
            assert len(file.sha256) == 64 and file.size > 0
    assert len(found["mnist"].mirrors) >= 2
    assert found["ptb"].files == found["ptb_char"].files  # words and characters of the same text
    assert found["invented_text"].files == found["invented_trees"].files
    twice = ("ptb_char", "invented_text")
    sums = [f.sha256 for s in found.values() if s.name not in twice for f in s.files]
    assert len(set(sums)) == len(sums)


def test_unknown_names_are_refused_with_the_nearest_one(tmp_path):
    for ask in (
        repro.data.info,
        repro.data.load_images,
        repro.data.status,
        repro.data.check,
        repro.data.download,
    ):
        with pytest.raises(UnknownNameError, match="did you mean 'mnist'"):
            ask("minst")
    with pytest.raises(UnknownNameError, match=r"unknown image data set 'ptb'.*mnist"):
        repro.data.load_images("ptb")
    with pytest.raises(UnknownNameError, match=r"unknown text 'mnist'.*ptb_char"):
        repro.data.load_text("mnist")
    with pytest.raises(UnknownNameError, match=r"unknown treebank 'ptb'.*ud_ewt"):
        repro.data.load_trees("ptb")
    with pytest.raises(UnknownNameError, match="stand-in for mnist 'cifar10'"):
        repro.data.info("mnist", tmp_path, stand_in="cifar10")
    with pytest.raises(UnknownNameError, match=r"stand-in for ptb 'digits': .*known: invented_text$"):
        repro.data.info("ptb", tmp_path, stand_in="digits")
    with pytest.raises(UnknownNameError, match=r"stand-in for ud_ewt 'ptb': .*known: invented_trees$"):
        repro.data.info("ud_ewt", tmp_path, stand_in="ptb")
    with pytest.raises(UnknownNameError, match=r"stand-in for cifar10 'mnist': .*known: digits, mnist5k$"):
        repro.data.info("cifar10", tmp_path, stand_in="mnist")
