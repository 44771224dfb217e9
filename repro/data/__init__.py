"""Data sets: which one is really used, its tensors, and the order in which training sees them.

`info` settles which data will be used, without torch: the published files if they are in the data folder or can be
downloaded, else, where the caller allows it and never silently, a stand-in. `load` gives the tensors, `streams`
orders them. A file that is on disk but not the published one is refused by name; no stand-in ever hides it.

The data folder is `data_dir`, else `REPRO_DATA`, else `.data` in the repository. `REPRO_OFFLINE=1` forbids
the network; `REPRO_MIRRORS` names other base addresses.
"""

from repro.data.fetch.files import UnavailableError
from repro.data.fetch.sources import File, Source, catalogue
from repro.data.loading import load, load_images, load_text, load_trees
from repro.data.sets import DataInfo, DataSet, ImageData, Sentence, TextData, TreeData, Trees
from repro.data.settle import check, download, info, reset, status

__all__ = [
    "DataInfo",
    "DataSet",
    "File",
    "ImageData",
    "Sentence",
    "Source",
    "TextData",
    "TreeData",
    "Trees",
    "UnavailableError",
    "catalogue",
    "check",
    "download",
    "info",
    "load",
    "load_images",
    "load_text",
    "load_trees",
    "reset",
    "status",
]
