"""Checkpoints: torn, unreadable, absent, copied."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from repro.train.checkpoint import copied, load_checkpoint, save_checkpoint


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


def test_a_copied_state_shares_nothing_with_its_original() -> None:
    state = {"weights": torch.zeros(3), "best": [[1.0, 2]]}
    copy = copied(state)
    state["weights"] += 1
    state["best"][0][0] = 5.0  # type: ignore[index]
    assert copy["weights"].tolist() == [0, 0, 0] and copy["best"] == [[1.0, 2]]
