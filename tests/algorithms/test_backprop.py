"""Hand-written gradients of the FCN against autograd; the two controls of DNI."""

from __future__ import annotations

import pytest
import torch
from nets import backprop_gradients, batch, fcn, fcn_activations, leaves
from repro.algorithms.backprop import StaleGradients, backprop, no_bprop
from torch.nn import functional as F


@pytest.mark.parametrize("layers", [2, 3, 6])
def test_gradients_equal_autograd(layers: int) -> None:
    net, (x, y) = fcn(layers), batch()
    loss = backprop(net, x, y)
    total, grads = backprop_gradients(net, x, y)
    assert torch.allclose(loss.mean(1).sum(), total, rtol=1e-12)
    for name, g in grads.items():
        assert torch.allclose(net.stack.g[name], g, rtol=1e-9, atol=1e-12), name
        assert g.abs().max() > 1e-6, f"{name}: a zero gradient would prove nothing"


def test_running_statistics_are_those_of_torch() -> None:
    net, (x, y) = fcn(3), batch()
    reference = torch.nn.BatchNorm1d(8, dtype=torch.float64)
    a = x[0] @ net.stack.p["W1"][0]
    reference(a)
    backprop(net, x, y)
    assert torch.allclose(net.mean[1][0, 0], reference.running_mean)
    biased = a.var(0, unbiased=False) * 0.1 + 0.9  # torch averages the unbiased variance, we the biased one
    assert torch.allclose(net.var[1][0, 0], biased)


def test_test_mode_uses_the_running_statistics() -> None:
    net, (x, y) = fcn(3), batch()
    for _ in range(400):
        backprop(net, x, y)  # no optimiser step: statistics converge to this batch's own
    assert torch.allclose(net.predict(x), net.forward(x), atol=1e-9)


def test_no_bprop_trains_the_classifier_alone() -> None:
    net, (x, y) = fcn(4), batch()
    full = fcn(4)
    no_bprop(net, x, y)
    backprop(full, x, y)
    for name, g in net.stack.g.items():
        if name in ("W4", "b4"):
            assert torch.equal(g, full.stack.g[name])
        else:
            assert not g.any(), name


def test_stale_gradient_is_the_average_of_past_ones() -> None:
    net, (x, y) = fcn(3), batch()
    rule = StaleGradients(net, decay=0.75)
    rule.step(net, x, y)
    assert not net.stack.g["W1"].any(), "nothing is known before the first gradient"
    p = leaves(net.stack.p)
    means = []
    for r in range(2):
        h = fcn_activations(p, r, x[r], 3)
        (delta,) = torch.autograd.grad(F.cross_entropy(h[-1], y[r], reduction="sum"), h[2])
        means.append(delta.mean(0))
    assert torch.allclose(rule.s[2][:, 0], 0.25 * torch.stack(means), rtol=1e-9)
    rule.step(net, x, y)
    assert net.stack.g["W2"].abs().max() > 0


def test_below_the_top_hidden_layer_stale_gradients_vanish() -> None:
    """What deviation 7 says: a gradient that comes through batch norm has mean 0 over the batch."""
    net = fcn(5)
    rule = StaleGradients(net, decay=0.9)
    for n in range(5):
        rule.step(net, *batch(n))
    assert rule.s[4].abs().max() > 1e-6
    assert max(rule.s[i].abs().max() for i in (1, 2, 3)) < 1e-12
