"""Data sets: which one is really used, and its tensors.

`info` settles which data will be used, without torch: the published files if they are in the data folder or
can be downloaded, else, where the caller allows it and never silently, the stand-in. `load_images` gives the
tensors. A file that is on disk but not the published one is refused by name; no stand-in ever hides it.

The data folder is `data_dir`, else `REPRO_DATA`, else `.data` in the repository. `REPRO_OFFLINE=1` forbids
the network; `REPRO_MIRRORS` names other base addresses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repro import paths
from repro.data.files import UnavailableError, examine, forget, missing_error
from repro.data.sources import DIGITS, SOURCES, File, Source, catalogue, source
from repro.errors import UnknownNameError

if TYPE_CHECKING:  # the command line must answer without torch
    import torch

    from repro.data.download import Progress

__all__ = [
    "DataInfo",
    "File",
    "ImageData",
    "Source",
    "UnavailableError",
    "catalogue",
    "check",
    "fetch",
    "info",
    "load_images",
    "reset",
    "status",
]

PathLike = str | os.PathLike[str]
_settled: dict[tuple[object, ...], DataInfo] = {}
_said: set[tuple[str, str]] = set()


@dataclass(frozen=True)
class DataInfo:
    """Which data a run uses.

    `name` is what was loaded and `asked` what was asked for; they differ for a stand-in. `files` maps file
    names to the SHA-256 of the published file (for digits: of the arrays), whatever form lies on disk.
    `note` is one phrase for titles and verdicts.
    """

    name: str
    asked: str
    stand_in: bool
    files: Mapping[str, str]
    note: str


@dataclass(frozen=True, eq=False)
class ImageData:
    """A labelled image set on one device.

    `x_train` [N, inputs] float32 in [0, 1], in the published order, `y_train` [N] int64 in 0..9; `x_test` and
    `y_test` likewise. MNIST has 784 inputs, row by row; CIFAR-10 has 3,072, channel-major: 1,024 red values,
    row by row, then green, then blue.
    """

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    info: DataInfo


def info(
    name: str, data_dir: PathLike | None = None, stand_in: str | None = None, download: bool = True
) -> DataInfo:
    """Settle which data `name` stands for: found, else downloaded, else the stand-in "digits" if allowed.

    The answer is kept for this process. `UnknownNameError`: no such data set or stand-in. `DataError`: a file
    is corrupt, or missing with no stand-in allowed; the message says what to put where.
    """
    wanted, base = source(name), paths.data_dir(data_dir)
    if stand_in not in (None, "digits") or (stand_in and not wanted.images):
        raise UnknownNameError(f"stand-in for {name}", stand_in, ["digits"] if wanted.images else [])
    key = (name, base, stand_in, download, os.environ.get("REPRO_OFFLINE"), os.environ.get("REPRO_MIRRORS"))
    if key not in _settled:
        _settled[key] = _settle(wanted, base, stand_in, download)
    return _settled[key]


def load_images(
    name: str,
    device: str | torch.device = "cpu",
    data_dir: PathLike | None = None,
    stand_in: str | None = None,
    download: bool = True,
) -> ImageData:
    """The images of "mnist", "cifar10" or "digits" on `device`; see `info` for which data that really is.

    The digits have 1,437 + 360 images; in place of a set they take its number of inputs (784 or 3,072).
    """
    if not source(name).images:
        raise UnknownNameError("image data set", name, [s.name for s in SOURCES.values() if s.images])
    settled = info(name, data_dir, stand_in, download)
    from repro.data import images

    train, test = images.load(settled.name, name, paths.data_dir(data_dir), device)
    return ImageData(*train, *test, settled)


def status(name: str, data_dir: PathLike | None = None) -> str:
    """Of a data set on disk: `present`, `missing: …` or `corrupt: …`. No network, no stand-in."""
    wanted, base = source(name), paths.data_dir(data_dir)
    if wanted is DIGITS:
        return "present" if _has_digits() else "missing: scikit-learn is not installed"
    missing, corrupt = examine(wanted, base)
    if corrupt:
        return f"corrupt: {', '.join(corrupt)}"
    return f"missing: {', '.join(f.name for f in missing)}" if missing else "present"


def check(name: str, data_dir: PathLike | None = None) -> None:
    """`DataError` unless every file of the data set is on disk and is the published one."""
    wanted, base = source(name), paths.data_dir(data_dir)
    if wanted is DIGITS:
        from repro.data import digits

        digits.raw()
        return
    _require(wanted, base)


def fetch(name: str, data_dir: PathLike | None = None, progress: Progress | None = None) -> DataInfo:
    """Download what is missing of a data set, patiently, and replace what is corrupt.

    `progress(file name, bytes so far, bytes in all)` is called as bytes arrive. `DataError` when the set
    cannot be had: which files with which sums to put where.
    """
    wanted, base = source(name), paths.data_dir(data_dir)
    if wanted is not DIGITS and any(examine(wanted, base)):
        from repro.data.obtain import obtain

        obtain(wanted, base, asked=True, progress=progress)
    _settled.clear()  # what was missing may be there now
    return info(name, base, download=False)


def reset() -> None:
    """Forget everything this process has settled, verified, said or seen fail (tests)."""
    _settled.clear()
    _said.clear()
    from repro.data import marker

    marker.forget()
    forget()


def _settle(wanted: Source, base: Path, stand_in: str | None, download: bool) -> DataInfo:
    """`info` without its memory."""
    if wanted is DIGITS:
        return _digits_info(wanted)
    try:
        _require(wanted, base, download)
    except UnavailableError as error:
        if stand_in is None:
            raise
        import logging  # a quarter of this module's import time, and rarely needed

        found = _digits_info(wanted)
        if (wanted.name, stand_in) not in _said:
            _said.add((wanted.name, stand_in))
            logging.getLogger("repro.data").warning(
                "%s is not on disk and cannot be downloaded (%s): %s", wanted.name, error.why, found.note
            )
        return found
    return DataInfo(wanted.name, wanted.name, False, wanted.sums, wanted.title)


def _require(wanted: Source, base: Path, download: bool = False) -> None:
    """Every file present and verified, after a download if that is allowed and needed."""
    missing, corrupt = examine(wanted, base)
    for error in corrupt.values():
        raise error
    if missing and not download:
        raise missing_error(wanted, missing, base, "not on disk")
    if missing:
        from repro.data.obtain import obtain

        obtain(wanted, base)


def _has_digits() -> bool:
    """Whether scikit-learn, which brings the digits, is installed."""
    from importlib.util import find_spec

    try:
        return find_spec("sklearn") is not None
    except ValueError:  # half imported, or hidden
        return False


def _digits_info(asked: Source) -> DataInfo:
    """The digits, in place of `asked` or for themselves."""
    if not _has_digits():
        why = "scikit-learn is not installed"
        raise UnavailableError(f"digits: {why}: install it (pip install scikit-learn) or use real data", why)
    shape = "32x32, three equal channels" if asked.name == "cifar10" else "28x28"
    note = f"scikit-learn digits (1,797 images 8x8, resized to {shape})"
    if asked is not DIGITS:
        note = f"stand-in: {note}, not {asked.title.split(' (')[0]}"
    return DataInfo(DIGITS.name, asked.name, asked is not DIGITS, DIGITS.sums, note)
