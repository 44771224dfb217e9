"""The method of DNI against oracles: what public implementations got wrong is tested here."""

from __future__ import annotations

import pytest
import torch
from oracles import (
    BATCH,
    CLASSES,
    HIDDEN,
    RUNS,
    batch,
    bootstrapped,
    fcn,
    fcn_activations,
    leaves,
    models,
    sg_gradients,
)
from torch import Tensor
from torch.nn import functional as F

from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.controls import NoBprop
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.train.optim import Adam

MODELS = [((), 0), ((), CLASSES), ((7, 7), 0), ((7,), CLASSES)]


def hidden_of(net: Net, x: Tensor) -> Tensor:
    """h_1 … h_{N−1}, [R, S, B, H]."""
    return torch.stack(net.forward(x)[1:-1], 1)


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_starts_at_zero(hidden: tuple[int, ...], labels: int) -> None:
    net, (x, y) = fcn(), batch()
    h = hidden_of(net, x)
    assert not models(net, hidden, labels).predict(h, F.one_hot(y, CLASSES)).any()


def test_zero_models_are_no_bprop_bitwise() -> None:
    one, two = fcn(), fcn()
    first, second = (Adam([net.params], [1e-2] * RUNS) for net in (one, two))
    rule = EveryLayer(models(one, (7, 7), 0), CLASSES)
    for t in range(12):
        x, y = batch(t)
        classify(one, rule, x, y)  # the models are never updated: δ̂ stays 0
        classify(two, NoBprop(), x, y)
        first.step()
        second.step()
    assert torch.equal(one.params.flat, two.params.flat)
    assert not torch.equal(one.params.flat, fcn().params.flat), "nothing was trained"


def test_oracle_models_are_backprop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that return the true δ_i make DNI backpropagation."""
    net, other, (x, y) = fcn(), fcn(), batch()
    sg = models(net, (), 0)
    classify(other, Rule(), x, y)
    p = leaves(net.params.p)
    true = []
    for r in range(RUNS):
        h = fcn_activations(p, r, x[r], len(net.segments))
        true.append(torch.autograd.grad(F.cross_entropy(h[-1], y[r], reduction="sum"), h[1:-1]))
    deltas = torch.stack([torch.stack(t) for t in true])  # [R, S, B, H]
    monkeypatch.setattr(sg, "predict", lambda h, onehot: deltas)
    monkeypatch.setattr(sg, "regress", lambda error: error)
    _, error = classify(net, EveryLayer(sg, CLASSES), x, y)
    assert error.abs().max() < 1e-12, "and the targets are then the same true gradients"
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-9, atol=1e-13)


def test_full_mixing_is_backprop_bitwise() -> None:
    net, other, (x, y) = fcn(), fcn(), batch()
    classify(net, EveryLayer(models(net, (7,), 0, noise=0.3), CLASSES, mix=1.0), x, y)
    classify(other, Rule(), x, y)
    assert torch.equal(net.params.flat_grad, other.params.flat_grad)


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_targets_and_gradients_are_the_bootstrapped_ones(
    hidden: tuple[int, ...], labels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, (x, y) = fcn(), batch()
    sg = models(net, hidden, labels, noise=0.3)
    synthetic = sg.predict(hidden_of(net, x), F.one_hot(y, CLASSES)).clone()
    seen: list[Tensor] = []
    regress = sg.regress
    monkeypatch.setattr(sg, "regress", lambda error: seen.append(synthetic - error) or regress(error))
    classify(net, EveryLayer(sg, CLASSES), x, y)
    targets, grads = bootstrapped(net, synthetic, x, y)
    assert torch.allclose(seen[0], targets, rtol=1e-9, atol=1e-12)
    for name, g in grads.items():
        assert torch.allclose(net.params.g[name], g, rtol=1e-9, atol=1e-12), name


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_models_learn_by_their_own_loss_alone(hidden: tuple[int, ...], labels: int) -> None:
    """∂L_SG/∂θ_SG equals autograd; L_SG gives the net nothing."""
    net, (x, y) = fcn(), batch()
    sg = models(net, hidden, labels, noise=0.3)
    onehot = F.one_hot(y, CLASSES).double()
    h = hidden_of(net, x)
    before = net.params.flat_grad.clone()
    prediction = sg.predict(h, onehot)
    target = torch.randn(prediction.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = sg.regress(prediction - target)
    assert torch.equal(net.params.flat_grad, before)
    total, grads = sg_gradients(sg, h, onehot, target)
    assert torch.allclose(loss.sum(), total, rtol=1e-10)
    for name, g in grads.items():
        assert torch.allclose(sg.params.g[name], g, rtol=1e-8, atol=1e-11), name
        assert g.abs().max() > 1e-6


def test_the_label_matters_only_to_conditioned_models() -> None:
    net, (x, y) = fcn(), batch()
    one, two = F.one_hot(y, CLASSES), F.one_hot((y + 1) % CLASSES, CLASSES)
    plain, conditioned = models(net, (), 0, 0.3), models(net, (), CLASSES, 0.3)
    h = hidden_of(net, x)
    assert torch.equal(plain.predict(h, one).clone(), plain.predict(h, two))
    assert not torch.allclose(conditioned.predict(h, one).clone(), conditioned.predict(h, two))


@pytest.mark.parametrize(("hidden", "labels"), [((), CLASSES), ((32,), 0)])
def test_trained_models_beat_the_zero_estimate_on_held_out_data(hidden: tuple[int, ...], labels: int) -> None:
    net = fcn(4)
    sg = models(net, hidden, labels)
    rule, optimizers = (
        EveryLayer(sg, CLASSES),
        [Adam([net.params], [1e-4] * RUNS), Adam([sg.params], [1e-2] * RUNS)],
    )
    labels_of = torch.randn(
        RUNS, 20, CLASSES, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )

    def draw(seed: int) -> tuple[Tensor, Tensor]:
        x, _ = batch(seed, size=128)
        return x, (x - 0.5).bmm(labels_of).argmax(-1)

    for t in range(400):
        classify(net, rule, *draw(t))
        for o in optimizers:
            o.step()
    x, y = draw(10_000)
    seen: list[Tensor] = []
    sg.regress = lambda error: seen.append(error) or error  # type: ignore[method-assign]
    classify(net, rule, x, y)
    target = sg.predict(sg.room("activations", 128), F.one_hot(y, CLASSES)) - seen[0]
    assert seen[0].square().mean() < 0.8 * target.square().mean()


def test_bfloat16_models_predict_nearly_the_same() -> None:
    net, (x, _) = fcn(4), batch()
    exact = models(net, (HIDDEN, HIDDEN), 0, 0.3)
    rough = SyntheticGradients(HIDDEN, 3, RUNS, (HIDDEN, HIDDEN), 0, torch.bfloat16, dtype=torch.float64)
    rough.params.flat.copy_(exact.params.flat)
    h = hidden_of(net, x)
    a, b = exact.predict(h), rough.predict(h)
    assert not torch.equal(a, b)
    assert (a - b).norm() < 0.05 * a.norm()
    exact.regress(a.clone())
    rough.regress(b.clone())
    assert (exact.params.flat_grad - rough.params.flat_grad).norm() < 0.05 * exact.params.flat_grad.norm()


@pytest.mark.parametrize("placed", [True, False])
def test_activations_may_lie_anywhere(placed: bool) -> None:
    """Written side by side by the net, or gathered afterwards: the same step."""
    net, (x, y) = fcn(), batch()
    rule = EveryLayer(models(net, (7,), 0, noise=0.3), CLASSES)
    classify(net, rule, *batch(3))  # leaves its traces in the buffers
    made = net.forward(x, rule.room(BATCH) if placed else None)
    rule.begin(made, y, made[-1])
    assert torch.equal(rule.sg.inputs[0].view(RUNS, 3, BATCH, HIDDEN), torch.stack(made[1:-1], 1))
