"""Treebanks as learners read them: on the device, once a process, for parsers and taggers alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import torch

from repro.data import TreeData, info, load_trees
from repro.errors import BadValueError
from repro.paths import data_dir
from repro.train.given import Given
from repro.train.loop import Context

Bank = TypeVar("Bank")


def read(given: Given, ctx: Context, make: Callable[..., Bank], names: Sequence[str]) -> Bank:
    """What `make`, a function of a module, makes of the runs' treebank and of the parameters `names`, in that order.

    Made once a process, and shared, so it must not be written to. `BadValueError` for runs without a treebank.
    """
    first = given.runs[0]
    if first.dataset is None:
        raise BadValueError(f"run {first.name} has no treebank to train on")
    # settled anew each time, since a download in between takes the stand-in's place
    found = info(first.dataset, ctx.data_dir, first.stand_in, ctx.download).name
    which = found, first.dataset, first.stand_in
    sizes = tuple(given.param(name) for name in names)
    made: Bank = _made(make, which, ctx.device, str(data_dir(ctx.data_dir)), ctx.download, sizes)
    return made


@lru_cache(maxsize=4)
def _made(
    make: Callable[..., Any],
    which: tuple[str, str, str | None],
    device: str,
    folder: str,
    download: bool,
    sizes: tuple[int, ...],
) -> Any:
    """`which`: what is found (which only tells the entries of the cache apart), what is asked for, the stand-in."""
    _, asked, stand_in = which
    bank: TreeData = load_trees(asked, device, data_dir=folder, stand_in=stand_in, download=download)
    made = make(bank, *sizes)
    if device == "cuda":  # other threads' queues read it too
        torch.cuda.synchronize()
    return made
