"""Selections of meProp: what is kept, and the products with what is kept."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.kernels.topk import top_k, unified_backward, unified_backward_plain, unified_columns


def test_the_papers_example() -> None:
    assert top_k(torch.tensor([1.0, 2, 3, -4]), 2).tolist() == [0, 0, 3, -4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-9, 9, width=32), min_size=4, max_size=12), st.integers(1, 14))
def test_top_k_keeps_the_largest(values: list[float], k: int) -> None:
    g = torch.tensor(values)
    kept = top_k(g, k)
    assert torch.equal(kept[kept != 0], g[kept != 0])
    n = min(k, len(values))
    assert torch.equal(kept.abs().sort().values[-n:], g.abs().sort().values[-n:])
    assert (kept != 0).sum() <= n


def unified_case(k: int) -> tuple[torch.Tensor, ...]:
    rng = torch.Generator().manual_seed(3)
    x, w, g = (torch.randn(s, generator=rng, dtype=torch.float64) for s in ((5, 7), (9, 7), (5, 9)))
    mask = torch.zeros(9, dtype=torch.float64)
    mask[g.abs().sum(0).topk(k).indices] = 1
    return x, w, g, mask


def test_unified_columns_of_many_rows_are_those_of_the_whole_sum() -> None:
    g = torch.randn(2, 200, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = g.abs().sum(1).topk(7).indices
    assert torch.equal(unified_columns(g, 7).sort().values, expected.sort().values)


@pytest.mark.parametrize("k", [1, 4, 9])
def test_unified_products_equal_an_explicit_mask(k: int) -> None:
    x, w, g, mask = unified_case(k)
    g_w = torch.full_like(w, 7)  # old contents must not survive
    d_x = unified_backward(x, w, g, k, g_w, torch.full_like(x, 7))
    for mine, plain in zip((g_w, d_x), unified_backward_plain(x, w, g, k), strict=True):
        assert torch.allclose(mine, plain, rtol=1e-12)
    assert torch.allclose(d_x, (g * mask) @ w, rtol=1e-12)
    assert torch.allclose(g_w, (g * mask).T @ x, rtol=1e-12)
    assert set(unified_columns(g, k).tolist()) == set(mask.nonzero().flatten().tolist())
