"""meProp against its definition, autograd and backpropagation."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import BATCH, CLASSES, HIDDEN, INPUTS, RUNS, batch, generators, leaves
from repro.algorithms.meprop import MLP, Sparsify, random_k, top_k, unified_backward, unified_columns
from torch.nn import functional as F


def dense(g: torch.Tensor) -> torch.Tensor:
    return g


def mlp(runs: int = RUNS) -> MLP:
    net = MLP((INPUTS, HIDDEN, HIDDEN, CLASSES), runs, dtype=torch.float64)
    net.init(generators(runs))
    return net


def test_the_papers_example() -> None:
    assert top_k(torch.tensor([1.0, 2, 3, -4]), 2).tolist() == [0, 0, 3, -4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-9, 9, width=32), min_size=4, max_size=12), st.integers(1, 14))
def test_top_k_keeps_the_largest(values: list[float], k: int) -> None:
    g = torch.tensor(values)
    kept = top_k(g, k)
    assert torch.equal(kept[kept != 0], g[kept != 0])
    n = min(k, len(values))
    assert torch.equal(kept.abs().sort().values[-n:], g.abs().sort().values[-n:])
    assert (kept != 0).sum() <= n


def test_random_k_keeps_k_uniformly_and_each_run_its_own() -> None:
    g = torch.ones(2, 500, 10)
    kept = random_k(g, 3, generators(2, "k"))
    assert torch.equal(kept.sum(-1), torch.full((2, 500), 3.0))
    share = kept[0].mean(0)
    assert (share - 0.3).abs().max() < 0.1  # 4.9 standard deviations of a fair draw
    again = random_k(g, 3, generators(2, "k"))
    assert torch.equal(kept, again)
    assert not torch.equal(kept[0], kept[1])
    alone = random_k(g[1:], 3, generators(2, "k")[1:])
    assert torch.equal(kept[1:], alone)


def autograd(net: MLP, x: torch.Tensor, y: torch.Tensor, sparsify: Sparsify) -> dict[str, torch.Tensor]:
    """The same net with a gradient hook after each product; biases get the dense gradient."""
    p = leaves(net.stack.p)
    h = x
    for i in (1, 2, 3):
        product = h.bmm(p[f"W{i}"])
        product.register_hook(sparsify if i < 3 else dense)
        a = product + p[f"b{i}"].unsqueeze(1)
        h = torch.relu(a) if i < 3 else a
    sum(F.cross_entropy(h[r], y[r]) for r in range(len(x))).backward()
    return {k: v.grad for k, v in p.items()}


@pytest.mark.parametrize("k", [1, 3, HIDDEN])
def test_gradients_equal_autograd_with_a_mask(k: int) -> None:
    net, (x, y) = mlp(), batch()
    net.step(x, y, lambda g: top_k(g, k), dense)
    for name, g in autograd(net, x, y, lambda g: top_k(g, k)).items():
        assert torch.allclose(net.stack.g[name], g, rtol=1e-10, atol=1e-13), name


def test_k_equal_to_n_is_backprop_bitwise() -> None:
    one, two = mlp(), mlp()
    first, second = one.stack.adam(1e-2), two.stack.adam(1e-2)
    rng = generators(RUNS, "k")
    for t in range(10):
        x, y = batch(t)
        one.step(x, y, lambda g: random_k(top_k(g, HIDDEN), HIDDEN, rng), lambda g: top_k(g, CLASSES))
        two.step(x, y, dense, dense)
        first.step()
        second.step()
    assert torch.equal(one.stack.flat, two.stack.flat)
    assert not torch.equal(one.stack.flat, mlp().stack.flat)


def test_small_k_changes_the_training() -> None:
    one, two, (x, y) = mlp(), mlp(), batch()
    one.step(x, y, lambda g: top_k(g, 2), dense)
    two.step(x, y, dense, dense)
    assert not torch.allclose(one.stack.g["W2"], two.stack.g["W2"])
    touched = (one.stack.g["W2"].abs().sum(1) > 0).sum(1)
    assert touched.max() <= 2 * BATCH


def unified_case(k: int) -> tuple[torch.Tensor, ...]:
    rng = torch.Generator().manual_seed(3)
    x, w, g = (torch.randn(s, generator=rng, dtype=torch.float64) for s in ((5, 7), (9, 7), (5, 9)))
    mask = torch.zeros(9, dtype=torch.float64)
    mask[g.abs().sum(0).topk(k).indices] = 1
    return x, w, g, mask


def test_unified_columns_of_many_rows_are_those_of_the_whole_sum() -> None:
    g = torch.randn(2, 200, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = g.abs().sum(1).topk(7).indices
    assert torch.equal(unified_columns(g, 7).sort().values, expected.sort().values)


@pytest.mark.parametrize("k", [1, 4, 9])
def test_unified_products_equal_an_explicit_mask(k: int) -> None:
    x, w, g, mask = unified_case(k)
    g_w = torch.full_like(w, 7)  # old contents must not survive
    d_x = unified_backward(x, w, g, k, g_w, torch.full_like(x, 7))
    assert torch.allclose(d_x, (g * mask) @ w, rtol=1e-12)
    assert torch.allclose(g_w, (g * mask).T @ x, rtol=1e-12)
    assert set(unified_columns(g, k).tolist()) == set(mask.nonzero().flatten().tolist())
