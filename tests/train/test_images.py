"""What image classifiers share: test error over chunks, batches of each run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.record.run import Run
from repro.train import images
from repro.train.given import Given
from repro.train.images import error_rate, gather
from repro.train.loop import Context


@pytest.mark.parametrize(("n", "chunk"), [(10, 4), (10, 5), (3, 4), (2500, 1000)])
def test_error_rate_counts_every_image_once_against_its_own_label(n: int, chunk: int) -> None:
    rng = torch.Generator().manual_seed(0)
    y = torch.randint(10, (n,), generator=rng)
    guess = torch.stack([y, torch.randint(10, (n,), generator=rng)])  # one run is always right
    asked: list[int] = []

    def predict(x: Tensor) -> Tensor:
        """The guesses for the images whose numbers x [1, B, 1] holds, as logits [2, B, 10]."""
        asked.append(x.shape[1])
        return torch.nn.functional.one_hot(guess[:, x[0, :, 0].long()], 10).float()

    found = error_rate(predict, torch.arange(n).float().unsqueeze(1), y, chunk)
    assert sum(asked) == n and max(asked) <= chunk
    expected = 100 * sum(int(a) != int(b) for a, b in zip(guess[1], y, strict=True)) / n
    assert found.tolist() == pytest.approx([0, expected])
    assert expected > 50


def test_gather_takes_each_runs_own_examples() -> None:
    x, y = torch.arange(12.0).view(6, 2), torch.arange(6) * 10
    found, labels = gather(x, y, torch.tensor([[5, 0], [2, 2]]))
    assert found.tolist() == [[[10, 11], [0, 1]], [[4, 5], [4, 5]]]
    assert labels.tolist() == [[50, 0], [20, 20]]


def test_images_are_read_once_a_process_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = images.load_images

    def load_images(name: str, device: str, **more: Any) -> Any:
        read.append(more["data_dir"])
        return real(name, device, **more)

    monkeypatch.setattr(images, "load_images", load_images)
    images._loaded.cache_clear()
    digits = Given([Run("arm", 0, {}, {}, "digits")])
    one, two = (Context(data_dir=str(tmp_path / name), download=False) for name in ("one", "two"))
    first = images.load(digits, one)
    assert images.load(Given([Run("arm", 1, {}, {}, "digits")]), one) is first and read == [
        str(tmp_path / "one")
    ]
    assert images.load(digits, two) is not first
    found = images.load(Given([Run("arm", 0, {}, {}, "mnist", "digits")]), two)
    assert found.info.stand_in and not first.info.stand_in and len(read) == 3
    images._loaded.cache_clear()
