"""The segment with batch norm behind the activation: its written-out pass ≡ its plain twin ≡ plain torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from oracles import filled, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.kernels.topk import top_k
from repro.nets.dense import Dense
from repro.nets.dense_last import DenseLast
from repro.nets.fcn import normed_mlp
from repro.nets.net import Net

ACTS = ("relu", "sigmoid")


def one(act: str, runs: int, fast: bool = True, dtype: torch.dtype = torch.float64) -> Net:
    segment = DenseLast(7, 9, act)
    segment.fast = fast
    return filled(Net([segment], runs, dtype=dtype))


def data(runs: int, rows: int = 6) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    x, d = (torch.randn(runs, rows, n, dtype=torch.float64, generator=rng) for n in (7, 9))
    return x, d


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("act", ACTS)
def test_it_is_plain_torch(act: str, runs: int) -> None:
    net, (x, d) = one(act, runs), data(runs)
    p, xs = leaves(net.params.p), x.clone().requires_grad_()
    made = []
    for r in range(runs):
        h = getattr(torch, act)(xs[r] @ p["W1"][r] + p["b1"][r])
        made.append(F.batch_norm(h, None, None, p["gamma1"][r], p["beta1"][r], training=True))
    y = torch.stack(made)
    y.backward(d)
    assert torch.allclose(net.forward(x)[1], y, rtol=1e-9)
    assert torch.allclose(net.segments[0].pull(d.clone()), xs.grad, rtol=1e-8, atol=1e-12)
    for name, leaf in p.items():
        assert torch.allclose(net.params.g[name], leaf.grad, rtol=1e-8, atol=1e-12), name
        assert leaf.grad.abs().max() > 1e-3


def fed_back(segment: Any, runs: int) -> None:
    segment.keep = lambda g: top_k(g, 4)
    segment.feedback = torch.randn(
        runs, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )


@pytest.mark.parametrize("change", [lambda segment, runs: None, fed_back])
@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("act", ACTS)
def test_it_is_its_plain_twin(act: str, runs: int, change: Any) -> None:
    fast, plain, (x, d) = one(act, runs), one(act, runs, fast=False), data(runs)
    for net in (fast, plain):
        change(net.segments[0], runs)
    room = torch.zeros(runs, 6, 9, dtype=torch.float64)
    out = fast.forward(x, [room])[1]
    assert out.data_ptr() == room.data_ptr() and torch.allclose(out, plain.forward(x)[1], rtol=1e-10)
    below = [net.segments[0].pull(d.clone()) for net in (fast, plain)]
    assert torch.allclose(*below, rtol=1e-9, atol=1e-13)
    assert torch.allclose(fast.params.flat_grad, plain.params.flat_grad, rtol=1e-9, atol=1e-13)
    for mine, theirs in zip(fast.kept().values(), plain.kept().values(), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-10)


def test_a_second_backward_pass_is_refused() -> None:
    net, (x, d) = one("relu", 1), data(1)
    net.forward(x)
    assert net.segments[0].pull(d, need_input=False) is None
    with pytest.raises(RuntimeError, match="call forward again"):
        net.segments[0].pull(d)


def test_the_papers_net_has_its_batch_norm_behind_the_units() -> None:
    """At the start every h_i has mean 0 and variance 1 over the batch, which it would not have before the ReLU."""
    net = normed_mlp((7, 9, 9, 3), 2, dtype=torch.float64)
    net.init([torch.Generator().manual_seed(s) for s in range(2)])
    hidden = net.forward(torch.randn(2, 400, 7, dtype=torch.float64))[1:-1]
    assert [type(s) for s in net.segments] == [DenseLast, DenseLast, Dense]
    for h in hidden:
        assert h.mean(1).abs().max() < 1e-9 and (h.var(1, unbiased=False) - 1).abs().max() < 1e-3
    assert (net.params.p["W2"].std() - 1 / 3).abs() < 0.05
