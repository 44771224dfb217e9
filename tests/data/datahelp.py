"""Small data sets for the data tests, and the published ones where there are any."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest

import repro.data
from repro import paths
from repro.data.fetch.sources import File, Source

PUBLISHED = [Path(os.environ["REPRO_DATA"])] if os.environ.get("REPRO_DATA") else []
PUBLISHED += [paths.root() / ".data", paths.root().parent / "shared" / "data"]


def noise(seed, size):
    """`size` reproducible bytes without repetition, so that a misplaced part is noticed."""
    return hashlib.shake_128(seed.encode()).digest(size)


def small_source(files, name="mnist", **more):
    """A data set of the given files (name -> bytes), without mirrors of its own."""
    made = tuple(File(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in files.items())
    known = {
        "title": f"a small {name} (for tests)",
        "terms": "",
        "citation": "",
        "used_by": (),
        "loader": "images",
        "form": "idx",
        "shape": (1, 28, 28),
        "stand_in": "mnist5k",
    }
    return Source(name=name, files=made, **{"folders": ("mnist", ""), "mirrors": (), **known, **more})


def idx_bytes(array):
    """An IDX file with the uint8 `array`."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def put(files, folder):
    """Write name -> bytes into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def leftovers(base):
    """Names of files below `base` that belong to no data set."""
    return sorted(p.name for p in base.rglob("*") if p.is_file() and p.name not in BLOBS)


def published(name):
    """A folder with the published files of a data set, or skip the test."""
    for base in PUBLISHED:
        if repro.data.status(name, base) == "present":
            return base
    pytest.skip(f"no {name} in REPRO_DATA or .data: run `repro data fetch {name}`")


BLOBS = {"one.bin": noise("one", 300_000), "two.bin": noise("two", 40_000)}
