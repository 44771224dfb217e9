"""Vectors of symbols, and the parser's net under them: gradients beside plain autograd in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.nets.embedding import Embedding, parser
from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.meprop import TopK
from repro.train.batches import stream

RUNS, BATCH, PLACES, SYMBOLS, SIZE, HIDDEN, ACTIONS, K = 2, 7, 6, 11, 3, 9, 5, 2


def made(k: int, act: str = "relu", fast: bool = True) -> Net:
    sizes = (PLACES * SIZE, HIDDEN, HIDDEN, ACTIONS)
    net = parser(SYMBOLS, SIZE, 0.5, sizes, RUNS, dtype=torch.float64, keep=[TopK(k)] * 3, act=act)
    net.init([stream(s, "init") for s in range(RUNS)])
    for layer in net.segments[1:]:
        layer.fast = fast  # type: ignore[attr-defined]  # else its plain twin, autograd
    for i in (2, 3, 4):
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
        for i in (2, 3, 4):
            a = h @ p[f"W{i}"]
            a.register_hook(largest)
            a = a + p[f"b{i}"].unsqueeze(1)  # the bias gets the dense gradient
            h = getattr(a, act)() if i < 4 else a
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
    wanted = tape[1] @ net.params.p["W2"] + net.params.p["b2"].unsqueeze(1)
    assert torch.allclose(tape[2], getattr(wanted, act)(), rtol=0, atol=1e-14)
    rows = net.segments[0].predict(x)
    assert torch.equal(rows[1, 3, SIZE : 2 * SIZE], net.params.p["E1"][1, x[1, 3, 1]])


@torch.no_grad()
def test_a_second_pull_is_refused_and_room_is_used() -> None:
    layer = made(K).segments[0]
    assert isinstance(layer, Embedding)
    x, _ = batch()
    room = torch.zeros(RUNS, BATCH, PLACES * SIZE, dtype=torch.float64)
    assert layer.forward(x, room) is room and torch.equal(room, layer.predict(x))
    layer.pull(room)
    with pytest.raises(RuntimeError, match="call forward again"):
        layer.pull(room)


@torch.no_grad()
def test_initial_vectors_are_each_runs_own() -> None:
    made_of = [Net([Embedding(5000, 4, 0.3)], 1) for _ in range(3)]
    for net, seed in zip(made_of, (0, 0, 1), strict=True):
        net.init([stream(seed, "init")])
    one, again, other = (net.params.flat for net in made_of)
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert abs(float(one.std()) - 0.3) < 0.01


def test_an_activation_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="activation of a parser 'cube'"):
        parser(3, 2, 0.1, (4, 2), 1, act="cube")
