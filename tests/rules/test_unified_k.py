"""Unified top-k as something that a linear map keeps: one pattern a mini-batch, and one by lot."""

from __future__ import annotations

import pytest
import torch
from oracles import BATCH, CLASSES, HIDDEN, INPUTS, RUNS, batch, generators, means

from repro.kernels.topk import unified_backward, unified_backward_plain
from repro.nets.fcn import mlp
from repro.nets.linear import Keep
from repro.nets.net import Net
from repro.rules.backward import Rule
from repro.rules.meprop import Draws, TopK, Unified, UnifiedRandom


def drawn(seed: int = 0) -> torch.Tensor:
    return torch.randn(
        RUNS, BATCH, HIDDEN, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )


def pattern(kept: torch.Tensor) -> torch.Tensor:
    """Which columns are there at all, [R, n]; rows of a run must not differ in them."""
    there = kept != 0
    assert torch.equal(there, there[:, :1].expand_as(there))
    return there[:, 0]


@pytest.mark.parametrize("k", [1, 3, HIDDEN - 1])
def test_the_columns_of_largest_sum_stay_as_they_are_and_the_others_are_zero(k: int) -> None:
    g = drawn()
    kept, order = Unified(k)(g), g.abs().sum(1).argsort(-1, descending=True)
    for r in range(RUNS):
        assert set(pattern(kept)[r].nonzero()[:, 0].tolist()) == set(order[r, :k].tolist())
    assert torch.equal(kept[kept != 0], g[kept != 0])


def test_k_of_n_or_more_keeps_all() -> None:
    g = drawn()
    assert torch.equal(Unified(HIDDEN)(g), g) and torch.equal(Unified(HIDDEN + 5)(g), g)


def test_a_batch_of_one_is_plain_top_k() -> None:
    g = drawn()[:, :1]
    assert torch.equal(Unified(3)(g), TopK(3)(g)) and not torch.equal(Unified(3)(drawn()), TopK(3)(drawn()))


def net(keep: Keep | None) -> Net:
    made = mlp((INPUTS, HIDDEN, HIDDEN, CLASSES), RUNS, dtype=torch.float64, keep=[keep, keep, None])
    made.init(generators(RUNS))
    return made


@pytest.mark.parametrize("k", [2, 5])
def test_its_gradients_are_those_of_the_products_that_are_timed(k: int) -> None:
    """Kept as a mask in training, gathered into small products in Tables 7 and 8: the same numbers."""
    it, (x, y), seen = net(None), batch(), list[torch.Tensor]()

    def keep(g: torch.Tensor) -> torch.Tensor:
        seen.append(g.clone())
        return Unified(k)(g)

    for segment in it.segments[:2]:
        segment.keep = keep  # type: ignore[attr-defined]
    tape = it.forward(x)
    means(it, Rule(), x, y)
    for r in range(RUNS):
        for i, g in ((2, seen[0][r]), (1, seen[1][r])):
            h, w = tape[i - 1][r], it.params.p[f"W{i}"][r]
            g_w, g_x = torch.zeros_like(w), torch.zeros_like(h)
            unified_backward(h, w, g, k, g_w, g_x, axis=1)
            plain = unified_backward_plain(h, w, g, k, axis=1)
            assert torch.allclose(g_w / BATCH, it.params.g[f"W{i}"][r], rtol=1e-10, atol=1e-14)
            assert torch.allclose(g_w, plain[0]) and torch.allclose(g_x, plain[1])


def test_by_lot_each_column_is_as_likely_as_any_and_a_step_has_its_own() -> None:
    draws, g, steps = Draws((0, 3), 1, (HIDDEN,)), torch.ones(2, 5, HIDDEN), 3000
    keep, count, before, same = UnifiedRandom(3, draws.scores[0]), torch.zeros(2, HIDDEN), None, 0
    for _ in range(steps):
        draws.draw()
        there = pattern(keep(g))
        assert there.sum(1).tolist() == [3, 3]
        same += before is not None and torch.equal(there, before)
        count, before = count + there, there
    p = 3 / HIDDEN
    assert ((count / steps - p).abs() < 4.5 * (p * (1 - p) / steps) ** 0.5).all()
    assert same < 0.01 * steps and not torch.equal(count[0], count[1])
