"""The linear case of Understanding SG in closed form (Proposition 1), and against autograd."""

from __future__ import annotations

import pytest
import torch
from repro.algorithms.linear_sg import LinearNet, LinearSG, backprop_step, loss_gradient, sg_step
from torch.nn import functional as F

from repro.train.batches import stream

RUNS, SAMPLES = 2, 30


def problem(sizes: tuple[int, ...]) -> tuple[LinearNet, torch.Tensor, torch.Tensor]:
    net = LinearNet(sizes, RUNS, dtype=torch.float64)
    net.init([stream(s, "init") for s in range(RUNS)])
    rng = torch.Generator().manual_seed(0)
    for name, p in net.stack.p.items():
        if name.startswith("b"):
            p.copy_(torch.randn(p.shape, generator=rng, dtype=p.dtype))
    x = torch.randn(RUNS, SAMPLES, sizes[0], generator=rng, dtype=torch.float64)
    y = F.one_hot(torch.randint(2, (RUNS, SAMPLES), generator=rng), 2).double()
    return net, x.mT.contiguous(), y.mT.contiguous()  # samples are columns


@pytest.mark.parametrize("kind", ["mse", "log"])
@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 4, 4, 2)])
def test_backprop_equals_autograd(kind: str, sizes: tuple[int, ...]) -> None:
    net, x, y = problem(sizes)
    loss = backprop_step(net, kind, x, y)
    p = {k: v.clone().requires_grad_() for k, v in net.stack.p.items()}
    h = x
    for i in range(1, len(sizes)):
        h = p[f"W{i}"] @ h + p[f"b{i}"].unsqueeze(-1)
    if kind == "mse":
        total = sum((h[r] - y[r]).square().sum(0).mean() / 2 for r in range(RUNS))
    else:
        total = sum(F.cross_entropy(h[r].T, y[r].T) for r in range(RUNS))
    total.backward()
    assert torch.allclose(loss.sum(), total)
    for name, leaf in p.items():
        assert torch.allclose(net.stack.g[name], leaf.grad, rtol=1e-9, atol=1e-12), name


@pytest.mark.parametrize("at", [1, 2, 3])
def test_deep_linear_mse_has_an_exact_linear_sg(at: int) -> None:
    """∂L/∂h = Wᵀ (W h + b − y) with W, b the map above h: A = Wᵀ W, B = −Wᵀ, C = Wᵀ b, at any parameters."""
    net, x, y = problem((3, 4, 4, 4, 2))
    other, _, _ = problem((3, 4, 4, 4, 2))
    sg = LinearSG(net, 4, 2)
    for r in range(RUNS):
        w = torch.eye(4, dtype=torch.float64)
        b = torch.zeros(4, dtype=torch.float64)
        for i in range(at + 1, net.depth + 1):
            above, shift = net.stack.p[f"W{i}"][r], net.stack.p[f"b{i}"][r]
            w, b = above @ w, above @ b + shift
        sg.stack.p["A"][r], sg.stack.p["B"][r], sg.stack.p["C"][r] = w.T @ w, -w.T, w.T @ b
    sg.stack.flat.div_(SAMPLES)  # the loss is a mean over the samples
    sg_step(net, sg, at, "mse", x, y)
    backprop_step(other, "mse", x, y)
    assert torch.allclose(net.stack.flat_grad, other.stack.flat_grad, rtol=1e-9, atol=1e-13)
    assert sg.stack.flat_grad.abs().max() < 1e-12, "nothing left to learn for the SG"


def test_zero_sg_leaves_the_layers_below_alone() -> None:
    net, x, y = problem((3, 4, 4, 2))
    sg_step(net, LinearSG(net, 4, 2), 2, "log", x, y)
    assert not net.stack.g["W1"].any()
    assert not net.stack.g["W2"].any()
    assert net.stack.g["W3"].abs().max() > 1e-3


def test_sg_regresses_to_the_true_gradient() -> None:
    net, x, y = problem((3, 4, 2))
    sg = LinearSG(net, 4, 2)
    net.forward(x)
    target = torch.randn(RUNS, 4, SAMPLES, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    p = {k: (v + 0.1).clone().requires_grad_() for k, v in sg.stack.p.items()}
    sg.stack.flat.add_(0.1)
    sg.regress(net.h[1], y, sg.predict(net.h[1], y), target)
    out = p["A"] @ net.h[1] + p["B"] @ y + p["C"].unsqueeze(-1)
    (out - target).square().sum(1).mean(-1).sum().backward()
    for name, leaf in p.items():
        assert torch.allclose(sg.stack.g[name], leaf.grad, rtol=1e-9, atol=1e-12), name


def test_loss_gradient_is_that_of_the_mean_loss() -> None:
    p = torch.randn(1, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = F.one_hot(torch.tensor([[0, 1, 1, 0]]), 2).double().mT
    for kind in ("mse", "log"):
        loss, delta = loss_gradient(kind, p, y)
        leaf = p.clone().requires_grad_()
        loss_gradient(kind, leaf, y)[0].sum().backward()
        assert torch.allclose(delta, leaf.grad)
        assert loss.shape == (1,)
