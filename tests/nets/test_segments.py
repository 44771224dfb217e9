"""Any differentiable call is a segment: a convolution, a window of a recurrent net, somebody's own nn.Module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from repro.errors import BadValueError
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.nets.segments import AutogradSegment, ModuleSegment
from repro.rules.backward import Rule, backward, classify

RUNS, BATCH = 2, 5


def draw(p: Mapping[str, Tensor], generators: Any) -> None:
    for r, rng in enumerate(generators):
        for name in p:
            p[name][r] = torch.randn(p[name][r].shape, generator=rng, dtype=p[name].dtype) * 0.3


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def conv(p: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """x [R, B, 1, 6, 6] → [R, B, 3·16]: 3 × 3 kernels, each run its own, runs as groups."""
    runs, size = x.shape[0], x.shape[1]
    w = p["K"].reshape(runs * 3, 1, 3, 3)
    y = F.conv2d(x.transpose(0, 1).reshape(size, runs, 6, 6), w, groups=runs)
    return torch.relu(y.view(size, runs, 48).transpose(0, 1))


def test_a_convolution_is_a_segment() -> None:
    net = Net(
        [AutogradSegment(conv, {"K": (3, 1, 3, 3)}, draw), Dense(48, 4, "none")], RUNS, dtype=torch.float64
    )
    net.init([rng(s) for s in range(RUNS)])
    x, y = (
        torch.randn(RUNS, BATCH, 1, 6, 6, dtype=torch.float64, generator=rng(7)),
        torch.randint(4, (RUNS, BATCH)),
    )
    classify(net, Rule(), x, y)
    for r in range(RUNS):
        k, w, b = (net.params.p[n][r].clone().requires_grad_() for n in ("K1", "W2", "b2"))
        h = torch.relu(F.conv2d(x[r], k)).flatten(1)
        F.cross_entropy(h @ w + b, y[r]).backward()
        for name, leaf in zip(("K1", "W2", "b2"), (k, w, b), strict=True):
            assert torch.allclose(net.params.g[name][r], leaf.grad, rtol=1e-9), name


def window(p: Mapping[str, Tensor], state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """One step of an LSTM without inputs: (h, c) → (h, c), [R, B, 3] each."""
    h, c = state
    i, f, o, g = (h @ p["W"]).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def test_a_state_of_two_tensors_flows_through_windows() -> None:
    net = Net([AutogradSegment(window, {"W": (3, 12)}, draw) for _ in range(3)], RUNS, dtype=torch.float64)
    net.init([rng(s) for s in range(RUNS)])
    state = tuple(torch.randn(RUNS, BATCH, 3, dtype=torch.float64, generator=rng(n)) for n in (1, 2))
    tape = net.forward(state)
    delta = tuple(torch.randn(RUNS, BATCH, 3, dtype=torch.float64, generator=rng(n)) for n in (3, 4))
    backward(net.segments, tape, None, delta, Rule())
    p = {k: v.clone().requires_grad_() for k, v in net.params.p.items()}
    made: Any = state
    for i in (1, 2, 3):
        made = window({"W": p[f"W{i}"]}, made)
    torch.autograd.backward(made, delta)
    for name, leaf in p.items():
        assert torch.allclose(net.params.g[name], leaf.grad, rtol=1e-9), name


def test_a_part_that_gets_no_gradient_has_gradient_zero() -> None:
    segment = AutogradSegment(lambda p, x: x * p["a"].unsqueeze(1), {"a": (3,), "unused": (2,)})
    net = Net([segment], 1)
    net.params.flat_grad.fill_(7)
    net.forward(torch.ones(1, 4, 3))
    segment.pull(torch.ones(1, 4, 3))
    assert net.params.g["a1"].tolist() == [[4, 4, 4]] and not net.params.g["unused1"].any()


def blocks() -> list[nn.Sequential]:
    torch.manual_seed(0)
    return [
        nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU()),
        nn.Sequential(nn.Linear(8, 8), nn.ReLU()),
        nn.Sequential(nn.Linear(8, 3)),
    ]


def test_modules_are_segments_and_stay_usable() -> None:
    mine, theirs = blocks(), nn.Sequential(*blocks())
    net = Net([ModuleSegment(m) for m in mine], 1)
    x, y = torch.randn(10, 6, generator=rng(1)), torch.randint(3, (10,), generator=rng(2))
    F.cross_entropy(theirs(x), y).backward()
    classify(net, Rule(), x.unsqueeze(0), y.unsqueeze(0))
    same = zip(nn.Sequential(*mine).named_parameters(), theirs.parameters(), strict=True)
    for (name, parameter), other in same:
        assert torch.equal(parameter, other), f"{name}: initial weights are the module's own"
        assert parameter.grad is not None and torch.allclose(parameter.grad, other.grad, atol=1e-7), name
        assert other.grad.abs().max() > 1e-4 or name == "0.0.bias"
    net.params.flat.add_(0.5)
    assert torch.equal(mine[2][0].bias, theirs[2][0].bias + 0.5), "its parameters are the net's"
    theirs.eval()
    for parameter in theirs.parameters():
        parameter.data += 0.5
    assert torch.allclose(net.predict(x.unsqueeze(0))[0], theirs(x), atol=1e-5)
    assert mine[0].training, "the test mode was for the prediction alone"
    assert set(net.kept()) == {"weights", "1.running_mean1", "1.running_var1", "1.num_batches_tracked1"}


def test_a_module_trains_one_run() -> None:
    with pytest.raises(BadValueError, match="got 2 runs"):
        Net([ModuleSegment(nn.Linear(2, 2))], 2)


def test_a_net_knows_the_columns_of_its_segments() -> None:
    net = Net([Dense(4, 5, norm="first"), AutogradSegment(lambda p, x: x, {}), Dense(5, 2, "none")], 2)
    assert net.params.blocks == [(0, 30), (0, 0), (30, 42)]
