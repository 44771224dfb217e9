"""A data set with its tensors, by name: settles which one it is and hands it to the loader of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repro import paths
from repro.data.fetch.sources import SOURCES, Source, source
from repro.data.sets import DataInfo, DataSet, ImageData, TextData, TreeData
from repro.data.settle import PathLike, info
from repro.errors import UnknownNameError

if TYPE_CHECKING:  # the command line must answer without torch
    import torch

NAMES = {"images": "image data set", "text": "text", "trees": "treebank"}


def load(
    name: str,
    device: str | torch.device = "cpu",
    data_dir: PathLike | None = None,
    stand_in: str | None = None,
    download: bool = True,
) -> DataSet:
    """The data set `name` on `device`: `ImageData`, `TextData` or `TreeData`; see `info` for which it really is.

    A stand-in comes in the shape of what it stands for: images with its number of inputs, text in its words or
    characters.
    """
    given = (name, device, data_dir, stand_in, download)
    if source(name).loader == "text":
        return load_text(*given)
    return load_trees(*given) if source(name).loader == "trees" else load_images(*given)


# Each kind by itself, so that the code of one is no part of what another's runs depend on.


def load_images(
    name: str,
    device: str | torch.device = "cpu",
    data_dir: PathLike | None = None,
    stand_in: str | None = None,
    download: bool = True,
) -> ImageData:
    """`load` of an image data set; `UnknownNameError` for one of another kind."""
    from repro.data.images import load as read

    found, asked, settled = _settled("images", name, data_dir, stand_in, download)
    assert asked.shape is not None
    train, test = read(found, asked, paths.data_dir(data_dir), device)
    return ImageData(*train, *test, settled, asked.shape)


def load_text(
    name: str,
    device: str | torch.device = "cpu",
    data_dir: PathLike | None = None,
    stand_in: str | None = None,
    download: bool = True,
) -> TextData:
    """`load` of a text; `UnknownNameError` for a data set of another kind."""
    from repro.data.text import load as read

    found, asked, settled = _settled("text", name, data_dir, stand_in, download)
    return TextData(*read(found, asked, paths.data_dir(data_dir), device), settled)


def load_trees(
    name: str,
    device: str | torch.device = "cpu",
    data_dir: PathLike | None = None,
    stand_in: str | None = None,
    download: bool = True,
) -> TreeData:
    """`load` of a treebank; `UnknownNameError` for a data set of another kind."""
    from repro.data.trees import load as read

    found, _, settled = _settled("trees", name, data_dir, stand_in, download)
    return TreeData(*read(found, paths.data_dir(data_dir), device), settled)


def _settled(
    kind: str, name: str, data_dir: PathLike | None, stand_in: str | None, download: bool
) -> tuple[Source, Source, DataInfo]:
    """The source that is read, the one that was asked for, and what a record says of it."""
    if source(name).loader != kind:
        raise UnknownNameError(NAMES[kind], name, [s.name for s in SOURCES.values() if s.loader == kind])
    settled = info(name, data_dir, stand_in, download)
    return source(settled.name), source(name), settled


def check_bundled(wanted: Source) -> None:
    """`DataError` unless the package that brings a set is there and brings what is known."""
    if wanted.bundled == "repro":
        from repro.data import invented

        invented.check()
    elif wanted.form == "digits":
        from repro.data import digits

        digits.raw()
    else:
        from repro.data import mnist5k

        mnist5k.raw()
