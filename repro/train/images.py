"""What all image classifiers share: runs of a piece, data on the device, test error."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from repro.data import ImageData, info, load_images
from repro.errors import BadValueError
from repro.paths import data_dir
from repro.piece import Piece
from repro.train.loop import Context


def runs_of(piece: Piece) -> list[tuple[str, dict[str, Any], int]]:
    """(arm id, arm settings, seed) of each run, arms outermost: the order of the run axis."""
    return [(a["id"], dict(a["settings"]), s) for a in piece.arms for s in piece.seeds]


def load(piece: Piece, ctx: Context) -> ImageData:
    """The piece's data set on the device, loaded once a process; shared, so it must not be written to."""
    assert piece.dataset is not None
    # settled anew each time, since a download in between takes the stand-in's place
    name = info(piece.dataset, ctx.data_dir, piece.stand_in, ctx.download).name
    folder = str(data_dir(ctx.data_dir))
    return _loaded(name, piece.dataset, piece.stand_in, ctx.device, folder, ctx.download)


@lru_cache(maxsize=2)
def _loaded(
    name: str, asked: str, stand_in: str | None, device: str, folder: str, download: bool
) -> ImageData:
    """The images; `name`, what `asked` stands for in `folder`, only tells the entries of the cache apart."""
    return load_images(asked, device, data_dir=folder, stand_in=stand_in, download=download)


def gather(x: Tensor, y: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """Batches [R, B, D] and [R, B] of the examples at indices `at` [R, B]."""
    flat = at.reshape(-1)
    return x.index_select(0, flat).view(*at.shape, -1), y.index_select(0, flat).view(at.shape)


def error_rate(predict: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, chunk: int = 1000) -> Tensor:
    """Percent of wrongly classified examples of each run, [R]; x [N, D], y [N]."""
    wrong: Tensor | None = None
    for i in range(0, len(x), chunk):
        hit = predict(x[i : i + chunk].unsqueeze(0)).argmax(-1) != y[i : i + chunk]
        wrong = hit.sum(1) if wrong is None else wrong + hit.sum(1)
    assert wrong is not None
    return wrong.double() * (100 / len(x))


def evenly(steps: int, times: int) -> list[int]:
    """About `times` evenly spread step counts, the last one `steps`; `BadValueError` if either is below 1."""
    if min(steps, times) < 1:
        raise BadValueError(f"{times} evaluations in {steps} steps; expected 1 or more of each")
    times = min(times, steps)
    return sorted({round(steps * (i + 1) / times) for i in range(times)})


def seed_all(device: str) -> None:
    """No global generator is used; a fixed global seed makes an accidental use repeatable."""
    torch.manual_seed(0)
    if device == "cuda":
        torch.cuda.manual_seed_all(0)
