"""Complete unlock against plain autograd, in float64, with given masks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from repro.nets.dense import Dense
from repro.nets.fcn import fcn
from repro.nets.net import Net
from repro.rules.dni import NetModel
from repro.rules.unlocked import InputModel, Unlocked

RUNS, BATCH, D, H, C = 2, 12, 6, 5, 3
MASKS = [
    [[True] * 4, [True, False, True, False]],
    [[False, True, False, True], [False, False, True, True]],
]


def random(net: Net, seed: int) -> Net:
    """All weights random: a last layer at zero would hide what is behind it."""
    g = torch.Generator().manual_seed(seed)
    for p in net.params.p.values():
        p.copy_(torch.randn(p.shape, generator=g, dtype=torch.float64))
    return net


def model(inputs: int, seed: int) -> Net:
    net = Net([Dense(inputs, 7, norm="first"), Dense(7, H, "none", std=0)], RUNS, dtype=torch.float64)
    return random(net, seed)


def unlocked(acts: Tensor, labels: int) -> Unlocked:
    net = random(fcn((D, H, H, H, C), RUNS, dtype=torch.float64), 0)
    models = {k: NetModel(model(H + labels, k), labels) for k in (1, 2, 3)}
    return Unlocked(net, models, {k: InputModel(model(D, 10 + k)) for k in (2, 3, 4)}, acts)


def layer(p: dict[str, Tensor], i: int, x: Tensor) -> Tensor:
    """Layer i of a net in plain autograd: a hidden one has γ, the last a bias."""
    a = x @ p[f"W{i}"]
    if f"gamma{i}" not in p:
        return a + p[f"b{i}"]
    return F.batch_norm(a, None, None, p[f"gamma{i}"], p[f"beta{i}"], training=True).relu()


def leaves(net: Net, r: int) -> dict[str, Tensor]:
    return {k: v[r].clone().requires_grad_() for k, v in net.params.p.items()}


def two(p: dict[str, Tensor], x: Tensor) -> Tensor:
    return layer(p, 2, layer(p, 1, x))


def naive(u: Unlocked, r: int, x: Tensor, y: Tensor, labels: int) -> dict[str, dict[str, Tensor]]:
    """Each layer in turn, only those that act, of run r: name → gradients of what learned."""
    on = u.acts[r].tolist()
    net, onehot = leaves(u.net, r), F.one_hot(y, C).double() if labels else y.new_zeros(len(y), 0).double()
    models = {k: leaves(m.net, r) for k, m in u.models.items()}
    inputs = {k: leaves(m.net, r) for k, m in u.inputs.items()}
    guess = {k: two(p, x) for k, p in inputs.items()}  # ĥ_{k−1}
    seen = {1: x.clone().requires_grad_(), **{k: g.detach().requires_grad_() for k, g in guess.items()}}
    made = {k: layer(net, k, seen[k]) for k in seen if on[k - 1]}
    for k, h in made.items():
        if k == 4:
            F.cross_entropy(h, y, reduction="sum").backward()
        else:
            h.backward(two(models[k], torch.cat([h.detach(), onehot], 1)).detach())
    for k in (2, 3, 4):
        if on[k - 1]:  # the target of M_k is there
            told = made[k - 1] if on[k - 2] else seen[k]
            hat = two(models[k - 1], torch.cat([told.detach(), onehot], 1))
            (hat - seen[k].grad).square().sum(1).mean().backward()  # type: ignore[operator]
        if on[k - 2]:  # the target of I_k is there
            (guess[k] - made[k - 1].detach()).square().sum(1).mean().backward()
    found = {"net": net, **{f"M{k}": p for k, p in models.items()}, **{f"I{k}": p for k, p in inputs.items()}}
    scale = {"net": len(y)}
    return {
        n: {k: v.grad / scale.get(n, 1) for k, v in p.items() if v.grad is not None} for n, p in found.items()
    }


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("labels", [0, C])
def test_what_acts_learns_what_plain_autograd_says_and_nothing_else_moves(
    mask: list[list[bool]], labels: int
) -> None:
    g = torch.Generator().manual_seed(5)
    x = torch.rand(RUNS, BATCH, D, generator=g, dtype=torch.float64)
    y = torch.randint(C, (RUNS, BATCH), generator=g)
    u = unlocked(torch.tensor(mask), labels)
    own = {"net": u.net, **{f"M{k}": m.net for k, m in u.models.items()}}
    own |= {f"I{k}": m.net for k, m in u.inputs.items()}
    for net in list(own.values())[1:]:
        net.params.blocks = [(0, net.params.flat.shape[1])]
    with torch.no_grad():
        loss = u.learn(x, y)
    assert loss.shape == (RUNS, BATCH)
    for r in range(RUNS):
        exact = naive(u, r, x[r], y[r], labels)
        for (name, net), moves in zip(own.items(), u.moves(), strict=True):
            there = [n for n in net.params.p if n in exact[name]]
            if name == "net":
                assert {int(n[-1]) for n in there} == {k for k in (1, 2, 3, 4) if mask[r][k - 1]}
                assert moves[r].tolist() == mask[r]
            else:
                assert moves[r].tolist() == [bool(there)], f"{name} of run {r}"
            for n in there:
                assert torch.allclose(net.params.g[n][r], exact[name][n], rtol=1e-9, atol=1e-12), (name, n, r)


def test_running_statistics_move_with_their_layer() -> None:
    u = unlocked(torch.tensor(MASKS[1]), 0)
    before = [{k: v.clone() for k, v in s.kept().items()} for s in u.net.segments]
    with torch.no_grad():
        u.learn(torch.rand(RUNS, BATCH, D, dtype=torch.float64), torch.zeros(RUNS, BATCH, dtype=torch.int64))
    for k, (segment, old) in enumerate(zip(u.net.segments, before, strict=True)):
        for name, v in segment.kept().items():
            moved = (v != old[name]).flatten(1).any(1).tolist()
            assert moved == [on[k] for on in MASKS[1]], (k, name)
