"""Propositions 1 and 2, Corollary 1: against autograd, over random problems of any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from repro.analysis import deep_linear as deep
from repro.errors import UnknownNameError

SEEDS = st.integers(0, 10**6)


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.lists(st.integers(1, 6), min_size=2, max_size=6), st.integers(1, 9))
def test_the_sg_of_a_deep_linear_net_is_autograds_gradient_at_any_parameters(
    seed: int, sizes: list[int], samples: int
) -> None:
    layers = [
        (drawn(2, i, o, seed=seed + n), drawn(2, o, seed=seed - n))
        for n, (i, o) in enumerate(pairwise(sizes), 1)
    ]
    h, y = (
        drawn(2, samples, sizes[0], seed=seed).requires_grad_(),
        drawn(2, samples, sizes[-1], seed=seed + 99),
    )
    p: Tensor = h
    for w, b in layers:
        p = p @ w + b.unsqueeze(1)
    (true,) = torch.autograd.grad(deep.loss(p, y).sum(), h)
    a, b_y, c = deep.exact_sg(layers, samples)
    said = h @ a + y @ b_y + c.unsqueeze(1)
    assert torch.allclose(said, true, rtol=1e-10, atol=1e-10 * float(true.abs().max() + 1))


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.floats(0.01, 0.99))
def test_errors_of_any_direction_keep_proposition_2s_cosine_and_the_worst_has_it(
    seed: int, delta: float
) -> None:
    rng = torch.Generator().manual_seed(seed)
    net = deep.Descent(*deep.white_problems(4, rng), 5, 0.1, rng)
    net.forward()
    true, rho = net.x.mT @ net.g, (1 - delta) / (1 + delta)
    least = (1 - rho**2) ** 0.5
    assert least >= delta
    for kind in ("random", "worst", "against"):
        e = deep.error_of(kind, rho, net, rng)
        assert torch.allclose(deep.size(e) * net.norm, rho * deep.size(true))
        cosine = deep.cosine(true, net.x.mT @ (net.g + e))
        assert (cosine >= least - 1e-9).all()
        assert (deep.slack(net, e) >= -1e-12).all()
        if kind == "worst":
            assert torch.allclose(cosine, torch.full_like(cosine, least), atol=1e-9)
    over = deep.error_of("against", 1.2, net, rng)
    assert torch.allclose(deep.cosine(true, net.x.mT @ (net.g + over)), -torch.ones(4, dtype=torch.float64))
    with pytest.raises(UnknownNameError):
        deep.error_of("sideways", rho, net, rng)


@settings(deadline=None, max_examples=8)
@given(SEEDS)
def test_a_descent_moves_by_autograds_gradients_and_the_norm_is_the_jacobians(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    x, y = drawn(2, 7, 3, seed=seed), drawn(2, 7, 2, seed=seed + 1)
    net = deep.Descent(x, y, 4, 0.1, rng)
    leaves = [w.clone().requires_grad_() for w in net.w]
    loss = deep.loss(x @ leaves[0] @ leaves[1] @ leaves[2], y)
    grads = torch.autograd.grad(loss.sum(), leaves)
    net.forward()
    net.move(net.g, torch.ones(2, 1, 1, dtype=torch.float64))
    for w, leaf, g in zip(net.w, leaves, grads, strict=True):
        assert torch.allclose(w, leaf - 0.1 * g, atol=1e-12)
    jacobian = torch.func.jacrev(lambda w: x[0] @ w)(leaves[0][0].detach()).reshape(7 * 4, 3 * 4)
    assert torch.allclose(torch.linalg.matrix_norm(jacobian, 2), net.norm[0, 0, 0])
    fit = torch.linalg.lstsq(x, y).solution
    assert torch.allclose(net.best, deep.loss(x @ fit, y), atol=1e-12)


def test_the_gate_lets_the_net_move_only_while_the_sg_is_good() -> None:
    rng = torch.Generator().manual_seed(5)
    x, y = deep.white_problems(6, rng)
    good, bad = (deep.Gated(gate, x, y, 8, 0.05, torch.Generator().manual_seed(1)) for gate in deep.GATES)
    start = [w.clone() for w in good.w]
    good.step()
    assert all(torch.equal(w, s) for w, s in zip(good.w, start, strict=True)), "an SG of 0 says nothing"
    for _ in range(1500):
        good.step()
        bad.step()
    assert good.gap().median() < 1e-4
    assert bad.gap().median() > 1e-2
    assert (good.slack >= -1e-12).all()
    good.forward()
    (exact,) = [torch.cat([*parts[:2], parts[2].unsqueeze(1)], 1) for parts in [_exact(good)]]
    inputs = torch.cat([good.h, good.y, torch.ones_like(good.y[..., :1])], -1)
    assert torch.allclose(inputs @ exact, good.g, atol=1e-12)
    with pytest.raises(UnknownNameError):
        deep.Gated("open", x, y, 8, 0.05, rng)


def _exact(net: deep.Descent) -> tuple[Tensor, Tensor, Tensor]:
    zero = net.w[1].new_zeros(len(net.x), 1)
    above = [(w, zero.expand(-1, w.shape[-1])) for w in net.w[1:]]
    return deep.exact_sg(above, net.x.shape[1])
