"""The method of DNI against oracles: what public implementations got wrong is tested here."""

from __future__ import annotations

import pytest
import torch
from nets import (
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
from repro.algorithms.backprop import backprop, no_bprop
from repro.algorithms.dni import SyntheticGradients, dni
from torch import Tensor
from torch.nn import functional as F

MODELS = [((), 0), ((), CLASSES), ((7, 7), 0), ((7,), CLASSES)]


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_starts_at_zero(hidden: tuple[int, ...], labels: int) -> None:
    net, (x, y) = fcn(), batch()
    net.forward(x)
    sg = models(net, hidden, labels)
    assert not sg.predict(torch.stack(net.h[1:], 1), F.one_hot(y, CLASSES)).any()


def test_zero_models_are_no_bprop_bitwise() -> None:
    one, two = fcn(), fcn()
    first, second = one.stack.adam(1e-2), two.stack.adam(1e-2)
    sg = models(one, (7, 7), 0)
    for t in range(12):
        x, y = batch(t)
        dni(one, sg, x, y)  # the models are never updated: δ̂ stays 0
        no_bprop(two, x, y)
        first.step()
        second.step()
    assert torch.equal(one.stack.flat, two.stack.flat)
    assert not torch.equal(one.stack.flat, fcn().stack.flat), "nothing was trained"


def test_oracle_models_are_backprop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that return the true δ_i make DNI backpropagation."""
    net, other, (x, y) = fcn(), fcn(), batch()
    sg = models(net, (), 0)
    backprop(other, x, y)
    p = leaves(net.stack.p)
    true = []
    for r in range(RUNS):
        h = fcn_activations(p, r, x[r], net.depth)
        true.append(torch.autograd.grad(F.cross_entropy(h[-1], y[r], reduction="sum"), h[1:-1]))
    deltas = torch.stack([torch.stack(t) for t in true])  # [R, S, B, H]
    monkeypatch.setattr(sg, "predict", lambda h, onehot: deltas)
    monkeypatch.setattr(sg, "regress", lambda error: error)
    _, error = dni(net, sg, x, y)
    assert error.abs().max() < 1e-12, "and the targets are then the same true gradients"
    assert torch.allclose(net.stack.flat_grad, other.stack.flat_grad, rtol=1e-9, atol=1e-13)


def test_full_mixing_is_backprop_bitwise() -> None:
    net, other, (x, y) = fcn(), fcn(), batch()
    dni(net, models(net, (7,), 0, noise=0.3), x, y, mix=1.0)
    backprop(other, x, y)
    assert torch.equal(net.stack.flat_grad, other.stack.flat_grad)


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_targets_and_gradients_are_the_bootstrapped_ones(
    hidden: tuple[int, ...], labels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, (x, y) = fcn(), batch()
    sg = models(net, hidden, labels, noise=0.3)
    net.forward(x)
    synthetic = sg.predict(torch.stack(net.h[1:], 1), F.one_hot(y, CLASSES)).clone()
    seen: list[Tensor] = []
    regress = sg.regress
    monkeypatch.setattr(sg, "regress", lambda error: seen.append(synthetic - error) or regress(error))
    dni(net, sg, x, y)
    targets, grads = bootstrapped(net, synthetic, x, y)
    assert torch.allclose(seen[0], targets, rtol=1e-9, atol=1e-12)
    for name, g in grads.items():
        assert torch.allclose(net.stack.g[name], g, rtol=1e-9, atol=1e-12), name


@pytest.mark.parametrize(("hidden", "labels"), MODELS)
def test_models_learn_by_their_own_loss_alone(hidden: tuple[int, ...], labels: int) -> None:
    """∂L_SG/∂θ_SG equals autograd; L_SG gives the net nothing."""
    net, (x, y) = fcn(), batch()
    sg = models(net, hidden, labels, noise=0.3)
    onehot = F.one_hot(y, CLASSES).double()
    net.forward(x)
    before = net.stack.flat_grad.clone()
    prediction = sg.predict(torch.stack(net.h[1:], 1), onehot)
    target = torch.randn(prediction.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = sg.regress(prediction - target)
    assert torch.equal(net.stack.flat_grad, before)
    total, grads = sg_gradients(sg, torch.stack(net.h[1:], 1), onehot, target)
    assert torch.allclose(loss.sum(), total, rtol=1e-10)
    for name, g in grads.items():
        assert torch.allclose(sg.stack.g[name], g, rtol=1e-8, atol=1e-11), name
        assert g.abs().max() > 1e-6


def test_the_label_matters_only_to_conditioned_models() -> None:
    net, (x, y) = fcn(), batch()
    net.forward(x)
    one, two = F.one_hot(y, CLASSES), F.one_hot((y + 1) % CLASSES, CLASSES)
    plain, conditioned = models(net, (), 0, 0.3), models(net, (), CLASSES, 0.3)
    h = torch.stack(net.h[1:], 1)
    assert torch.equal(plain.predict(h, one).clone(), plain.predict(h, two))
    assert not torch.allclose(conditioned.predict(h, one).clone(), conditioned.predict(h, two))


@pytest.mark.parametrize(("hidden", "labels"), [((), CLASSES), ((32,), 0)])
def test_trained_models_beat_the_zero_estimate_on_held_out_data(hidden: tuple[int, ...], labels: int) -> None:
    net = fcn(4)
    sg = models(net, hidden, labels)
    optimizers = [net.stack.adam(1e-4), sg.stack.adam(1e-2)]
    rule = torch.randn(
        RUNS, net.sizes[0], CLASSES, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )

    def draw(seed: int) -> tuple[Tensor, Tensor]:
        x, _ = batch(seed, size=128)
        return x, (x - 0.5).bmm(rule).argmax(-1)

    for t in range(400):
        dni(net, sg, *draw(t))
        for o in optimizers:
            o.step()
    x, y = draw(10_000)
    seen: list[Tensor] = []
    sg.regress = lambda error: seen.append(error) or error  # type: ignore[method-assign]
    dni(net, sg, x, y)
    target = sg.predict(sg.room("activations", 128), F.one_hot(y, CLASSES)) - seen[0]
    assert seen[0].square().mean() < 0.8 * target.square().mean()


def test_bfloat16_models_predict_nearly_the_same() -> None:
    net, (x, _) = fcn(4), batch()
    net.forward(x)
    exact = models(net, (HIDDEN, HIDDEN), 0, 0.3)
    rough = SyntheticGradients(net, (HIDDEN, HIDDEN), 0, torch.bfloat16)
    rough.stack.flat.copy_(exact.stack.flat)
    h = torch.stack(net.h[1:], 1)
    a, b = exact.predict(h), rough.predict(h)
    assert not torch.equal(a, b)
    assert (a - b).norm() < 0.05 * a.norm()
    exact.regress(a.clone())
    rough.regress(b.clone())
    assert (exact.stack.flat_grad - rough.stack.flat_grad).norm() < 0.05 * exact.stack.flat_grad.norm()
