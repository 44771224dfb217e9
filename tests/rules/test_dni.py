"""Synthetic gradients at any position, of any width, for any segments: against oracles and the fast twin."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, RUNS, batch, fcn, filled, generators, models
from torch import Tensor

from repro.errors import BadValueError
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import Rule, classify
from repro.rules.controls import Skip
from repro.rules.dni import DNI, NetModel
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.train.optim import MaskedAdam


def model(width: int, hidden: tuple[int, ...] = (), labels: int = 0) -> NetModel:
    """With a last layer that is not zero, as after some training."""
    sizes = [width + labels, *hidden, width]
    inner = [Dense(i, o, norm="first") for i, o in pairwise(sizes[:-1])]
    return NetModel(filled(Net([*inner, Dense(sizes[-2], width, "none")], RUNS, dtype=torch.float64)), labels)


def widths(*hidden: int) -> Net:
    sizes = [20, *hidden, CLASSES]
    segments = [Dense(i, o, norm="first") for i, o in pairwise(sizes[:-1])]
    return filled(Net([*segments, Dense(sizes[-2], CLASSES, "none")], RUNS, dtype=torch.float64))


class Oracle:
    """A model that returns the true gradients, found by backpropagation beforehand."""

    def __init__(self, true: Tensor):
        self.true, self.params = true, Params({}, RUNS)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        return self.true

    def regress(self, error: Tensor) -> Tensor:
        return error.square().sum((1, 2))

    def kept(self) -> dict[str, Tensor]:
        return {}


class Noted(Rule):
    """Backpropagation that writes down what arrives."""

    def __init__(self) -> None:
        self.seen: dict[int, Tensor] = {}

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        self.seen[i] = arriving.clone()
        return arriving


@pytest.mark.parametrize("at", [(1,), (2,), (3,), (1, 3), (1, 2, 3), (4,)])
def test_true_gradients_at_any_positions_are_backprop(at: tuple[int, ...]) -> None:
    net, other, (x, y), noted = widths(9, 6, 7), widths(9, 6, 7), batch(), Noted()
    classify(other, noted, x, y)
    _, losses = classify(net, DNI({i: Oracle(noted.seen[i]) for i in at}), x, y)
    assert torch.equal(net.params.flat_grad, other.params.flat_grad)
    assert losses.keys() == set(at) and max(loss.max() for loss in losses.values()) < 1e-20


@pytest.mark.parametrize("at", [1, 2, 3])
def test_one_model_cuts_the_net_in_two(at: int) -> None:
    """Above the true gradient; below what autograd makes of the synthetic one; the target is the true one."""
    net, other, (x, y), noted, sg = (
        widths(9, 6, 7),
        widths(9, 6, 7),
        batch(),
        Noted(),
        model((9, 6, 7)[at - 1]),
    )
    classify(other, noted, x, y)
    h = net.forward(x)[at]
    synthetic = sg.predict(h, y).clone()
    _, losses = classify(net, DNI({at: sg}), x, y)
    cut = net.params.blocks[at][0]
    assert torch.equal(net.params.flat_grad[:, cut:], other.params.flat_grad[:, cut:])
    below = widths(9, 6, 7)
    tape = below.forward(x)
    d = synthetic
    for i in range(at, 0, -1):
        d = below.segments[i - 1].pull(d, i > 1)
    assert tape[at].equal(h)
    assert torch.allclose(net.params.flat_grad[:, :cut] * BATCH, below.params.flat_grad[:, :cut], rtol=1e-9)
    expected = (synthetic - noted.seen[at]).square().sum(-1).mean(1)
    assert torch.allclose(losses[at], expected, rtol=1e-9)


@pytest.mark.parametrize(("hidden", "labels"), [((), 0), ((), CLASSES), ((7, 6), 0), ((7,), CLASSES)])
@pytest.mark.parametrize("mix", [0.0, 0.25])
def test_the_fast_twin_makes_the_same_step(hidden: tuple[int, ...], labels: int, mix: float) -> None:
    """One model after every layer, as one product or each by itself: gradients of net and models."""
    net, other, (x, y) = fcn(), fcn(), batch()
    fast = models(net, hidden, labels, noise=0.3)
    slow = {i: model(HIDDEN, hidden, labels) for i in (1, 2, 3)}
    last, here = len(hidden) + 1, [range(r * 3, r * 3 + 3) for r in range(RUNS)]
    for i, sg in slow.items():
        for name, p in sg.net.params.p.items():
            own = fast.params.p.get(name, torch.zeros(RUNS * 3, *p.shape[1:]))[[rows[i - 1] for rows in here]]
            own = (
                torch.cat([own, fast.params.p["Y"][[rows[i - 1] for rows in here]]], 1)
                if name == "W1" and labels
                else own
            )
            p.copy_(own)
    loss, sg_loss = classify(net, EveryLayer(fast, CLASSES, mix), x, y)
    again, losses = classify(other, DNI(slow, mix), x, y)
    assert torch.equal(loss, again)
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-9, atol=1e-13)
    assert torch.allclose(sg_loss, torch.stack([losses[i] for i in (1, 2, 3)], 1), rtol=1e-9)
    for i, sg in slow.items():
        rows = [each[i - 1] for each in here]
        assert torch.allclose(
            sg.net.params.g[f"W{last}"][:, : fast.sizes[last - 1]],
            fast.params.g[f"W{last}"][rows],
            rtol=1e-8,
            atol=1e-12,
        )
        assert torch.allclose(
            sg.net.params.g[f"b{last}"], fast.params.g[f"b{last}"][rows], rtol=1e-8, atol=1e-12
        )


@pytest.mark.parametrize("at", [(1,), (2,), (3,), (1, 3)])
@pytest.mark.parametrize(("hidden", "labels"), [((), 0), ((), CLASSES), ((7,), 0)])
def test_the_fast_twin_stands_after_the_layers_asked_for(
    at: tuple[int, ...], hidden: tuple[int, ...], labels: int
) -> None:
    net, other, (x, y), slow = fcn(), fcn(), batch(), {i: model(HIDDEN, hidden, labels) for i in at}
    fast = SyntheticGradients(HIDDEN, len(at), RUNS, hidden, labels, dtype=torch.float64)
    for j, i in enumerate(at):
        for name, p in slow[i].net.params.p.items():
            p.add_(0.1 * i)  # another model after each layer
            label = name == "W1" and labels
            fast.params.p[name][j :: len(at)] = p[:, :HIDDEN] if label else p
            if label:
                fast.params.p["Y"][j :: len(at)] = p[:, HIDDEN:]
    _, sg_loss = classify(net, EveryLayer(fast, CLASSES, layers=at), x, y)
    _, losses = classify(other, DNI(slow), x, y)
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-9, atol=1e-13)
    assert torch.allclose(sg_loss, torch.stack([losses[i] for i in at], 1), rtol=1e-9)
    last = f"W{len(hidden) + 1}"
    for j, i in enumerate(at):
        mine, theirs = fast.params.g[last][j :: len(at)], slow[i].net.params.g[last]
        assert torch.allclose(mine, theirs[:, : mine.shape[1]], rtol=1e-8, atol=1e-12) and mine.any()


def test_as_many_models_as_layers_are_asked_for() -> None:
    with pytest.raises(BadValueError, match=r"models after layers \(1, 2\); expected 3 of them"):
        EveryLayer(models(fcn(), (), 0), CLASSES, layers=(1, 2))


def test_full_mixing_is_backprop() -> None:
    net, other, (x, y) = widths(9, 6), widths(9, 6), batch()
    classify(net, DNI({1: model(9), 2: model(6)}, mix=1.0), x, y)
    classify(other, Rule(), x, y)
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-9, atol=1e-14)


class Cut(DNI):
    """The segment above the first model is skipped, so no target comes."""

    def consume(self, i: int, arriving: Tensor | None) -> Tensor | None:
        return None if i == 2 else super().consume(i, arriving)


def test_without_a_target_a_model_does_not_learn_but_speaks() -> None:
    net, (x, y), sg = widths(9, 6), batch(), model(9)
    sg.params.flat_grad.fill_(7)
    _, losses = classify(net, Cut({1: sg}), x, y)
    assert losses == {} and not sg.params.flat_grad.any()
    assert net.params.g["W1"].abs().max() > 0 and not net.params.g["W2"].any()


def test_runs_may_skip_updates_of_segments_and_models() -> None:
    """Random updates (DNI, section 3.3): one run skips a layer and its model; all others train as if alone."""
    net, full, (x, y) = widths(9, 6), widths(9, 6), batch()
    sg, other = model(9), model(9)
    moves = torch.ones(RUNS, 3, dtype=torch.bool)
    moves[1, 0] = False
    for each, models_, mask in ((net, sg, moves), (full, other, torch.ones_like(moves))):
        optimizer = MaskedAdam([each.params, models_.params], [1e-2] * RUNS, eps=1e-8)
        for _ in range(3):
            classify(each, Skip(DNI({1: models_}), mask), x, y)
            optimizer.step([mask, mask[:, :1]])
    start, (_, cut) = widths(9, 6).params.flat, net.params.blocks[0]
    assert torch.equal(net.params.flat[1, :cut], start[1, :cut]), "skipped: it stands where it was"
    assert not torch.equal(net.params.flat[1, cut:], start[1, cut:])
    assert torch.equal(net.params.flat[0], full.params.flat[0])
    assert torch.equal(sg.params.flat[1], model(9).params.flat[1]) and torch.equal(
        sg.params.flat[0], other.params.flat[0]
    )


def test_a_model_starts_at_zero_if_its_last_segment_does() -> None:
    net = Net([Dense(6, 7, norm="first"), Dense(7, 6, "none", std=0)], RUNS)
    net.init(generators())
    assert not NetModel(net).predict(torch.rand(RUNS, BATCH, 6), torch.zeros(RUNS, BATCH)).any()
