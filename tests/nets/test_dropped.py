"""Dropout behind the activation: autograd agrees, the mean stays, test mode has none; the two initialisations."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, INPUTS, RUNS, batch, filled, generators, leaves, means
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.kernels.topk import top_k
from repro.nets.dropped import Drop, Dropped, dropped_mlp
from repro.nets.fcn import mlp
from repro.nets.net import Net
from repro.rules.backward import Rule
from repro.rules.meprop import Draws, TopK

SIZES = (INPUTS, HIDDEN, HIDDEN, CLASSES)


def drops(rate: float = 0.3) -> list[Drop]:
    made = Draws(range(RUNS), BATCH, SIZES[1:-1], purpose="dropout")
    made.draw()
    return [Drop(rate, score) for score in made.scores]


def net(given: list[Drop] | None, keep: Any = None, fast: bool = True, dtype: Any = torch.float64) -> Net:
    made = filled(dropped_mlp(SIZES, RUNS, dtype=dtype, keep=[keep, keep, None], drops=given))
    for segment in made.segments:
        segment.fast = segment.fast and fast
    return made


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("k", [None, 3])
def test_gradients_equal_autograd_with_the_masks(fast: bool, k: int | None) -> None:
    given, (x, y) = drops(), batch()
    it = net(given, None if k is None else TopK(k), fast)
    p = leaves(it.params.p)
    h = x
    for i in (1, 2, 3):
        product = h.bmm(p[f"W{i}"])
        if i < 3 and k is not None:
            product.register_hook(lambda g: top_k(g, k))
        h = product + p[f"b{i}"].unsqueeze(1)
        h = torch.relu(h) * given[i - 1].kept() / 0.7 if i < 3 else h
    loss = torch.stack([F.cross_entropy(h[r], y[r]) for r in range(RUNS)])
    loss.sum().backward()
    assert torch.allclose(means(it, Rule(), x, y), loss, rtol=1e-10)
    for name, leaf in p.items():
        assert torch.allclose(it.params.g[name], leaf.grad, rtol=1e-9, atol=1e-13), name
    units = (it.params.g["W2"].abs().sum(1) > 0).sum(1)
    assert units.max() <= HIDDEN and (k is None or units.max() > 0)


def test_a_unit_that_is_dropped_teaches_nothing_and_is_taught_nothing() -> None:
    """Which must be seen where ReLU lets all pass: every bias is large."""
    given, (x, _) = drops(), batch()
    it = net(given)
    for name, bias in (("b1", 1e2), ("b2", 1e5)):
        it.params.p[name].fill_(bias)
    h = it.forward(x)
    for i, drop in enumerate(given, 1):
        assert torch.equal(h[i] != 0, drop.kept())
        assert 0 < drop.kept().float().mean() < 1
    it.segments[1].pull(torch.ones(RUNS, BATCH, HIDDEN, dtype=torch.float64))
    expected = given[1].kept().sum(1) / 0.7
    assert torch.allclose(it.params.g["b2"], expected.double())


def test_out_is_written_and_is_the_same() -> None:
    (x, _), first = batch(), net(drops()).segments[0]
    out = torch.full((RUNS, BATCH, HIDDEN), -1.0, dtype=torch.float64)
    assert torch.equal(first.forward(x, out), first.forward(x)) and torch.equal(out, first.forward(x))


def test_test_mode_drops_nothing_and_is_the_mean_of_training_mode() -> None:
    (x, _), draws = batch(), Draws(range(RUNS), BATCH, (HIDDEN,), purpose="dropout")
    first = filled(
        Net([Dropped(INPUTS, HIDDEN, drop=Drop(0.1, draws.scores[0]))], RUNS, dtype=torch.float64)
    ).segments[0]
    plain, total, steps = torch.relu(x.bmm(first.p["W"]) + first.p["b"].unsqueeze(1)), 0, 4000
    assert torch.allclose(first.predict(x), plain, rtol=1e-12)
    for _ in range(steps):
        draws.draw()
        total = total + first.forward(x)
    off = (total / steps - plain).abs() / plain.clamp(min=1e-9)
    assert off[plain > 0].max() < 5 * math.sqrt(0.1 / 0.9 / steps)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_units_stay_with_probability_one_minus_the_rate(rate: float) -> None:
    draws = Draws((7,), 100, (500,), purpose="dropout")
    draws.draw()
    kept = Drop(rate, draws.scores[0]).kept().double().mean()
    assert abs(float(kept) - (1 - rate)) <= 4.5 * math.sqrt(rate * (1 - rate) / 50_000)


def test_without_drops_it_is_meprops_mlp_bitwise() -> None:
    one, two, (x, y) = net(None), filled(mlp(SIZES, RUNS, dtype=torch.float64)), batch()
    assert torch.equal(one.params.flat, two.params.flat)
    for it in (one, two):
        means(it, Rule(), x, y)
    assert torch.equal(one.params.flat_grad, two.params.flat_grad)


def test_uniform_weights_and_biases_reach_to_one_over_the_root_of_the_fan_out() -> None:
    it = dropped_mlp((784, 500, 10), 2, init="uniform")
    it.init(generators(2))
    for name, bound, least in (("W1", 500**-0.5, 0.999), ("b1", 500**-0.5, 0.97), ("W2", 10**-0.5, 0.99)):
        values = it.params.p[name]
        assert least * bound < values.abs().max() <= bound
        assert abs(float(values.mean())) < 5 * bound / math.sqrt(3 * values.numel())
        assert abs(float(values.std()) / (bound / math.sqrt(3)) - 1) < 0.05
    alone = dropped_mlp((784, 500, 10), 1, init="uniform")
    alone.init(generators(2)[1:])
    assert torch.equal(alone.params.flat[0], it.params.flat[1])


def test_an_unknown_initialisation_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match=r"'unifrom'.*did you mean 'uniform'"):
        Dropped(3, 4, init="unifrom")


def test_by_rows_in_c_gradients_are_those_of_the_mask_in_float64(in_c: None) -> None:
    """Dropout and top-k together, three steps: of what is kept alone, scaled as what was dropped asks for."""
    sizes, keep = (INPUTS, 64, 64, CLASSES), [TopK(6), TopK(6), None]
    made = Draws(range(RUNS), BATCH, sizes[1:-1], purpose="dropout")
    given = [Drop(0.3, score) for score in made.scores]
    both = (torch.float32, torch.float64)
    one, two = (filled(dropped_mlp(sizes, RUNS, dtype=d, keep=keep, drops=given)) for d in both)
    two.params.flat.copy_(torch.cat([one.params.p[n].reshape(RUNS, -1) for n in one.params.p], 1))
    assert [s.by_rows for s in one.segments] == [6, 6, 0] and not any(s.by_rows for s in two.segments)
    for _ in range(3):
        made.draw()
        x, y = batch()
        means(one, Rule(), x.float(), y)
        means(two, Rule(), x, y)
        for name, g in two.params.g.items():
            assert (one.params.g[name] - g).norm() < 1e-5 * g.norm(), name
