"""Runs trained together are the runs trained one by one; seeds mean what they say; resuming changes nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from repro.checkpoint import load_checkpoint, save_checkpoint
from repro.models import norm, products
from repro.piece import Piece

from repro.train.batches import Batches
from repro.train.loop import Context, Result

ARMS = [
    ("dni/table2", "bprop-4"),
    ("dni/table2", "no_bprop-3"),
    ("dni/table2", "stale-3"),
    ("dni/table2", "dni-4"),
    ("dni/table2", "cdni-4"),
    ("meprop/fig4", "dense"),
    ("meprop/fig4", "top-8"),
    ("meprop/fig4", "random-8"),
    ("meprop/fig4", "small-16"),
    ("sg/table2", "noisy2-shallow-log"),
    ("sg/table2", "noisy2-deep-mse"),
]


def train(piece: Piece, ctx: Context | None = None) -> Result:
    module, function = piece.work.split(":")
    return getattr(importlib.import_module(module), function)(piece, ctx or Context())


def values(result: Result) -> dict[tuple[Any, ...], float]:
    return {r[:5]: r[5] for r in result.rows}


@pytest.mark.parametrize(
    ("exhibit", "arm", "large"),
    [(*a, False) for a in ARMS] + [(*a, True) for a in ARMS if a[0] == "dni/table2"],
)
def test_together_is_one_by_one(
    exhibit: str,
    arm: str,
    large: bool,
    small_piece: Callable[..., Piece],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Max and mean deviation: a drift that stays inside the maximum would show in the mean.

    `large`: with the kernels that nets of the paper's size go through, run by run.
    """
    if large:
        monkeypatch.setattr(norm, "FUSED_FROM", 1)
        monkeypatch.setattr(products, "FROM", 1)
    torch.set_flush_denormal(True)
    together = train(small_piece(exhibit, arm, (0, 1, 2)))
    alone = [train(small_piece(exhibit, arm, (s,))) for s in (0, 1, 2)]
    joined = {k: v for r in alone for k, v in values(r).items()}
    batch = values(together)
    assert batch.keys() == joined.keys()
    # percentages move in steps of one image: 100/360; losses and gaps by rounding
    difference = [(batch[k] - joined[k]) / max(1.0, abs(joined[k])) for k in batch]
    assert max(map(abs, difference)) <= 2e-2
    assert abs(sum(difference) / len(difference)) <= 2e-3
    assert together.meta["fingerprints"] == {k: v for r in alone for k, v in r.meta["fingerprints"].items()}


@pytest.mark.parametrize(("exhibit", "arm"), [ARMS[3], ARMS[7], ARMS[9]])
def test_same_seed_same_numbers_other_seed_other_numbers(
    exhibit: str, arm: str, small_piece: Callable[..., Piece]
) -> None:
    one, again, other = (train(small_piece(exhibit, arm, (s,))) for s in (4, 4, 5))
    assert one.rows == again.rows
    assert [r[5] for r in one.rows] != [r[5] for r in other.rows]
    (mine,), (yours,) = one.meta["fingerprints"].values(), other.meta["fingerprints"].values()
    assert mine["weights"] != yours["weights"]
    assert mine["batch"] != yours["batch"] or exhibit == "sg/table2"


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize(("exhibit", "arm"), ARMS)
def test_resumed_is_undisturbed_bitwise(
    exhibit: str, arm: str, small_piece: Callable[..., Piece], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = small_piece(exhibit, arm, (0, 1))
    undisturbed = train(piece)
    path = tmp_path / "checkpoint.pt"
    saves = 0

    def killed_after_saving(target: Path, state: dict[str, Any]) -> None:
        nonlocal saves
        save_checkpoint(target, state)
        saves += 1
        raise Killed

    monkeypatch.setattr("repro.train.loop.save_checkpoint", killed_after_saving)
    with pytest.raises(Killed):
        train(piece, Context(checkpoint=path, checkpoint_s=-1))
    saved = load_checkpoint(path)
    assert saves == 1
    assert saved is not None
    assert saved["t"] == 10
    monkeypatch.undo()
    resumed = train(piece, Context(checkpoint=path))
    assert resumed.rows == undisturbed.rows
    assert resumed.meta["fingerprints"] == undisturbed.meta["fingerprints"]


def test_batches_cover_an_epoch_once_and_differ_by_seed_and_epoch() -> None:
    batches = Batches(50, 10, (0, 1), "cpu")
    epochs = [torch.cat([batches.at(5 * e + k) for k in range(5)], 1) for e in (0, 1)]
    for epoch in epochs:
        assert epoch.sort(1).values.tolist() == [list(range(50))] * 2
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[0][0], epochs[0][1])
    assert torch.equal(Batches(50, 10, (1,), "cpu").at(7), batches.at(7)[1:])
