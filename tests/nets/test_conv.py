"""The convolutional segment and DNI's convolutional net: against plain torch, run by run, in float64."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from oracles import filled, generators, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.nets.conv import Conv, Size, cnn
from repro.nets.net import Net
from repro.rules.backward import Rule, classify

RUNS, BATCH, SIDE = 2, 5, 7
KINDS: list[dict[str, Any]] = [
    {"pool": "max"},
    {"pool": "average", "planes": True},
    {"pool": "max", "stride": 3, "kernel": 3},
    {"kernel": 3},
    {"plain": True},
]


def one(channels: int = 3, runs: int = RUNS, **kind: Any) -> Net:
    net: Net = filled(Net([Conv(Size(channels, SIDE), 4, **kind)], runs, dtype=torch.float64))
    return net


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def rows(images: Tensor) -> Tensor:
    """[…, C, H, W] as rows, channels last."""
    return images.movedim(-3, -1).flatten(-3)


def oracle(p: dict[str, Tensor], r: int, images: Tensor, kind: dict[str, Any]) -> Tensor:
    """y [B, O, side', side'] of images [B, C, H, W], by torch's functions."""
    w = p["W1"][r].permute(0, 3, 1, 2)
    a = F.conv2d(images, w, p["b1"][r] if kind.get("plain") else None, padding=w.shape[-1] // 2)
    if kind.get("plain"):
        return a
    h = F.batch_norm(a, None, None, p["gamma1"][r], p["beta1"][r], training=True).relu()
    if not (pool := kind.get("pool")):
        return h
    step = kind.get("stride", 2)
    return F.max_pool2d(h, 3, step, 1) if pool == "max" else F.avg_pool2d(h, 3, step, 1)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_values_and_gradients_equal_plain_torch(kind: dict[str, Any]) -> None:
    net, images = one(**kind), drawn(RUNS, BATCH, 3, SIDE, SIDE)
    p = leaves(net.params.p)
    xs = images.clone().requires_grad_()
    y = torch.stack([rows(oracle(p, r, xs[r], kind)) for r in range(RUNS)])
    d = drawn(*y.shape)
    y.backward(d)  # type: ignore[no-untyped-call]
    x = images.flatten(2) if kind.get("planes") else rows(images)
    made = net.forward(x)[1]
    assert torch.allclose(made, y, rtol=1e-9, atol=1e-12)
    below, back = net.segments[0].pull(d), xs.grad
    assert back is not None
    assert torch.allclose(below, back.flatten(2) if kind.get("planes") else rows(back), rtol=1e-8, atol=1e-12)
    for name, leaf in p.items():
        assert leaf.grad is not None and leaf.grad.abs().max() > 1e-3
        assert torch.allclose(net.params.g[name], leaf.grad, rtol=1e-8, atol=1e-12), name


def test_together_is_alone() -> None:
    both, x = one(pool="max"), rows(drawn(RUNS, BATCH, 3, SIDE, SIDE))
    y, d = both.forward(x)[1], drawn(RUNS, BATCH, both.segments[0].out.numbers)  # type: ignore[attr-defined]
    both.segments[0].pull(d)
    for r in range(RUNS):
        alone = one(pool="max", runs=1)
        alone.params.flat.copy_(both.params.flat[r : r + 1])
        assert torch.equal(alone.forward(x[r : r + 1])[1], y[r : r + 1])
        alone.segments[0].pull(d[r : r + 1])
        assert torch.equal(alone.params.flat_grad, both.params.flat_grad[r : r + 1])


def test_test_mode_uses_the_running_statistics_of_each_run() -> None:
    net, x = one(pool="average"), rows(drawn(RUNS, BATCH, 3, SIDE, SIDE))
    for _ in range(400):  # no optimiser step: they converge to this batch's own
        y = net.forward(x)[1]
    assert torch.allclose(net.predict(x), y, atol=1e-9)
    kept, images = net.kept(), x[1].view(BATCH, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    a = F.conv2d(images, net.params.p["W1"][1].permute(0, 3, 1, 2), padding=2)
    assert torch.allclose(kept["mean1"][1], a.mean((0, 2, 3)))
    assert torch.allclose(kept["var1"][1], a.var((0, 2, 3), unbiased=False))
    assert not torch.allclose(net.predict(x[:, :2]), net.forward(x[:, :2])[1], atol=1e-3)


@pytest.mark.parametrize(("layers", "sides"), [(3, [14, 7]), (4, [14, 7, 4])])
def test_dnis_net_halves_the_side_and_pools_maxima_first(layers: int, sides: list[int]) -> None:
    net = cnn(Size(1, 28), 4, layers, 5, 2, 1)
    stages = net.segments[:-1]
    assert [s.out for s in stages] == [Size(4, side) for side in sides]  # type: ignore[attr-defined]
    assert [s.pool for s in stages] == ["max", "average", "average"][: layers - 1]  # type: ignore[attr-defined]
    assert net.predict(torch.rand(1, 2, 784)).shape == (1, 2, 10)
    net.init(generators(1))
    w = net.params.p["W2"]
    assert w.std().item() == pytest.approx((2 / (25 * 4)) ** 0.5, rel=0.15), "fan-in 5 · 5 · 4"


def test_dnis_net_of_colour_images_equals_plain_torch() -> None:
    """The first stage takes images channel by channel, those behind it channels last."""
    net, images = filled(cnn(Size(3, 8), 4, 3, 5, 2, RUNS, dtype=torch.float64)), drawn(RUNS, BATCH, 3, 8, 8)
    assert [s.planes for s in net.segments[:-1]] == [True, False]
    h, p = net.forward(images.flatten(2)), net.params.p
    for r in range(RUNS):
        x = images[r]
        for i, pool in ((1, {"pool": "max"}), (2, {"pool": "average"})):
            own = {"W1": p[f"W{i}"], "gamma1": p[f"gamma{i}"], "beta1": p[f"beta{i}"]}
            x = oracle(own, r, x, pool)
            assert torch.allclose(h[i][r], rows(x), rtol=1e-9, atol=1e-12), i


def test_running_statistics_move_by_a_tenth_of_the_way() -> None:
    net, x = one(), rows(drawn(RUNS, BATCH, 3, SIDE, SIDE))
    net.forward(x)
    image = x[0].view(BATCH, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    a = F.conv2d(image, net.params.p["W1"][0].permute(0, 3, 1, 2), padding=2)
    kept = net.kept()
    assert torch.allclose(kept["mean1"][0], 0.1 * a.mean((0, 2, 3)))
    assert torch.allclose(kept["var1"][0], 0.9 + 0.1 * a.var((0, 2, 3), unbiased=False))


def test_it_learns_where_a_shape_stands() -> None:
    """A bright patch in one of four corners; a net whose images were mixed up would not tell the corners apart."""
    rng, net = torch.Generator().manual_seed(0), cnn(Size(1, 8), 4, 3, 3, 2, 1)
    net.init(generators(1))
    for _ in range(60):
        y = torch.randint(4, (1, 32), generator=rng)
        x = torch.randn(1, 32, 8, 8, generator=rng) * 0.1
        for n, corner in enumerate(y[0]):
            x[0, n, 5 * (corner // 2) :][:3, 5 * (corner % 2) :][:, :3] += 1
        loss, _ = classify(net, Rule(), x.flatten(2), y)
        net.params.flat.sub_(0.3 * net.params.flat_grad)
    assert loss.mean() < 0.1
    assert (net.predict(x.flatten(2)).argmax(-1) == y).float().mean() > 0.95


def test_an_unknown_pooling_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="pooling 'median'"):
        Conv(Size(1, 8), 4, pool="median")
