"""The segment with batch norm behind the activation: its written-out pass ≡ its plain twin ≡ plain torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from oracles import filled, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.kernels import norm_last_native
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


@pytest.mark.parametrize("size", [(7, 9, 6), (20, 130, 100)])
@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("act", ACTS)
def test_in_c_it_is_the_plain_twin_in_float64(
    act: str, runs: int, size: tuple[int, int, int], in_c: None
) -> None:
    """Also of a gradient whose units do not lie side by side, and after another number of threads is set."""
    inputs, outputs, batch = size
    made = [DenseLast(inputs, outputs, act) for _ in range(2)]
    made[1].fast = False
    fast = filled(Net([made[0]], runs))
    plain = filled(Net([made[1]], runs, dtype=torch.float64))
    plain.params.flat.copy_(fast.params.flat)
    rng = torch.Generator().manual_seed(2)
    for d in (
        torch.randn(runs, batch, outputs, generator=rng),
        torch.randn(runs, outputs, batch, generator=rng).mT,
    ):
        x = torch.randn(runs, batch, inputs, generator=rng)
        room = torch.zeros(runs, 2, batch, outputs + 3)
        out = fast.forward(x, [room[:, 1, :, :outputs]])[1]
        assert made[0]._by is norm_last_native
        exact = plain.forward(x.double())[1]
        assert (out - exact).norm() < 2e-6 * exact.norm()
        assert not room[:, 0].any() and not room[..., outputs:].any()
        torch.set_num_threads(2)
        below = made[0].pull(d.clone()), made[1].pull(d.double())
        torch.set_num_threads(1)
        assert below[0] is not None and (below[0] - below[1]).norm() < 1e-5 * below[1].norm()
        for name, g in plain.params.g.items():
            assert (fast.params.g[name] - g).norm() < 1e-5 * g.norm() + 1e-6, name
        for mine, theirs in zip(fast.kept().values(), plain.kept().values(), strict=True):
            assert torch.allclose(mine.double(), theirs, rtol=1e-5, atol=1e-6)


def test_in_c_what_is_no_number_is_not_hidden(in_c: None) -> None:
    net = filled(Net([DenseLast(7, 9, "relu")], 1))
    x = torch.randn(1, 6, 7)
    x[0, 2, 3] = torch.nan
    assert net.forward(x)[1].isnan().all()
    assert net.segments[0].pull(torch.ones(1, 6, 9)).isnan().all()


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
