"""meProp against its definition, autograd and backpropagation."""

from __future__ import annotations

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, INPUTS, RUNS, batch, generators, leaves, means
from torch.nn import functional as F

from repro.kernels.topk import top_k
from repro.nets.fcn import mlp as nets_mlp
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.rules.backward import Rule
from repro.rules.meprop import RandomK, TopK
from repro.train.optim import Adam


def mlp(keep: Keep | None = None, last: Keep | None = None) -> Net:
    net = nets_mlp((INPUTS, HIDDEN, HIDDEN, CLASSES), RUNS, dtype=torch.float64, keep=[keep, keep, last])
    net.init(generators(RUNS))
    return net


def step(net: Net, x: torch.Tensor, y: torch.Tensor) -> None:
    means(net, Rule(), x, y)


def test_random_k_keeps_k_uniformly_and_each_run_its_own() -> None:
    g = torch.ones(2, 500, 10)

    def kept_by(seeds: slice) -> torch.Tensor:
        keep = RandomK(3, len(g[seeds]), 500, 10)
        keep.draw(generators(2, "k")[seeds])
        return keep(g[seeds])

    kept = kept_by(slice(0, 2))
    assert torch.equal(kept.sum(-1), torch.full((2, 500), 3.0))
    share = kept[0].mean(0)
    assert (share - 0.3).abs().max() < 0.1  # 4.9 standard deviations of a fair draw
    assert torch.equal(kept, kept_by(slice(0, 2)))
    assert not torch.equal(kept[0], kept[1])
    assert torch.equal(kept[1:], kept_by(slice(1, 2)))


def test_random_k_is_drawn_afresh() -> None:
    keep, rng, g = RandomK(3, 1, 50, 10), generators(1, "k"), torch.ones(1, 50, 10)
    keep.draw(rng)
    first = keep(g)
    assert torch.equal(first, keep(g)), "until the next draw the same"
    keep.draw(rng)
    assert not torch.equal(first, keep(g))


def autograd(net: Net, x: torch.Tensor, y: torch.Tensor, sparsify: Keep) -> dict[str, torch.Tensor]:
    """The same net with a gradient hook after each product; biases get the dense gradient."""
    p = leaves(net.params.p)
    h = x
    for i in (1, 2, 3):
        product = h.bmm(p[f"W{i}"])
        if i < 3:
            product.register_hook(sparsify)
        a = product + p[f"b{i}"].unsqueeze(1)
        h = torch.relu(a) if i < 3 else a
    sum(F.cross_entropy(h[r], y[r]) for r in range(len(x))).backward()
    return {k: v.grad for k, v in p.items()}


@pytest.mark.parametrize("k", [1, 3, HIDDEN])
def test_gradients_equal_autograd_with_a_mask(k: int) -> None:
    net, (x, y) = mlp(TopK(k)), batch()
    step(net, x, y)
    for name, g in autograd(net, x, y, lambda g: top_k(g, k)).items():
        assert torch.allclose(net.params.g[name], g, rtol=1e-10, atol=1e-13), name


def test_k_equal_to_n_is_backprop_bitwise() -> None:
    every = RandomK(HIDDEN, RUNS, BATCH, HIDDEN)
    one, two = mlp(lambda g: every(top_k(g, HIDDEN)), TopK(CLASSES)), mlp()
    first, second = (Adam([net.params], [1e-2] * RUNS) for net in (one, two))
    for t in range(10):
        every.draw(generators(RUNS, "k"))
        step(one, *batch(t))
        step(two, *batch(t))
        first.step()
        second.step()
    assert torch.equal(one.params.flat, two.params.flat)
    assert not torch.equal(one.params.flat, mlp().params.flat)


def test_small_k_changes_the_training() -> None:
    one, two, (x, y) = mlp(TopK(2)), mlp(), batch()
    step(one, x, y)
    step(two, x, y)
    assert not torch.allclose(one.params.g["W2"], two.params.g["W2"])
    touched = (one.params.g["W2"].abs().sum(1) > 0).sum(1)
    assert touched.max() <= 2 * BATCH
