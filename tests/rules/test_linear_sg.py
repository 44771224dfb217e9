"""The linear case of Understanding SG in closed form (Proposition 1), and against autograd; its SG for log loss."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from repro.nets.fcn import linear_net
from repro.nets.losses import mean_loss
from repro.nets.net import Net
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI
from repro.rules.linear_sg import LinearSG, ShapedSG
from repro.train.batches import stream

RUNS, SAMPLES = 2, 30


def problem(sizes: tuple[int, ...]) -> tuple[Net, torch.Tensor, torch.Tensor]:
    net = linear_net(sizes, RUNS, dtype=torch.float64)
    net.init([stream(s, "init") for s in range(RUNS)])
    rng = torch.Generator().manual_seed(0)
    for name, p in net.params.p.items():
        if name.startswith("b"):
            p.copy_(torch.randn(p.shape, generator=rng, dtype=p.dtype))
    x = torch.randn(RUNS, SAMPLES, sizes[0], generator=rng, dtype=torch.float64)
    y = F.one_hot(torch.randint(2, (RUNS, SAMPLES), generator=rng), 2).double()
    return net, x.mT.contiguous(), y.mT.contiguous()  # samples are columns


def model(width: int) -> LinearSG:
    return LinearSG(width, 2, RUNS, dtype=torch.float64)


def step(net: Net, kind: str, x: torch.Tensor, y: torch.Tensor, rule: Rule) -> torch.Tensor:
    """Full-batch gradients; the mean loss [R]."""
    tape = net.forward(x)
    loss, delta = mean_loss(kind, tape[-1], y)
    backward(net.segments, tape, y, delta, rule)
    return loss


@pytest.mark.parametrize("kind", ["mse", "log"])
@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 4, 4, 2)])
def test_backprop_equals_autograd(kind: str, sizes: tuple[int, ...]) -> None:
    net, x, y = problem(sizes)
    loss = step(net, kind, x, y, Rule())
    p = {k: v.clone().requires_grad_() for k, v in net.params.p.items()}
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
        assert torch.allclose(net.params.g[name], leaf.grad, rtol=1e-9, atol=1e-12), name


@pytest.mark.parametrize("at", [1, 2, 3])
def test_deep_linear_mse_has_an_exact_linear_sg(at: int) -> None:
    """∂L/∂h = Wᵀ (W h + b − y) with W, b the map above h: A = Wᵀ W, B = −Wᵀ, C = Wᵀ b, at any parameters."""
    net, x, y = problem((3, 4, 4, 4, 2))
    other, _, _ = problem((3, 4, 4, 4, 2))
    sg = model(4)
    for r in range(RUNS):
        w = torch.eye(4, dtype=torch.float64)
        b = torch.zeros(4, dtype=torch.float64)
        for i in range(at + 1, len(net.segments) + 1):
            above, shift = net.params.p[f"W{i}"][r], net.params.p[f"b{i}"][r]
            w, b = above @ w, above @ b + shift
        sg.params.p["A"][r], sg.params.p["B"][r], sg.params.p["C"][r] = w.T @ w, -w.T, w.T @ b
    sg.params.flat.div_(SAMPLES)  # the loss is a mean over the samples
    step(net, "mse", x, y, DNI({at: sg}))
    step(other, "mse", x, y, Rule())
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-9, atol=1e-13)
    assert sg.params.flat_grad.abs().max() < 1e-12, "nothing left to learn for the SG"


def test_zero_sg_leaves_the_layers_below_alone() -> None:
    net, x, y = problem((3, 4, 4, 2))
    step(net, "log", x, y, DNI({2: model(4)}))
    assert not net.params.g["W1"].any()
    assert not net.params.g["W2"].any()
    assert net.params.g["W3"].abs().max() > 1e-3


def test_sg_regresses_to_the_true_gradient() -> None:
    net, x, y = problem((3, 4, 2))
    sg, h = model(4), net.forward(x)[1]
    target = torch.randn(RUNS, 4, SAMPLES, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    sg.params.flat.add_(0.1)
    p = {k: v.clone().requires_grad_() for k, v in sg.params.p.items()}
    loss = sg.regress(sg.predict(h, y) - target)
    out = p["A"] @ h + p["B"] @ y + p["C"].unsqueeze(-1)
    exact = (out - target).square().sum(1).mean(-1)
    exact.sum().backward()
    assert torch.allclose(loss, exact)
    for name, leaf in p.items():
        assert torch.allclose(sg.params.g[name], leaf.grad, rtol=1e-9, atol=1e-12), name


def test_loss_gradient_is_that_of_the_mean_loss() -> None:
    p = torch.randn(1, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = F.one_hot(torch.tensor([[0, 1, 1, 0]]), 2).double().mT
    for kind in ("mse", "log"):
        loss, delta = mean_loss(kind, p, y)
        leaf = p.clone().requires_grad_()
        mean_loss(kind, leaf, y)[0].sum().backward()
        assert torch.allclose(delta, leaf.grad)
        assert loss.shape == (1,)


def shaped(width: int, scale: float) -> ShapedSG:
    sg = ShapedSG(width, 2, RUNS, dtype=torch.float64)
    sg.init([stream(s, "init-sg") for s in range(RUNS)], scale)
    return sg


def test_the_shaped_sg_is_its_formula_and_starts_at_zero() -> None:
    net, x, y = problem((3, 4, 2))
    sg, h = shaped(4, 0.0), net.forward(x)[1]
    assert not sg.predict(h, y).any()
    assert sg.params.p["A"].std() == pytest.approx(0.5, rel=0.3), "1/width is the variance"
    assert not torch.equal(*sg.params.p["A"]), "each run has its own"
    sg.params.flat.add_(torch.linspace(-0.3, 0.4, sg.params.flat.shape[1], dtype=torch.float64))
    for r in range(RUNS):
        a, b, c, d = (sg.params.p[k][r] for k in "ABCd")
        assert torch.allclose(sg.predict(h, y)[r], d / (1 + (-a @ h[r]).exp()) + b @ y[r] + c[:, None])


def test_the_shaped_sgs_gradients_are_those_of_finite_differences() -> None:
    net, x, y = problem((3, 4, 2))
    sg, h = shaped(4, 0.7), net.forward(x)[1]
    target = torch.randn(RUNS, 4, SAMPLES, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    for name in "BC":
        sg.params.p[name].add_(0.1)
    loss = sg.regress(sg.predict(h, y) - target)
    gradient, step = sg.params.flat_grad.clone(), 1e-5
    assert torch.allclose(loss, (sg.predict(h, y) - target).square().sum(1).mean(-1))
    for j in range(sg.params.flat.shape[1]):
        moved = []
        for by in (step, -2 * step):
            sg.params.flat[:, j] += by
            moved.append((sg.predict(h, y) - target).square().sum(1).mean(-1))
        sg.params.flat[:, j] += step
        assert torch.allclose(gradient[:, j], (moved[0] - moved[1]) / (2 * step), rtol=1e-7, atol=1e-9), j
    assert gradient.abs().min() > 1e-4, "every parameter is tried"


def test_two_logits_have_an_exact_shaped_sg_under_log_loss() -> None:
    """∂L/∂h = (σ(h − h′) − y)/S with h′ the other logit, at any logits; no linear SG has it."""
    net, x, y = problem((3, 2))
    other, _, _ = problem((3, 2))
    sg = shaped(2, 1 / SAMPLES)
    sg.params.p["A"].copy_(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))
    sg.params.p["B"].copy_(torch.eye(2)).div_(-SAMPLES)
    for scale in (1.0, 30.0):  # logits near 0, and some where the gradient is flat
        logits = net.forward(x)[1]
        h = scale * (logits - logits.mean(-1, keepdim=True))
        true = mean_loss("log", h, y)[1]
        assert (sg.predict(h, y) - true).abs().max() <= 1e-12
        rows = torch.cat([h, y, torch.ones_like(h[:, :1])], 1).mT
        best = rows @ torch.linalg.lstsq(rows, true.mT, driver="gelsd").solution
        assert (best.mT - true).abs().amax((1, 2)).min() > 1e-5
    step(net, "log", x, y, DNI({1: sg}))
    step(other, "log", x, y, Rule())
    assert (net.params.flat_grad - other.params.flat_grad).abs().max() <= 1e-12
    assert net.params.flat_grad.abs().max() > 1e-3
    assert sg.params.flat_grad.abs().max() <= 1e-12, "nothing left to learn for the SG"


def test_the_shaped_sg_needs_an_a_that_is_not_zero() -> None:
    """At A = 0 and d = 0 neither could move: the entries of a softmax's gradient cancel."""
    net, x, y = problem((3, 2))
    for drawn in (True, False):
        sg = shaped(2, 0.0)
        sg.params.p["A"].mul_(drawn)
        step(net, "log", x, y, DNI({1: sg}))
        g = sg.params.g
        assert g["B"].abs().max() > 1e-3 and not g["A"].any()
        assert (g["d"].abs().min() > 1e-5) if drawn else (g["d"].abs().max() < 1e-15)
