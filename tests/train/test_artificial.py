"""The artificial data sets are those of the paper, and the pairs of nets learn by the rules they are named for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from repro.errors import BadValueError
from repro.nets.fcn import linear_net
from repro.nets.losses import mean_loss
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI
from repro.rules.linear_sg import LinearSG, ShapedSG
from repro.train.artificial import PairLearner, PerSample, draw, run
from repro.train.batches import stream
from repro.train.given import Given
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


def make(small: Callable[..., Given], arm: str, **changes: Any) -> PairLearner:
    return PairLearner(small("sg/table2", arm, SEEDS, **changes), Context())


@pytest.mark.parametrize("kind", ["mse", "log"])
@pytest.mark.parametrize(("deep", "sizes", "at"), [("shallow", (2, 2), 1), ("deep", (2, *[6] * 4, 2), 3)])
@torch.no_grad()
def test_steps_are_those_of_both_rules_with_adam(
    deep: str, sizes: tuple[int, ...], at: int, kind: str, small: Callable[..., Given]
) -> None:
    """Four steps with a drop of the rate after the second one, against the rules called directly."""
    rate = 1e-2 if deep == "shallow" else 1e-3
    own = {"learning_rate": rate} if deep == "shallow" else {"deep_learning_rate": rate}
    own |= {} if deep == "shallow" else {"width": 6, "deep_layers": 4, "sg_after": 3}
    learner = make(small, f"noisy2-{deep}-{kind}", steps=4, rate_drops=((0.5, 0.1),), **own)
    drawn = [draw("noisy", 2, 100, s) for s in SEEDS]
    x, y = (torch.stack([d[i].T for d in drawn]) for i in (0, 1))
    bp, net = linear_net(sizes, 2), linear_net(sizes, 2)
    for each in (bp, net):
        each.init([stream(s, "init") for s in SEEDS])
    sg = LinearSG(sizes[at], 2, 2)
    params = (bp.params, net.params, sg.params)
    start = [p.flat.clone() for p in params]
    leaves = [torch.nn.Parameter(p.flat, requires_grad=False) for p in params]
    for leaf, p in zip(leaves, params, strict=True):
        leaf.grad = p.flat_grad
    adam = torch.optim.Adam(leaves)
    for t in range(4):
        for each, rule in ((bp, Rule()), (net, DNI({at: sg}))):
            tape = each.forward(x)
            backward(each.segments, tape, y, mean_loss(kind, tape[-1], y)[1], rule)
        adam.param_groups[0]["lr"] = rate if t < 2 else rate / 10
        adam.step()
        learner.step(t)
    for ours, theirs, before in zip(learner.params(), params, start, strict=True):
        assert torch.allclose(ours.flat, theirs.flat, rtol=1e-5, atol=1e-7)
        assert (theirs.flat - before).abs().max() > rate / 2
    assert not torch.allclose(bp.params.flat, net.params.flat)


@torch.no_grad()
def test_the_rate_drops_at_its_fractions_of_the_steps(small: Callable[..., Given]) -> None:
    drops = {"steps": 100, "rate_drops": ((0.6, 0.1), (0.8, 0.5)), "learning_rate": 1e-2}
    learner = make(small, "linear2-shallow-mse", **drops)
    for t, factor in ((0, 1), (59, 1), (60, 0.1), (79, 0.1), (80, 0.05), (99, 0.05)):
        learner.step(t)
        assert learner.optimizer.rate.flatten().tolist() == pytest.approx([1e-2 * factor] * 2)


@torch.no_grad()
def test_steps_below_float32s_resolution_move_the_arm_in_float64_alone(small: Callable[..., Given]) -> None:
    """Weights of 30, as ten million steps make them, and steps of 3e-7, as the last rate is."""
    moved = {}
    for arm in ("linear2-shallow-log", "linear2-shallow-log-float64"):
        learner = make(small, arm, learning_rate=3e-7)
        learner.net.params.flat.fill_(30.0)
        for t in range(3):
            learner.step(t)
        moved[arm[20:]] = (learner.net.params.flat - 30).abs().max().item()
    assert moved[""] == 0
    assert 0 < moved["float64"] < 1e-6


@torch.no_grad()
def test_a_drop_between_two_steps_is_waited_for(small: Callable[..., Given]) -> None:
    """0.1 · 24 = 2.4: step 2 still has the higher rate (dni's nets round it)."""
    learner = make(small, "linear2-shallow-mse", steps=24, rate_drops=((0.1, 0.1),), learning_rate=1e-2)
    rates = []
    for t in (1, 2, 3):
        learner.step(t)
        rates.append(learner.optimizer.rate[0, 0].item())
    assert rates == pytest.approx([1e-2, 1e-2, 1e-3])


@pytest.mark.parametrize(("arm", "samples"), [("linear2-shallow-log", 100), ("random100-shallow-log", 1000)])
@torch.no_grad()
def test_the_gap_is_loss_with_sg_minus_loss_with_backpropagation(
    arm: str, samples: int, small: Callable[..., Given]
) -> None:
    learner = make(small, arm, learning_rate=1e-2)
    for t in range(5):
        learner.step(t)
    found = {(r, metric): v for r, metric, t, _, v in learner.evaluate(5) if t == 5}
    for r, seed in enumerate(SEEDS):
        x, y = draw(arm.partition("-")[0].rstrip("012"), learner.x.shape[1], samples, seed)
        losses = {}
        for name, net in (("loss_bp", learner.bp), ("loss_sg", learner.net)):
            p = net.params.p
            losses[name] = F.cross_entropy(x @ p["W1"][r].T + p["b1"][r], y.argmax(1)).item()
            assert found[r, name] == pytest.approx(losses[name], rel=1e-5)
        assert found[r, "gap"] == pytest.approx(losses["loss_sg"] - losses["loss_bp"], abs=1e-6)
        assert abs(found[r, "gap"]) > 1e-5
    assert len(found) == 6


@torch.no_grad()
def test_rate_and_target_are_each_runs_own(small: Callable[..., Given]) -> None:
    """Together as one by one; at 1e-2 with the mean loss's target as the base arm."""
    arms = ("linear2-0.01-batch", "linear2-0.01-sample", "linear2-0.001-batch")
    together = PairLearner(small("sg/table2", arms, (3,), steps=100), Context())
    alone = [PairLearner(small("sg/table2", arm, (3,), steps=100), Context()) for arm in arms]
    base = PairLearner(small("sg/table2", "linear2-shallow-log", (3,), learning_rate=1e-2), Context())
    assert together.rates == [1e-2, 1e-2, 1e-3]
    for t in range(10):
        for learner in (together, *alone, base):
            learner.step(t)
    for r, learner in enumerate(alone):
        for ours, theirs in zip(together.params(), learner.params(), strict=True):
            assert torch.allclose(ours.flat[r], theirs.flat[0], rtol=1e-5, atol=1e-8)
    assert all(torch.equal(a.flat, b.flat) for a, b in zip(alone[0].params(), base.params(), strict=True))
    assert not torch.allclose(alone[1].net.params.flat, base.net.params.flat, atol=1e-4)


@torch.no_grad()
def test_each_samples_own_gradient_is_the_target() -> None:
    """The SG inside approaches S ∂L/∂p; what the net gets is that over S."""
    x, y = draw("linear", 2, 100, 3)
    x, y = x.T[None].double(), y.T[None].double()
    inner = LinearSG(2, 2, 1, dtype=torch.float64)
    model = PerSample(inner, torch.tensor([100.0], dtype=torch.float64))
    inner.params.flat.normal_(generator=torch.Generator().manual_seed(0))
    target = torch.softmax(x, 1) - y  # of one sample's loss; the mean's is a hundredth of it
    error = model.predict(x, y) - target / 100
    assert torch.allclose(model.predict(x, y) * 100, inner.predict(x, y))
    loss = model.regress(error)
    own = inner.params.flat_grad.clone()
    assert torch.allclose(loss, (inner.predict(x, y) - target).square().sum(1).mean(-1))
    inner.regress(inner.predict(x, y) - target)
    assert torch.allclose(own, inner.params.flat_grad) and model.kept().keys() == {"weights"}


def test_losses_are_kept_at_four_times(small: Callable[..., Given]) -> None:
    result = run(small("sg/table2", "random2-shallow-mse", (1,)), Context())
    assert [r[2] for r in result.rows if r[1] == "gap"] == [1, 10, 50, 100]


@torch.no_grad()
def test_an_arm_shaped_for_log_loss_trains_that_sg_from_its_seeds_start(small: Callable[..., Given]) -> None:
    """Ten steps against the rule called directly; the data and both nets begin as the linear SG's do."""
    learner = make(small, "linear2-sigmoid", learning_rate=1e-2, steps=100)
    linear = make(small, "linear2-shallow-log", learning_rate=1e-2, steps=100)
    assert torch.equal(learner.x, linear.x) and torch.equal(learner.net.params.flat, linear.net.params.flat)
    sg, net = ShapedSG(2, 2, 2), linear_net((2, 2), 2)
    sg.init([stream(s, "init-sg") for s in SEEDS], 0.0)
    assert torch.equal(learner.sg.params.flat, sg.params.flat) and type(linear.sg) is LinearSG
    net.params.flat.copy_(learner.net.params.flat)
    leaves = [torch.nn.Parameter(p.flat, requires_grad=False) for p in (net.params, sg.params)]
    for leaf, p in zip(leaves, (net.params, sg.params), strict=True):
        leaf.grad = p.flat_grad
    adam = torch.optim.Adam(leaves, lr=1e-2)
    for t in range(10):
        tape = net.forward(learner.x)
        delta = mean_loss("log", tape[-1], learner.y)[1]
        backward(net.segments, tape, learner.y, delta, DNI({1: sg}))
        adam.step()
        learner.step(t)
        linear.step(t)
    for ours, theirs in ((learner.net, net), (learner.sg, sg)):
        assert torch.allclose(ours.params.flat, theirs.params.flat, rtol=1e-5, atol=1e-6)
    assert learner.sg.params.p["d"].abs().min() > 1e-5
    assert torch.equal(learner.bp.params.flat, linear.bp.params.flat), "the pair's other net is the same"
    assert not torch.allclose(learner.net.params.flat, linear.net.params.flat, atol=1e-4)


def test_a_shape_that_is_not_known_is_refused(small: Callable[..., Given]) -> None:
    given = small("sg/table2", "linear2-sigmoid", SEEDS)
    given.runs = tuple(replace(r, setting={**r.setting, "shape": "tanh"}) for r in given.runs)
    with pytest.raises(KeyError, match="tanh"):
        PairLearner(given, Context())


@pytest.mark.parametrize(("after", "layers"), [(0, 4), (5, 4), (6, 4), (5, 3)])
def test_an_sg_after_a_layer_that_is_not_there_is_refused(
    after: int, layers: int, small: Callable[..., Given]
) -> None:
    """One further than the last hidden layer is the output, where no deep model of the paper has it."""
    with pytest.raises(
        BadValueError, match=f"sg_after is {after}; expected 1 to {layers}, the number of deep"
    ):
        make(small, "noisy2-deep-log", sg_after=after, deep_layers=layers)
    assert make(small, "noisy2-deep-log", sg_after=layers, deep_layers=layers).at == layers
