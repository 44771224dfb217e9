"""Selections of meProp: what is kept, and the products with what is kept."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.kernels.topk import top_k, unified_backward, unified_backward_plain, unified_columns


def test_the_papers_example() -> None:
    assert top_k(torch.tensor([1.0, 2, 3, -4]), 2).tolist() == [0, 0, 3, -4]


def test_in_c_the_first_of_equals_are_kept(in_c: None) -> None:
    g = torch.tensor([[1.0, -1, 1, 0], [0, 2, -2, 2]])
    assert top_k(g, 2).tolist() == [[1, -1, 0, 0], [0, 2, -2, 0]]


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
def test_the_other_layout_has_the_same_products_transposed(k: int) -> None:
    x, w, g, _ = unified_case(k)
    g_w, w = torch.full((7, 9), 7.0, dtype=torch.float64), w.T.contiguous()
    d_x = unified_backward(x, w, g, k, g_w, torch.full_like(x, 7), 1)
    expected = unified_backward_plain(x, w.T.contiguous(), g, k)
    for mine, plain, other in zip(
        (g_w, d_x), unified_backward_plain(x, w, g, k, 1), (expected[0].T, expected[1]), strict=True
    ):
        assert torch.allclose(mine, plain, rtol=1e-12) and torch.allclose(mine, other, rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_zeros_that_are_kept_are_those_of_a_fresh_fill(axis: int) -> None:
    x, w, _, _ = unified_case(4)
    w = w if axis == 0 else w.T.contiguous()
    rng, before, columns = torch.Generator().manual_seed(1), torch.arange(4), []
    kept, filled = torch.zeros_like(w), torch.zeros_like(w)
    for _ in range(5):
        g = torch.randn(5, 9, generator=rng, dtype=torch.float64)
        one = unified_backward(x, w, g, 4, kept, torch.zeros_like(x), axis, before)
        two = unified_backward(x, w, g, 4, filled, torch.zeros_like(x), axis)
        assert torch.equal(one, two) and torch.equal(kept, filled)
        columns.append(frozenset(before.tolist()))
        assert columns[-1] == set(unified_columns(g, 4).tolist())
    assert len(set(columns)) > 1, "other columns have to be cleared than are written"


def test_columns_of_coarse_numbers_are_chosen_by_fine_sums() -> None:
    g = torch.ones(300, 4, dtype=torch.bfloat16)
    g[:8, 2] = 1.25  # 302 against 300: one and the same in bfloat16
    assert unified_columns(g, 1).tolist() == [2]


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
