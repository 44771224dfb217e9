"""Runs of two nets on two clocks: what is measured and kept, together as one by one, resumed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest
import together
import torch
from clocks import KINDS, LANES, WIDTH, T, images, make
from torch import Tensor

from repro.errors import UnknownNameError
from repro.nets import two_clocks as nets
from repro.train import two_clocks


def test_it_starts_without_a_synthetic_gradient() -> None:
    it = make(KINDS["dni"])
    assert not nets.model(torch.randn(2, LANES, WIDTH, dtype=torch.float64), it.m.p).any()
    one, other = make(KINDS["dni"]), make(KINDS["no_bprop"])
    one.step(0), other.step(0)
    assert torch.equal(one.a.flat, other.a.flat) and torch.equal(one.m.flat, other.m.flat)
    one.step(1), other.step(1)
    assert not torch.equal(one.a.flat, other.a.flat)


def test_errors_are_shares_of_wrong_counts() -> None:
    it = make(KINDS["dni"])
    right = {}
    at = it.streams.view(-1, T, T, two_clocks.LANES)
    assert at.unique().numel() == 40  # all images, over and over
    odd, threes = two_clocks.asked(it.y_eval[at[0]].unsqueeze(0))
    assert odd.shape == (1, T, two_clocks.LANES) and threes.shape == (1, two_clocks.LANES)

    def sure(counts: Tensor, classes: int, wrong: int) -> Tensor:
        logits = (
            torch.nn.functional.one_hot(counts, classes)
            .double()
            .expand(2, *counts.shape[1:], classes)
            .clone()
        )
        logits[1, ..., :wrong, :] = -logits[1, ..., :wrong, :]
        return logits

    right["a"] = sure(odd, T + 1, 50), torch.zeros(1)
    right["b"] = sure(threes, T * T + 1, 100)
    with (
        mock.patch.object(nets, "net_a", lambda *_: right["a"]),
        mock.patch.object(nets, "net_b", lambda *_: right["b"]),
    ):
        rows = {(r, k): v for r, k, _, _, v in it.evaluate(1)}
    assert rows[0, "test_error_a"] == rows[0, "test_error_b"] == 0
    assert rows[1, "test_error_a"] == pytest.approx(10) and rows[1, "test_error_b"] == pytest.approx(20)


def test_held_out_images_are_not_trained_on_and_name_the_error() -> None:
    it = make(KINDS["dni"], hold_out=40)
    assert len(it.x) == 56 and torch.equal(it.x_eval, images(torch.float64).x_train[56:])
    assert {r[1] for r in it.evaluate(1)} == {
        "validation_error_a",
        "validation_error_b",
        "sg_r2",
        "sg_cosine",
    }


def test_quality_is_that_of_the_guess() -> None:
    """R² and cosine since the last look, of a guess that is what arrives times 3."""
    it = make(KINDS["dni"])
    target = torch.randn(2, T, LANES, WIDTH, dtype=torch.float64)
    it._watch(3 * target, target)
    found = {k: v for r, k, _, _, v in it.evaluate(1) if r == 0}
    assert found["sg_r2"] == pytest.approx(-3) and found["sg_cosine"] == pytest.approx(1)
    assert not it.watched.any()


# together, resumed, refused -------------------------------------------------------------------------------------


class Trained:
    """As `together` wants it."""

    def __init__(self, setting: dict[str, Any], seeds: Sequence[int], dtype: torch.dtype):
        self.it = make(setting, seeds, dtype)

    def step(self, t: int) -> dict[str, Any]:
        self.it.step(t)
        parts = zip("abm", self.it.params(), strict=True)
        return {"grads": {f"{n}/{k}": v.clone() for n, p in parts for k, v in p.g.items()}}

    def parameters(self) -> dict[str, Tensor]:
        parts = zip("abm", self.it.params(), strict=True)
        return {f"{n}/{k}": v for n, p in parts for k, v in p.p.items()}

    def take(self, other: Trained, run: int | None = None) -> None:
        mine, theirs = self.it.state()["kept"], other.it.state()["kept"]
        for name, to in mine.items():
            pairs = (
                [(to[k], theirs[name][k]) for k in to] if name.startswith("adam") else [(to, theirs[name])]
            )
            for a, b in pairs:
                rows = (
                    b
                    if b.dim() == 0 or run is None
                    else b[:, run : run + 1]
                    if name == "watched"
                    else b[run : run + 1]
                )
                a.copy_(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_together_is_one_by_one(kind: str) -> None:
    together.check(lambda seeds, dtype: Trained(KINDS[kind], seeds, dtype), (0, 3), steps=6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_undisturbed_one(kind: str) -> None:
    one, two = make(KINDS[kind]), make(KINDS[kind])
    for t in range(3):
        one.step(t)
    two.load(copy.deepcopy(one.state()))
    for learner in (one, two):
        for t in range(3, 6):
            learner.step(t)
    assert one.prints() == two.prints() and one.evaluate(6) == two.evaluate(6)


def test_all_learn_at_the_rate_that_is_asked_for() -> None:
    assert [o.rates for o in make(KINDS["dni"]).optimizers] == [[1e-2] * 2] * 3


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="learning rule"):
        make({"rule": "hope"})
