"""What all image classifiers share: data on the device, their batches, test error."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from repro.data import ImageData, info, load_images
from repro.errors import BadValueError
from repro.paths import data_dir
from repro.train.given import Given
from repro.train.loop import Context


def load(given: Given, ctx: Context) -> ImageData:
    """The runs' data set on the device, loaded once a process; shared, so it must not be written to."""
    asked, stand_in = _data_of(given)
    # settled anew each time, since a download in between takes the stand-in's place
    name = info(asked, ctx.data_dir, stand_in, ctx.download).name
    folder = str(data_dir(ctx.data_dir))
    return _loaded(name, asked, stand_in, ctx.device, folder, ctx.download)


def _data_of(given: Given) -> tuple[str, str | None]:
    first = given.runs[0]
    for run in given.runs:
        if run.dataset is None or (run.dataset, run.stand_in) != (first.dataset, first.stand_in):
            raise BadValueError(
                f"run {run.name} trains on {run.dataset}, {first.name} on {first.dataset}: expected one"
            )
    assert first.dataset is not None
    return first.dataset, first.stand_in


@lru_cache(maxsize=2)
def _loaded(
    name: str, asked: str, stand_in: str | None, device: str, folder: str, download: bool
) -> ImageData:
    """The images; `name`, what `asked` stands for in `folder`, only tells the entries of the cache apart."""
    made = load_images(asked, device, data_dir=folder, stand_in=stand_in, download=download)
    if device == "cuda":  # other threads' queues read them too
        torch.cuda.synchronize()
    return made


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
