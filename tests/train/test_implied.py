"""Nets on a grid that learn from linear SGs, and the losses these imply: against autograd, numpy, least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from repro.analysis.implied_loss import best_linear, correlation, implied_loss, scaled
from repro.errors import UnknownNameError
from repro.record.run import Run
from repro.train.given import Given
from repro.train.implied import ImpliedLearner, grid, labels, run
from repro.train.loop import Context

PARAMS = {"width": 6, "layers": 3, "extent": 1.0, "steps": 12, "iterations": (3, 12), "learning_rate": 1e-2}
SETTING = {"data": "noisy", "loss": "log", "at": 2, "given": "hy", "target": "mean", "wide": 0}


def make(seeds: Sequence[int] = (0, 3), dtype: torch.dtype = torch.float64, **changes: Any) -> ImpliedLearner:
    setting = {k: changes.get(k, v) for k, v in SETTING.items()}
    params = PARAMS | {k: v for k, v in changes.items() if k not in SETTING}
    it = Given([Run("arm", seed, setting, params) for seed in seeds])
    learner: ImpliedLearner = type("Learner", (ImpliedLearner,), {"dtype": dtype})(it, Context())
    it.refuse_unread()
    return learner


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# the implied loss -------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(2, 4))
def test_it_is_the_integral_of_the_sg_and_its_gradient_is_the_sg_where_a_is_symmetric(
    seed: int, width: int, classes: int
) -> None:
    h, y = drawn(2, 5, width, seed=seed).requires_grad_(), drawn(2, 5, classes, seed=seed + 1)
    a, b, c = drawn(2, width, width, seed=2), drawn(2, classes, width, seed=3), drawn(2, width, seed=4)
    loss = implied_loss(h, y, a, b, c)
    steps, weights = np.polynomial.legendre.leggauss(4)
    integral = sum(
        w / 2 * ((((t + 1) / 2 * h) @ a + y @ b + c.unsqueeze(1)) * h).sum(-1)
        for t, w in zip(steps, weights, strict=True)
    )
    assert torch.allclose(loss, integral, atol=1e-12)
    symmetric = a + a.mT
    (slope,) = torch.autograd.grad(implied_loss(h, y, symmetric, b, c).sum(), h)
    assert torch.allclose(slope, h @ symmetric + y @ b + c.unsqueeze(1), atol=1e-12)
    (slope,) = torch.autograd.grad(loss.sum(), h)
    assert torch.allclose(slope, 0.5 * h @ symmetric + y @ b + c.unsqueeze(1), atol=1e-12)


def test_correlation_is_numpys_and_0_for_a_constant() -> None:
    one, other = drawn(3, 100, seed=1), drawn(3, 100, seed=2)
    other = other + 0.7 * one
    ours = correlation(one, other)
    assert np.allclose(ours, [np.corrcoef(one[r], other[r])[0, 1] for r in range(3)], atol=1e-12)
    assert torch.allclose(correlation(3 * one - 5, other), ours)
    assert correlation(torch.ones(1, 4), one[:1, :4]).tolist() == [0.0]


def test_an_image_is_scaled_to_its_own_range() -> None:
    assert scaled(torch.tensor([[3.0, 1.0, 2.0], [4.0, 4.0, 4.0]])).tolist() == [[1.0, 0.0, 0.5], [0.0] * 3]


@pytest.mark.parametrize("sees", ["hy", "h", "y"])
@torch.no_grad()
def test_an_sg_that_trains_beside_a_standing_net_comes_to_the_least_squares_fit(sees: str) -> None:
    """Its closed form by numpy, on exactly what it sees."""
    learner = make(seeds=(1,), given=sees, at=2, width=3, learning_rate=2e-2, steps=3000, target="example")
    still = learner.net.params.flat.clone()
    for t in range(3000):
        learner.step(t)
        learner.net.params.flat.copy_(still)
        if t == 2000:
            learner.optimizer.set_rates([2e-3])
    tape = learner.net.forward(learner.x)
    out = learner.net.segments[2]
    hidden = tape[2].clone().requires_grad_()
    with torch.enable_grad():
        p = learner.net.params.p
        top = torch.relu(hidden @ p["W3"] + p["b3"].unsqueeze(1)) @ p["W4"] + p["b4"].unsqueeze(1)
        loss = F.cross_entropy(top[0], learner.y[0], reduction="sum")
    (target,) = torch.autograd.grad(loss, hidden)
    assert out.p["W"].data_ptr() == p["W3"].data_ptr()
    y = F.one_hot(learner.y, 2).double()
    seen = [v for v, name in ((tape[2], "h"), (y, "y")) if name in sees]
    inputs = torch.cat([*seen, torch.ones_like(y[..., :1])], -1)[0].numpy()
    best = inputs @ np.linalg.lstsq(inputs, target[0].numpy(), rcond=None)[0]
    ours = learner.models[2].predict(tape[2], learner.y)[0]
    assert np.abs(ours.numpy() - best).max() < 2e-3 * np.abs(best).max() + 2e-4
    if sees == "hy":
        fitted = torch.cat([tape[2], y, torch.ones_like(y[..., :1])], -1) @ best_linear(tape[2], y, target)
        assert np.allclose(fitted[0], best, atol=1e-8)


# the learner ------------------------------------------------------------------------------------------------------


def test_the_grid_and_its_labels_are_the_papers() -> None:
    x = grid(1.0)
    assert x.shape == (100, 2) and x[0].tolist() == [-1, -1] and x[9].tolist() == [-1, 1]
    assert torch.allclose(x[10:20, 0] - x[:10, 0], torch.tensor(2 / 9))
    noisy = labels("noisy", x, 7)
    clean = min(
        int((noisy != ((x @ torch.tensor([np.cos(v), np.sin(v)]).float()) > 0).long()).sum())
        for v in np.linspace(0, 2 * np.pi, 721)
    )
    assert clean <= 10, "a line through the origin and ten swapped labels"
    assert 30 < labels("random", x, 7).sum() < 70
    assert not torch.equal(noisy, labels("noisy", x, 8))
    with pytest.raises(UnknownNameError):
        labels("linear", x, 0)


@pytest.mark.parametrize("loss", ["mse", "log"])
@pytest.mark.parametrize(("at", "target"), [(2, "mean"), (2, "example"), (0, "mean"), (0, "example")])
def test_gradients_are_those_of_the_definition_by_autograd(loss: str, at: int, target: str) -> None:
    """Layers learn from the SG above them, each SG from what the next one sends through the layer between."""
    learner = make(at=at, target=target, loss=loss)
    with torch.no_grad():
        for model in learner.models.values():
            model.params.flat.copy_(drawn(*model.params.flat.shape, seed=5))
    learner.optimizer.step = lambda: None  # type: ignore[assignment,method-assign]
    learner.step(0)
    scale = 1.0 if target == "mean" else 1 / 100
    for r in range(2):
        p = {k: v[r].clone().requires_grad_() for k, v in learner.net.params.p.items()}
        h, tape = learner.x[r], []
        for i in range(1, 5):
            h = h @ p[f"W{i}"] + p[f"b{i}"]
            h = torch.relu(h) if i < 4 else h
            tape.append(h)
        y = F.one_hot(learner.y[r], 2).double()
        mean = F.cross_entropy(h, y) if loss == "log" else ((h - y) ** 2).sum() / 2 / 100
        top = torch.autograd.grad(mean, h, retain_graph=True)[0]
        own = {
            i: scale * (torch.cat([tape[i - 1].detach(), y], 1) @ m.params.p["W1"][r] + m.params.p["b1"][r])
            for i, m in learner.models.items()
        }
        consumed = {4: top}
        for i in (3, 2, 1):
            (arrives,) = torch.autograd.grad(tape[i], tape[i - 1], consumed[i + 1], retain_graph=True)
            consumed[i] = own.get(i, arrives)
            if i in own:
                aim = arrives / scale
                error = own[i] / scale - aim
                inputs = torch.cat([tape[i - 1].detach(), y, torch.ones(100, 1)], 1)
                expected = 2 * inputs.T @ error / 100
                made = torch.cat([learner.models[i].params.g[k][r].reshape(-1, 6) for k in ("W1", "b1")])
                assert torch.allclose(made, expected, atol=1e-12)
        for i in range(1, 5):
            for name in (f"W{i}", f"b{i}"):
                (expected,) = torch.autograd.grad(tape[i - 1], p[name], consumed[i], retain_graph=True)
                assert torch.allclose(learner.net.params.g[name][r], expected, atol=1e-12)


@torch.no_grad()
def test_together_is_one_by_one_and_resumed_is_undisturbed() -> None:
    both, alone = make(at=0), [make((s,), at=0) for s in (0, 3)]
    for t in range(5):
        for learner in (both, *alone):
            learner.step(t)
    for r, learner in enumerate(alone):
        for ours, theirs in zip(both.params(), learner.params(), strict=True):
            assert torch.allclose(ours.flat[r], theirs.flat[0], rtol=1e-9, atol=1e-12)
    fresh = make(at=0)
    fresh.load(both.state())
    for learner in (both, fresh):
        learner.step(5)
    assert fresh.prints() == both.prints() and fresh.evaluate(6) == both.evaluate(6)


@torch.no_grad()
def test_under_mse_the_topmost_implied_loss_of_a_fitted_sg_is_the_true_one() -> None:
    """∂L/∂h = h W Wᵀ − y Wᵀ + b Wᵀ: linear, so the two differ by what hangs on y alone, ½‖b − y‖²."""
    learner = make((2,), loss="mse", at=3)
    tape = learner.net.forward(learner.x)
    w, b = learner.net.params.p["W4"], learner.net.params.p["b4"]
    flat = torch.cat([w @ w.mT, -w.mT, (b.unsqueeze(1) @ w.mT)], 1)
    learner.models[3].params.p["W1"].copy_(flat[:, :8])
    learner.models[3].params.p["b1"].copy_(flat[:, 8])
    true = learner.error(tape[-1], learner.y)[0]
    y = F.one_hot(learner.y, 2).double()
    assert torch.allclose(learner.implied(3, tape[3]), true - (b - y).square().sum(-1) / 2, atol=1e-12)


def test_rows_are_those_of_the_papers_iterations_and_pictures_of_the_named_seeds() -> None:
    params = {**PARAMS, "pictured": (3,)}
    rows = run(Given([Run("arm", s, SETTING, params) for s in (0, 3)]), Context()).rows
    assert {r[2] for r in rows} == {3, 12}
    assert {r[0] for r in rows if r[1] == "picture"} == {1}
    assert sum(r[1] == "picture" for r in rows) == 2 * 2 * 100
    assert {r[3] for r in rows if r[1] == "correlation"} == {"2"}
    for name, wrong in (("given", "yh"), ("target", "batch")):
        with pytest.raises(UnknownNameError):
            make(**{name: wrong})
