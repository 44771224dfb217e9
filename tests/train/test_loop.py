"""The training loop: bad sizes are refused, time is counted over sessions, checkpoints are dropped only if torn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from repro.checkpoint import load_checkpoint, save_checkpoint
from repro.piece import Piece

from repro.errors import BadValueError
from repro.train import backward_time, fcn, images, loop, meprop_mlp
from repro.train.batches import Batches
from repro.train.loop import Context, fit


class Counter:
    """A learner that counts its steps."""

    def __init__(self) -> None:
        self.t = 0

    def step(self, t: int) -> None:
        assert t == self.t
        self.t += 1

    def evaluate(self, t: int) -> list[loop.Row]:
        return [("arm", 0, "steps", t, "", float(self.t))]

    def state(self) -> dict[str, Any]:
        return {"t": self.t}

    def load(self, state: dict[str, Any]) -> None:
        self.t = state["t"]

    def fingerprints(self) -> dict[str, dict[str, str]]:
        return {}


@pytest.mark.parametrize("steps", [0, -3])
def test_less_than_one_step_is_refused(steps: int) -> None:
    with pytest.raises(BadValueError, match=f"steps is {steps}; expected 1 or more"):
        fit(Counter(), steps, (1,), Context())


@pytest.mark.parametrize("batch", [0, -1, 51])
def test_a_batch_that_cannot_be_filled_is_refused(batch: int) -> None:
    with pytest.raises(BadValueError, match=f"batch is {batch}; expected 1 to 50"):
        Batches(50, batch, (0,), "cpu")
    assert Batches(50, 50, (0,), "cpu").at(1).shape == (1, 50)


@pytest.mark.parametrize(
    ("exhibit", "arm", "changes", "words"),
    [
        ("dni/table2", "bprop-3", {"batch": 5000}, "batch is 5000; expected 1 to 1437"),
        ("dni/table2", "bprop-3", {"hold_out": 5000}, "expected 1 to 0"),
        ("dni/table2", "bprop-3", {"hold_out": -1}, "hold_out is -1; expected 0 or more"),
        ("dni/table2", "bprop-3", {"evaluations": 0}, "0 evaluations in 12 steps"),
        ("dni/table2", "bprop-3", {"steps": 0}, "in 0 steps"),
        ("meprop/fig4", "dense", {"max_steps": -1}, "in -1 steps"),
        ("meprop/fig4", "dense", {"max_steps": 0, "epochs": 0.0}, "in 0 steps"),
        ("meprop/fig4", "dense", {"dev_images": 0}, "dev_images is 0; expected 1 or more"),
        ("meprop/table7", "dense", {"repetitions": 0}, "repetitions is 0"),
    ],
)
def test_sizes_without_sense_are_refused_by_name(
    exhibit: str, arm: str, changes: dict[str, Any], words: str, small_piece: Callable[..., Piece]
) -> None:
    work = {"dni/table2": fcn, "meprop/fig4": meprop_mlp, "meprop/table7": backward_time}[exhibit]
    with pytest.raises(BadValueError, match=words):
        work.run(small_piece(exhibit, arm, (0,), **changes), Context())


def test_time_is_counted_over_all_sessions(tmp_path: Path) -> None:
    path, learner = tmp_path / "checkpoint.pt", Counter()
    learner.t = 4
    kept = {"t": 4, "rows": [], "fingerprints": {}, "spent": 1000.0, "learner": learner.state()}
    save_checkpoint(path, kept)
    meta = fit(Counter(), 6, (6,), Context(checkpoint=path)).meta
    assert meta["before_s"] == 1000 and 1000 < meta["train_s"] < 1010
    assert fit(Counter(), 6, (6,), Context()).meta["before_s"] == 0


@pytest.mark.parametrize("content", [b"", b"torn", b"PK\x03\x04" + bytes(200), "half", "changed"])
def test_a_torn_checkpoint_is_put_aside_with_a_warning(
    content: bytes | str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.pt"
    if isinstance(content, str):
        save_checkpoint(path, {"t": 1, "weights": torch.zeros(1000)})
        whole = path.read_bytes()
        middle = len(whole) // 2  # a byte of the weights, which torch.load would believe
        content = whole[:middle] + (b"" if content == "half" else b"\x01" + whole[middle + 1 :])
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING, "repro.runner"):
        assert load_checkpoint(path) is None
    assert not path.exists() and path.with_suffix(".bad").read_bytes() == content
    assert "checkpoint.pt is damaged" in caplog.text


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), PermissionError(), MemoryError()])
def test_what_may_pass_leaves_the_checkpoint_alone(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"t": 1})

    def fail(*a: Any, **k: Any) -> None:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(type(error)):
        load_checkpoint(path)
    monkeypatch.undo()
    assert load_checkpoint(path) == {"t": 1}


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert load_checkpoint(None) is None and load_checkpoint(tmp_path / "none.pt") is None


def test_images_are_read_once_a_process_and_folder(
    small_piece: Callable[..., Piece], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, str]] = []
    real = images.load_images

    def load_images(name: str, device: str, **more: Any) -> Any:
        read.append((name, more["data_dir"]))
        return real(name, device, **more)

    monkeypatch.setattr(images, "load_images", load_images)
    images._loaded.cache_clear()
    piece, one, two = small_piece("dni/table2", "bprop-3", (0,)), tmp_path / "one", tmp_path / "two"
    first = images.load(piece, Context(data_dir=str(one)))
    again = images.load(replace(piece, seeds=(1,)), Context(data_dir=str(one)))
    assert again is first and read == [("digits", str(one))]
    assert images.load(piece, Context(data_dir=str(two))) is not first
    stand_in = replace(piece, dataset="mnist", stand_in="digits")
    found = images.load(stand_in, Context(data_dir=str(two), download=False))
    assert found.info.stand_in and not first.info.stand_in
    assert len(read) == 3
    images._loaded.cache_clear()
