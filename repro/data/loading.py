"""A data set with its tensors, by name: settles which one it is and hands it to the loader of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repro import paths
from repro.data.fetch.sources import SOURCES, Source, source
from repro.data.sets import DataSet, ImageData, TextData, TreeData
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
    settled = info(name, data_dir, stand_in, download)
    found, asked, base = source(settled.name), source(name), paths.data_dir(data_dir)
    if asked.loader == "text":
        from repro.data import text

        return TextData(*text.load(found, asked, base, device), settled)
    if asked.loader == "trees":
        from repro.data import trees

        return TreeData(*trees.load(found, base, device), settled)
    from repro.data import images

    assert asked.shape is not None
    train, test = images.load(found, asked, base, device)
    return ImageData(*train, *test, settled, asked.shape)


def load_images(name: str, device: str | torch.device = "cpu", **options: Any) -> ImageData:
    """`load` of an image data set; `UnknownNameError` for one of another kind."""
    data = load(_of_kind("images", name), device, **options)
    assert isinstance(data, ImageData)
    return data


def load_text(name: str, device: str | torch.device = "cpu", **options: Any) -> TextData:
    """`load` of a text; `UnknownNameError` for a data set of another kind."""
    data = load(_of_kind("text", name), device, **options)
    assert isinstance(data, TextData)
    return data


def load_trees(name: str, device: str | torch.device = "cpu", **options: Any) -> TreeData:
    """`load` of a treebank; `UnknownNameError` for a data set of another kind."""
    data = load(_of_kind("trees", name), device, **options)
    assert isinstance(data, TreeData)
    return data


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


def _of_kind(kind: str, name: str) -> str:
    """`name`, if it is a data set of this kind."""
    if source(name).loader != kind:
        raise UnknownNameError(NAMES[kind], name, [s.name for s in SOURCES.values() if s.loader == kind])
    return name
