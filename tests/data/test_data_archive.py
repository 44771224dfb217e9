"""Archives: unpacked member by member, each checked, whatever else they hold."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from datahelp import BLOBS, leftovers, put, small_source

from repro.data.fetch import files
from repro.data.fetch.obtain import obtain, unpack
from repro.errors import DataError


@pytest.fixture
def absent(server, monkeypatch):
    """A server that has nothing, as the only mirror."""
    monkeypatch.setenv("REPRO_MIRRORS", server.mirror("absent"))
    return server


def archive_of(members):
    """A tar.gz of (name or TarInfo, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in members:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


GOOD = [("batches/readme.html", b"hello"), *((f"batches/{n}", b) for n, b in BLOBS.items())]


def packed_source(data):
    """The small data set, published as one archive with these bytes."""
    shell = small_source({"all.tar.gz": data}).files[0]
    return small_source(BLOBS, folders=("set/batches",), archive=shell, member="batches")


def test_an_archive_is_unpacked_checked_and_deleted(server, tmp_path, monkeypatch):
    monkeypatch.setenv("REPRO_MIRRORS", f"{server.mirror('absent')} {server.mirror('cut')}")
    server.files["all.tar.gz"] = archive_of(GOOD)
    source = packed_source(server.files["all.tar.gz"])
    obtain(source, tmp_path)
    assert files.examine(source, tmp_path) == ([], {})
    assert leftovers(tmp_path) == [".mnist.lock"]


@pytest.mark.parametrize("offline", ["0", "1"])
def test_an_archive_that_lies_there_already_is_used_and_kept(absent, tmp_path, monkeypatch, offline):
    monkeypatch.setenv("REPRO_OFFLINE", offline)
    archive = archive_of(GOOD)
    source = packed_source(archive)
    put({"all.tar.gz": archive}, tmp_path / "set")
    obtain(source, tmp_path)
    assert files.examine(source, tmp_path) == ([], {}) and not absent.seen
    assert (tmp_path / "set" / "all.tar.gz").read_bytes() == archive, "it is somebody's"


def link(name, to):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    return entry


@pytest.mark.parametrize(
    "members, message",
    [
        (GOOD[:2], "lacks batches/two.bin"),
        ([(f"other/{n}", b) for n, b in BLOBS.items()], "lacks"),
        ([("batches/one.bin", BLOBS["one.bin"][:-1]), GOOD[2]], "one.bin has SHA-256"),
        ([("batches/one.bin", BLOBS["one.bin"] + b"x" * 5_000_000), GOOD[2]], "one.bin has SHA-256"),
        ([(link("batches/one.bin", "/etc/passwd"), b""), GOOD[2]], "lacks batches/one.bin"),
        ([("../evil", b"x"), ("/evil", b"x"), ("batches/../../evil", b"x")], "lacks"),
    ],
)
def test_a_hostile_archive_writes_nothing_bad(tmp_path, members, message):
    source = packed_source(archive_of(members))
    put({"all.tar.gz": archive_of(members)}, tmp_path / "set")
    (tmp_path / "set" / "batches").mkdir()
    with pytest.raises(DataError, match=message):
        unpack(tmp_path / "set" / "all.tar.gz", source, list(source.files), tmp_path / "set" / "batches")
    assert files.examine(source, tmp_path)[1] == {}
    assert leftovers(tmp_path) == ["all.tar.gz"] and not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("damage", [0, 10, 200_000, "flip", "rubbish"])
def test_a_damaged_archive_is_a_data_error(tmp_path, damage):
    data = bytearray(archive_of(GOOD))
    if damage == "flip":
        data[150_000] ^= 255
    elif damage == "rubbish":
        data = gzip.compress(gzip.decompress(data)[:200_000]) + b"not gzip" * 99
    else:
        data = data[:damage]
    put({"all.tar.gz": data}, tmp_path)
    source = packed_source(b"")
    with pytest.raises(DataError, match=r"is not a readable archive|has SHA-256"):
        unpack(tmp_path / "all.tar.gz", source, list(source.files), tmp_path)


def test_a_complete_set_asks_nobody(absent, tmp_path):
    source = packed_source(archive_of(GOOD))
    put(BLOBS, tmp_path / "set" / "batches")
    obtain(source, tmp_path)
    assert not absent.seen
