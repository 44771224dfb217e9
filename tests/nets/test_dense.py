"""The fully connected segment: kernels written by hand ≡ autograd ≡ an oracle in plain torch; running statistics."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from oracles import RUNS, batch, fcn, filled, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.kernels.topk import top_k
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.rules.backward import Rule, classify

FAST = [("first", "relu"), ("", "relu"), ("", "none")]
KINDS = [*FAST, ("last", "relu"), ("first", "sigmoid"), ("last", "sigmoid"), ("", "sigmoid")]


def one(norm: str, act: str, runs: int = RUNS, size: tuple[int, int] = (7, 9), **more: Any) -> Net:
    dtype = more.pop("dtype", torch.float64)
    return filled(Net([Dense(*size, act, norm, **more)], runs, dtype=dtype))


def data(runs: int = RUNS, rows: int = 6, size: tuple[int, int] = (7, 9)) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    x, d = (torch.randn(runs, rows, n, dtype=torch.float64, generator=rng) for n in size)
    return x, d


def oracle(p: dict[str, Tensor], run: int, x: Tensor, norm: str, act: str) -> Tensor:
    def normed(a: Tensor) -> Tensor:
        return F.batch_norm(a, None, None, p["gamma1"][run], p["beta1"][run], training=True)

    a = x @ p["W1"][run] + (p["b1"][run] if "b1" in p else 0)
    a = normed(a) if norm == "first" else a
    a = {"relu": F.relu, "sigmoid": torch.sigmoid, "none": lambda a: a}[act](a)
    return normed(a) if norm == "last" else a


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("norm", "act"), KINDS)
def test_gradients_equal_plain_torch(norm: str, act: str, fast: bool) -> None:
    net, (x, d) = one(norm, act), data()
    segment = net.segments[0]
    assert isinstance(segment, Dense) and segment.fast == ((norm, act) in FAST)
    segment.fast = segment.fast and fast
    p = leaves(net.params.p)
    xs = x.clone().requires_grad_()
    y = torch.stack([oracle(p, r, xs[r], norm, act) for r in range(RUNS)])
    y.backward(d)
    assert torch.allclose(net.forward(x)[1], y, rtol=1e-9)
    below = segment.pull(d.clone())
    assert torch.allclose(below, xs.grad, rtol=1e-8, atol=1e-12)
    for name, leaf in p.items():
        assert torch.allclose(net.params.g[name], leaf.grad, rtol=1e-8, atol=1e-12), name
        assert leaf.grad.abs().max() > 1e-3 or (name == "b1" and norm == "first")


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize(("norm", "act"), FAST)
def test_the_fast_twin_is_the_plain_one_in_float32_at_full_size(norm: str, act: str, runs: int) -> None:
    """Large enough for the fused batch norm and for oneDNN's product."""
    size = (512, 256)
    nets = [one(norm, act, runs, size, dtype=torch.float32) for _ in range(2)]
    nets[1].segments[0].fast = False  # type: ignore[attr-defined]
    x, d = (v.float() for v in data(runs, 64, size))
    made = [(net.forward(x)[1].clone(), net.segments[0].pull(d.clone()), net) for net in nets]
    pairs = [(made[0][0], made[1][0]), (made[0][1], made[1][1])]
    pairs += [(made[0][2].params.g[k], made[1][2].params.g[k]) for k in made[0][2].params.g]
    pairs += list(zip(made[0][2].kept().values(), made[1][2].kept().values(), strict=True))
    for mine, plain in pairs:
        assert (mine - plain).norm() <= 1e-5 * plain.norm()


@pytest.mark.parametrize("norm", ["first", "last"])
def test_running_statistics_are_those_of_torch(norm: str) -> None:
    net, (x, _) = one(norm, "relu"), data()
    reference = torch.nn.BatchNorm1d(9, dtype=torch.float64)
    a = x[0] @ net.params.p["W1"][0]
    a = a if norm == "first" else torch.relu(a + net.params.p["b1"][0])
    reference(a)
    net.forward(x)
    kept = net.kept()
    assert torch.allclose(kept["mean1"][0, 0], reference.running_mean)
    biased = a.var(0, unbiased=False) * 0.1 + 0.9  # torch averages the unbiased variance, we the biased one
    assert torch.allclose(kept["var1"][0, 0], biased)


@pytest.mark.parametrize(("norm", "act"), KINDS)
def test_test_mode_uses_the_running_statistics(norm: str, act: str) -> None:
    net, (x, _) = one(norm, act), data()
    for _ in range(400):  # no optimiser step: statistics converge to this batch's own
        y = net.forward(x)[1]
    assert torch.allclose(net.predict(x), y, atol=1e-9)
    assert not norm or not torch.allclose(net.predict(x[:, :3]), net.forward(x[:, :3])[1], atol=1e-3)


def test_test_mode_of_a_whole_net_shares_one_batch_among_the_runs() -> None:
    net, (x, y) = fcn(3), batch()
    for _ in range(400):
        classify(net, Rule(), x, y)
    assert torch.allclose(net.predict(x), net.forward(x)[-1], atol=1e-9)
    assert torch.allclose(net.predict(x[:1])[1], net.predict(x[:1].expand(2, -1, -1))[1])


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("norm", "act"), [("", "relu"), ("first", "relu")])
def test_keep_and_feedback_belong_to_the_linear_map(norm: str, act: str, fast: bool) -> None:
    """Behind the activation's and the norm's own backward pass; the bias gets the dense gradient."""
    x, d = data()
    back = torch.randn(RUNS, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    net = one(norm, act, keep=lambda g: top_k(g, 2), feedback=back)
    net.segments[0].fast = fast  # type: ignore[attr-defined]
    p = leaves(net.params.p)
    a = x @ p["W1"] if norm else x @ p["W1"] + p["b1"].unsqueeze(1)
    a.retain_grad()
    z = a
    if norm:
        z = (a - a.mean(1, keepdim=True)) / (a.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()
        z = z * p["gamma1"].unsqueeze(1) + p["beta1"].unsqueeze(1)
    torch.relu(z).backward(d)
    kept = top_k(a.grad, 2)
    net.forward(x)
    below = net.segments[0].pull(d)
    assert torch.allclose(net.params.g["W1"], x.mT @ kept, rtol=1e-8, atol=1e-12)
    assert torch.allclose(below, kept @ back, rtol=1e-8, atol=1e-12)
    assert norm or torch.allclose(net.params.g["b1"], a.grad.sum(1), rtol=1e-9)


@pytest.mark.parametrize(("norm", "act"), KINDS)
def test_one_forward_pass_is_good_for_one_backward_pass(norm: str, act: str) -> None:
    net, (x, d) = one(norm, act), data()
    net.forward(x)
    net.segments[0].pull(d)
    with pytest.raises(RuntimeError, match="call forward again"):
        net.segments[0].pull(d)


@pytest.mark.parametrize(("norm", "act"), KINDS)
def test_the_output_goes_where_it_is_told(norm: str, act: str) -> None:
    net, (x, _) = one(norm, act), data()
    room = torch.full((RUNS, 2, 6, 9), torch.nan, dtype=torch.float64)
    made = net.forward(x, [room[:, 1]])[1]
    assert torch.equal(room[:, 1], net.forward(x)[1]) and torch.equal(made, room[:, 1])
    assert room[:, 0].isnan().all(), "and nowhere else"


def test_unknown_words_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        Dense(2, 2, "rellu")
    with pytest.raises(UnknownNameError, match="did you mean 'first'"):
        Dense(2, 2, norm="frist")
