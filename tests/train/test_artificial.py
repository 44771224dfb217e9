"""The artificial data sets are those of the paper, and the pairs of nets learn by the rules they are named for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from repro.algorithms.linear_sg import LinearNet, LinearSG, backprop_step, sg_step
from repro.piece import Piece
from torch.nn import functional as F

from repro.train.artificial import PairLearner, draw, run
from repro.train.batches import stream
from repro.train.loop import Context

SEEDS = (0, 3)


def test_linear_labels_are_sides_of_a_hyperplane_through_the_origin() -> None:
    x, y = draw("linear", 2, 100, seed=3)
    assert x.shape == (100, 2)
    angle = torch.atan2(x[:, 1], x[:, 0])
    order = angle.argsort()
    changes = (y[order, 1].diff() != 0).sum() + (y[order[0], 1] != y[order[-1], 1])
    assert changes == 2, "around the origin the label changes exactly twice"
    far, _ = draw("linear", 100, 1000, seed=3)
    assert far.shape == (1000, 100)
    assert abs(far.mean()) < 0.02
    assert abs(far.std() - 1) < 0.02


def test_noisy_is_linear_with_a_tenth_of_the_labels_swapped() -> None:
    (x, y), (same, noisy) = draw("linear", 2, 100, 1), draw("noisy", 2, 100, 1)
    assert torch.equal(x, same)
    assert (y != noisy).any(1).sum() == 10


def test_random_labels_are_fair_and_each_seed_is_another_data_set() -> None:
    _, y = draw("random", 100, 1000, 0)
    assert 440 < y[:, 1].sum() < 560
    assert not torch.equal(draw("random", 2, 100, 0)[0], draw("random", 2, 100, 1)[0])


def make(small_piece: Callable[..., Piece], arm: str, **changes: Any) -> PairLearner:
    return PairLearner(small_piece("sg/table2", arm, SEEDS, **changes), Context())


@pytest.mark.parametrize("kind", ["mse", "log"])
@pytest.mark.parametrize(("deep", "sizes", "at"), [("shallow", (2, 2), 1), ("deep", (2, *[6] * 4, 2), 3)])
@torch.no_grad()
def test_steps_are_those_of_both_rules_with_adam(
    deep: str, sizes: tuple[int, ...], at: int, kind: str, small_piece: Callable[..., Piece]
) -> None:
    """Four steps with a drop of the rate after the second one, against the rules called directly."""
    rates = {"learning_rate": 1e-2, "deep_learning_rate": 1e-3}
    drops = {"steps": 4, "rate_drops": ((0.5, 0.1),)}
    shape = {"width": 6, "deep_layers": 4, "sg_after": 3}
    learner = make(small_piece, f"noisy2-{deep}-{kind}", **rates, **drops, **shape)
    drawn = [draw("noisy", 2, 100, s) for s in SEEDS]
    x, y = (torch.stack([d[i].T for d in drawn]) for i in (0, 1))
    bp, net = LinearNet(sizes, 2), LinearNet(sizes, 2)
    bp.init([stream(s, "init") for s in SEEDS])
    net.init([stream(s, "init") for s in SEEDS])
    sg = LinearSG(net, sizes[at], 2)
    stacks = (bp.stack, net.stack, sg.stack)
    start = [s.flat.clone() for s in stacks]
    leaves = [torch.nn.Parameter(s.flat, requires_grad=False) for s in stacks]
    for leaf, stack in zip(leaves, stacks, strict=True):
        leaf.grad = stack.flat_grad
    adam, rate = torch.optim.Adam(leaves), 1e-2 if deep == "shallow" else 1e-3
    for t in range(4):
        backprop_step(bp, kind, x, y)
        sg_step(net, sg, at, kind, x, y)
        adam.param_groups[0]["lr"] = rate if t < 2 else rate / 10
        adam.step()
        learner.step(t)
    for ours, theirs, before in zip(learner.stacks, stacks, start, strict=True):
        assert torch.allclose(ours.flat, theirs.flat, rtol=1e-5, atol=1e-7)
        assert (theirs.flat - before).abs().max() > rate / 2
    assert not torch.allclose(bp.stack.flat, net.stack.flat)


@torch.no_grad()
def test_the_rate_drops_at_its_fractions_of_the_steps(small_piece: Callable[..., Piece]) -> None:
    drops = {"steps": 100, "rate_drops": ((0.6, 0.1), (0.8, 0.5)), "learning_rate": 1e-2}
    learner = make(small_piece, "linear2-shallow-mse", **drops)
    for t, factor in ((0, 1), (59, 1), (60, 0.1), (79, 0.1), (80, 0.05), (99, 0.05)):
        learner.step(t)
        assert [o.param_groups[0]["lr"] for o in learner.optimizers] == pytest.approx([1e-2 * factor] * 3)


@pytest.mark.parametrize(("arm", "samples"), [("linear2-shallow-log", 100), ("random100-shallow-log", 1000)])
@torch.no_grad()
def test_the_gap_is_loss_with_sg_minus_loss_with_backpropagation(
    arm: str, samples: int, small_piece: Callable[..., Piece]
) -> None:
    learner = make(small_piece, arm, learning_rate=1e-2)
    for t in range(5):
        learner.step(t)
    found = {(seed, metric): v for _, seed, metric, t, _, v in learner.evaluate(5) if t == 5}
    for r, seed in enumerate(SEEDS):
        x, y = draw(arm.partition("-")[0].rstrip("012"), learner.x.shape[1], samples, seed)
        losses = {}
        for name, net in (("loss_bp", learner.bp), ("loss_sg", learner.net)):
            p = net.stack.p
            losses[name] = F.cross_entropy(x @ p["W1"][r].T + p["b1"][r], y.argmax(1)).item()
            assert found[seed, name] == pytest.approx(losses[name], rel=1e-5)
        assert found[seed, "gap"] == pytest.approx(losses["loss_sg"] - losses["loss_bp"], abs=1e-6)
        assert abs(found[seed, "gap"]) > 1e-5
    assert len(found) == 6


def test_losses_are_kept_at_four_times(small_piece: Callable[..., Piece]) -> None:
    result = run(small_piece("sg/table2", "random2-shallow-mse", (1,)), Context())
    assert [r[3] for r in result.rows if r[2] == "gap"] == [1, 10, 50, 100]
