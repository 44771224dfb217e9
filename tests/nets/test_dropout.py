"""Dropout behind units of any kind: autograd agrees, the mean stays, test mode has none, a pass is used up."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from repro.nets.dense import Dense
from repro.nets.dropout import Dropout
from repro.nets.dropped import Drop
from repro.nets.parser import parser
from repro.nets.symbols import DenseOfSymbols
from repro.rules.backward import Rule, classify
from repro.rules.meprop import Draws, TopK

RATE, SHAPE = 0.3, (2, 40, 50)


def drop(rate: float = RATE) -> Drop:
    made = Draws([0, 3], SHAPE[1], [SHAPE[2]], purpose="dropout")
    made.draw()
    return Drop(rate, made.scores[0])


def x() -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_what_stays_is_scaled_and_the_rest_is_nothing() -> None:
    segment, given = Dropout(drop()), x()
    y = segment.forward(given)
    kept = y != 0
    assert torch.allclose(y[kept], given[kept] / (1 - RATE)) and abs(1 - kept.double().mean() - RATE) < 0.02
    assert segment.predict(given) is given and torch.equal(given, x()), "its input is another's output"
    room = torch.empty(SHAPE, dtype=torch.float64)
    assert segment.forward(given, room) is room and torch.equal(room, y)


def test_the_gradient_goes_back_through_the_same_mask_once() -> None:
    segment, g = Dropout(drop()), x().flip(0)
    leaf = x().requires_grad_()
    (leaf * segment.drop.kept() / (1 - RATE)).backward(g)
    segment.forward(x())
    segment.drop.score.zero_()  # a later draw is nothing to this pass
    assert torch.allclose(segment.pull(g), leaf.grad)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="call forward again"):
        segment.pull(g)


def test_a_parser_with_dropout_is_autograds() -> None:
    draws = Draws([0], 32, [20, 20], purpose="dropout")
    draws.draw()
    drops = [Drop(0.5, score) for score in draws.scores]
    net = parser(
        11, 3, 0.5, (18, 20, 20, 5), 1, dtype=torch.float64, keep=[TopK(3)] * 3, act="tanh", drops=drops
    )
    assert [type(s) for s in net.segments[:4]] == [DenseOfSymbols, Dropout, Dense, Dropout]
    rng = torch.Generator().manual_seed(0)
    net.init([rng])
    ids, move = torch.randint(11, (1, 32, 6), generator=rng), torch.randint(5, (1, 32), generator=rng)
    p = {k: v.clone().requires_grad_() for k, v in net.params.p.items()}
    h = p["E1"][0][ids[0]].flatten(1)
    for n, i in enumerate((1, 3, 5)):
        a = h @ p[f"W{i}"][0]
        a.register_hook(lambda g: g * (g.abs() >= g.abs().sort(1, descending=True).values[:, 2:3]))
        a = a + p[f"b{i}"][0]
        h = a.tanh() * drops[n].kept()[0] / 0.5 if i < 5 else a
    torch.nn.functional.cross_entropy(h, move[0]).backward()
    classify(net, Rule(), ids, move)
    for name, leaf in p.items():
        assert leaf.grad is not None and torch.allclose(net.params.g[name], leaf.grad, atol=1e-12), name
