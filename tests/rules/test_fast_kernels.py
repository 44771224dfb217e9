"""The kernels that a CPU takes from some size on, inside whole nets: float32 against autograd in float64.

784 inputs are not needed: 512 × 256 weights are enough for the product, 64 × 256 activations for batch norm.
"""

from __future__ import annotations

import pytest
import torch
from oracles import CLASSES, backprop_gradients, batch, bootstrapped, fcn, models, sg_gradients
from torch import Tensor
from torch.nn import functional as F

from repro import blas
from repro.kernels import norm, products
from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.every_layer import EveryLayer, SyntheticGradients

BATCH, INPUTS, HIDDEN = 64, 512, 256


@pytest.fixture(autouse=True, params=["blas", "onednn"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "onednn" and blas._operator is None:
        pytest.skip("this build of torch has no oneDNN kernel for x86")
    monkeypatch.setattr(blas, "name", lambda: request.param)


def large(runs: int) -> tuple[Net, Tensor, Tensor]:
    net = fcn(3, runs, INPUTS, HIDDEN, torch.float32)
    x, y = batch(1, runs, BATCH, INPUTS, torch.float32)
    assert norm.fused(x.new_empty(runs, BATCH, HIDDEN))
    assert products.suits(x, net.params.p["W1"]) == (blas.name() == blas.ONEDNN)
    return net, x, y


def same(found: dict[str, Tensor], exact: dict[str, Tensor]) -> None:
    """Every tensor within a thousandth of the exact one's norm, run by run (or model by model)."""
    assert found.keys() == exact.keys()
    for name, g in exact.items():
        for mine, true in zip(found[name], g, strict=True):
            assert true.norm() > 1e-5, f"{name}: a zero gradient would prove nothing"
            assert (mine - true).norm() < 1e-3 * true.norm(), name


@pytest.mark.parametrize("runs", [1, 3])
def test_backprop(runs: int) -> None:
    net, x, y = large(runs)
    loss, _ = classify(net, Rule(), x, y)
    total, grads = backprop_gradients(net, x, y)
    assert torch.allclose(loss.mean(1).sum().double(), total, rtol=1e-4)
    same(net.params.g, grads)


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(("hidden", "labels"), [((), CLASSES), ((512,), 0), ((512,), CLASSES)])
def test_dni(runs: int, hidden: tuple[int, ...], labels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Net, targets and models of one step: a kernel that ignored `out` would read another step's numbers."""
    net, x, y = large(runs)
    sg = models(net, hidden, labels, noise=0.05)
    if hidden:
        assert products.suits(x[..., :HIDDEN], sg.params.p["W1"]) == (blas.name() == blas.ONEDNN)
    rule = EveryLayer(sg, CLASSES)
    classify(net, rule, *batch(2, runs, BATCH, INPUTS, torch.float32))  # leaves its traces in every buffer
    seen: list[Tensor] = []
    regress = SyntheticGradients.regress
    monkeypatch.setattr(sg, "regress", lambda error: seen.append(error.clone()) or regress(sg, error))
    _, sg_loss = classify(net, rule, x, y)
    onehot, h = F.one_hot(y, CLASSES), torch.stack(net.forward(x)[1:-1], 1)
    synthetic = sg.predict(h, onehot).double()
    targets, grads = bootstrapped(net, synthetic, x, y)
    assert (synthetic - seen[0] - targets).norm() < 1e-3 * targets.norm()
    same(net.params.g, grads)
    total, sg_grads = sg_gradients(sg, h, onehot, targets)
    assert torch.allclose(sg_loss.sum().double(), total, rtol=1e-3)
    same(sg.params.g, sg_grads)


def test_models_regress_once_a_prediction() -> None:
    net, x, _ = large(1)
    sg = models(net, (512,), 0, noise=0.05)
    error = sg.predict(torch.stack(net.forward(x)[1:-1], 1)).clone()
    sg.regress(error.clone())
    with pytest.raises(RuntimeError, match="call forward again"):
        sg.regress(error)
