"""A layer of symbols and the parser's net on it: gradients beside autograd in float64, tables beside vectors."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.nets import symbols
from repro.nets.net import Net
from repro.nets.parser import parser
from repro.nets.symbols import DenseOfSymbols
from repro.rules.backward import Rule, classify
from repro.rules.meprop import TopK
from repro.train.batches import stream

RUNS, BATCH, PLACES, SYMBOLS, SIZE, HIDDEN, ACTIONS, K = 2, 7, 6, 11, 3, 9, 5, 2


def made(k: int, act: str = "relu", fast: bool = True) -> Net:
    sizes = (PLACES * SIZE, HIDDEN, HIDDEN, ACTIONS)
    net = parser(SYMBOLS, SIZE, 0.5, sizes, RUNS, dtype=torch.float64, keep=[TopK(k)] * 3, act=act)
    net.init([stream(s, "init") for s in range(RUNS)])
    for layer in net.segments:
        layer.fast = fast  # type: ignore[attr-defined]  # else its plain twin, autograd
    for i in (1, 2, 3):
        net.params.p[f"b{i}"].uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(i))
    return net


def batch(dtype: torch.dtype = torch.int64) -> tuple[Tensor, Tensor]:
    """Some symbols stand in many places, the last two in none."""
    rng = torch.Generator().manual_seed(1)
    x = torch.randint(SYMBOLS - 2, (RUNS, BATCH, PLACES), generator=rng)
    return x.to(dtype), torch.randint(ACTIONS, (RUNS, BATCH), generator=rng)


def by_autograd(net: Net, x: Tensor, y: Tensor, k: int, act: str) -> dict[str, Tensor]:
    """Of the mean loss of each run; a hook keeps the k largest of what arrives at each product's output."""
    p = {name: v.detach().clone().requires_grad_() for name, v in net.params.p.items()}

    def largest(g: Tensor) -> Tensor:
        least = g.abs().sort(-1, descending=True).values[..., min(k, g.shape[-1]) - 1]
        return g * (g.abs() >= least.unsqueeze(-1))

    with torch.enable_grad():
        h = torch.stack([p["E1"][r][x[r].long()].flatten(1) for r in range(RUNS)])
        for i in (1, 2, 3):
            a = h @ p[f"W{i}"]
            a.register_hook(largest)
            a = a + p[f"b{i}"].unsqueeze(1)  # the bias gets the dense gradient
            h = getattr(a, act)() if i < 3 else a
        F.cross_entropy(h.flatten(0, 1), y.flatten(), reduction="sum").div(BATCH).backward()
    return {name: v.grad for name, v in p.items() if v.grad is not None}


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("act", ["relu", "tanh"])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
@pytest.mark.parametrize("k", [K, HIDDEN])
@torch.no_grad()
def test_gradients_are_autograds(k: int, dtype: torch.dtype, act: str, fast: bool) -> None:
    net, (x, y) = made(k, act, fast), batch(dtype)
    net.params.flat_grad.fill_(9.0)  # nothing is left of what was there
    classify(net, Rule(), x, y)
    wanted = by_autograd(net, x, y, k, act)
    assert wanted.keys() == net.params.g.keys()
    for name, value in wanted.items():
        assert torch.allclose(net.params.g[name], value, rtol=0, atol=1e-14), name
        assert value.abs().max() > 1e-3
    assert torch.equal(net.params.g["E1"][:, SYMBOLS - 2 :], torch.zeros(RUNS, 2, SIZE, dtype=torch.float64))


@pytest.mark.parametrize("act", ["relu", "tanh"])
@torch.no_grad()
def test_predict_is_forward_and_vectors_stand_in_order(act: str) -> None:
    net, (x, _) = made(K, act), batch()
    tape = net.forward(x)
    assert torch.equal(net.predict(x), tape[-1])
    e, w = net.params.p["E1"], net.params.p["W1"]
    wanted = sum(e[1, x[1, 3, n]] @ w[1, n * SIZE : (n + 1) * SIZE] for n in range(PLACES))
    assert torch.allclose(tape[1][1, 3], getattr(wanted + net.params.p["b1"][1], act)(), rtol=0, atol=1e-14)


FEW = ((20, 23), (20, 23), (23, 28))
WIDE = (37, 5, 0.5, 7, 33)
"""Symbols, numbers a vector, spread, places, outputs; the last three places have few symbols."""


def layer(
    runs: int, few: tuple[tuple[int, int], ...], keep: int = 0, batch: int = 300
) -> tuple[Net, Tensor, Tensor]:
    """A net of one such layer, ids of every place and what arrives, the same whatever `few` is."""
    one = DenseOfSymbols(*WIDE, "tanh", keep=TopK(keep) if keep else None, few=few)
    net, rng = Net([one], runs), torch.Generator().manual_seed(5)
    net.init([stream(s, "init") for s in range(runs)])
    spans = [(0, 37)] * 4 + list(FEW)
    x = torch.stack([torch.randint(a, b, (runs, batch), generator=rng) for a, b in spans], -1)
    return net, x, torch.randn(runs, batch, WIDE[-1], generator=rng)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
@pytest.mark.parametrize("keep", [0, 4])
@pytest.mark.parametrize("runs", [1, 3])
@torch.no_grad()
def test_tables_are_vectors(runs: int, keep: int, dtype: torch.dtype, in_c: None) -> None:
    (by_tables, x, d), (by_vectors, *_) = layer(runs, FEW, keep), layer(runs, (), keep)
    x = x.to(dtype)
    assert torch.equal(by_tables.params.flat, by_vectors.params.flat)
    for _ in range(2):  # the second time rooms are there
        for net in (by_tables, by_vectors):
            net.params.flat_grad.fill_(9.0)
            one = net.segments[0]
            assert isinstance(one, DenseOfSymbols) and (one._read(x).rows is not None) == (net is by_tables)
            y = one.forward(x)
            assert torch.equal(one.predict(x), y)
            one.predict(x[:, :2])  # keeps nothing, of few examples neither
            assert one.pull(d, True) is None
        assert torch.allclose(y, by_tables.predict(x), rtol=0, atol=1e-5)
        for name, wanted in by_vectors.params.g.items():
            off = (by_tables.params.g[name] - wanted).norm() / wanted.norm()
            assert off < 1e-5, name


@pytest.mark.parametrize(("batch", "pays"), [(14, False), (15, True)])
@torch.no_grad()
def test_tables_pay_from_so_many_examples_on(batch: int, pays: bool, in_c: None) -> None:
    net, x, _ = layer(1, FEW, batch=batch)  # 3 places with 11 rows: 44 symbols
    one = net.segments[0]
    assert isinstance(one, DenseOfSymbols) and symbols.PAYS * one.rows == 44
    assert (one._read(x).rows is not None) == pays


@pytest.mark.parametrize(("place", "symbol"), [(4, 19), (4, 23), (6, 22), (6, 28)])
@torch.no_grad()
def test_a_symbol_where_it_cannot_stand_is_refused(place: int, symbol: int, in_c: None) -> None:
    net, x, _ = layer(2, FEW)
    x[1, 299, place] = symbol
    with pytest.raises(IndexError, match="last 3 places"):
        net.segments[0].forward(x)


@torch.no_grad()
def test_numbers_need_not_lie_close(in_c: None) -> None:
    """Ids and gradients of other strides, which compiled loops would read as if they were none."""
    (net, x, d), (apart, *_) = layer(2, FEW), layer(2, FEW)
    for one, ids, arriving in (
        (net.segments[0], x, d),
        (apart.segments[0], x.permute(2, 1, 0).contiguous().permute(2, 1, 0), d.mT.contiguous().mT),
    ):
        assert isinstance(one, DenseOfSymbols)
        one.act = "none"  # what arrives goes on as it is
        one.forward(ids)
        one.pull(arriving)
    assert torch.allclose(net.params.flat_grad, apart.params.flat_grad, rtol=0, atol=1e-4)
    assert net.params.flat_grad.abs().max() > 1


@torch.no_grad()
def test_vectors_are_drawn_before_weights() -> None:
    """As when they were segments of their own: runs of a seed begin as they did."""
    net, *_ = layer(1, ())
    rng = stream(0, "init")
    assert torch.equal(net.params.p["E1"][0], torch.randn(WIDE[0], WIDE[1], generator=rng) * WIDE[2])


@torch.no_grad()
def test_without_kernels_in_c_it_is_vectors(not_in_c: None) -> None:
    net, x, d = layer(2, FEW)
    one = net.segments[0]
    assert isinstance(one, DenseOfSymbols) and one._read(x).rows is None
    one.forward(x)
    one.pull(d)
    with pytest.raises(RuntimeError, match="call forward again"):
        one.pull(d)


def test_an_activation_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="activation of a parser 'cube'"):
        parser(3, 2, 0.1, (4, 2), 1, act="cube")
