"""Row by row, by PyTorch and in C: the products with a mask, for every k, and no ∂L/∂x where nobody needs it."""

from __future__ import annotations

import pytest
import torch

from repro.kernels import rows
from repro.kernels.rows import (
    EXAMPLES,
    FEW,
    RowLoops,
    Rows,
    UnifiedRows,
    pays,
    row_loops,
    rows_backward_plain,
    unified_loops,
)
from repro.kernels.topk import unified_backward_plain

BATCH, INPUTS, OUTPUTS = 7, 11, 9


@pytest.mark.parametrize("k", [1, 4, OUTPUTS, 40])
@pytest.mark.parametrize("small", [True, False])
def test_row_loops_are_the_masked_products(k: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SMALL", rows.SMALL if small else 0)
    rng = torch.Generator().manual_seed(0)
    x, w, g = (torch.randn(s, generator=rng) for s in ((BATCH, INPUTS), (OUTPUTS, INPUTS), (BATCH, OUTPUTS)))
    loops = RowLoops(BATCH, k, OUTPUTS, INPUTS)
    for _ in range(2):  # what is made once serves again
        g_w, g_x = loops(x, w, g)
        plain_w, plain_x = rows_backward_plain(x, w, g, k)
        assert g_x is not None
        assert torch.allclose(g_w, plain_w, atol=1e-5) and torch.allclose(g_x, plain_x, atol=1e-5)
        g = g.flip(1).contiguous()
    if k < OUTPUTS:
        assert not torch.allclose(g_w, g.T @ x, atol=1e-2)
    assert loops(x, w, g, need_input=False)[1] is None


def test_rows_that_no_example_keeps_are_zero() -> None:
    g = torch.zeros(BATCH, OUTPUTS)
    g[:, 2] = 1.0
    g_w, _ = RowLoops(BATCH, 1, OUTPUTS, INPUTS)(torch.ones(BATCH, INPUTS), torch.ones(OUTPUTS, INPUTS), g)
    assert g_w[2].tolist() == [BATCH] * INPUTS and g_w.sum() == BATCH * INPUTS


def drawn(batch: int, inputs: int, outputs: int, seed: int = 0) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(s, generator=rng) for s in ((batch, inputs), (outputs, inputs), (batch, outputs))]


@pytest.mark.parametrize(
    ("batch", "inputs", "outputs"), [(1, 5, 40), (7, 11, 9), (10, 300, 130), (90, 700, 20), (2100, 130, 12)]
)
@pytest.mark.parametrize("k", [1, 3, 8, 40])
def test_in_c_they_are_the_masked_products(batch: int, inputs: int, outputs: int, k: int, in_c: None) -> None:
    """The last ones go by columns, and by examples. What the call before has written is gone after each call."""
    rows = Rows(k, outputs, inputs, torch.full((outputs, inputs), torch.nan))
    for seed in range(3):
        x, w, g = drawn(batch, inputs, outputs, seed)
        g_w, g_x = rows(x, w, g)
        plain_w, plain_x = rows_backward_plain(*(v.double() for v in (x, w, g)), k)
        assert g_x is not None and g_w.data_ptr() == rows.g_w.data_ptr()
        assert (g_w - plain_w).norm() < 1e-6 * plain_w.norm()
        assert (g_x - plain_x).norm() < 1e-6 * plain_x.norm()
        assert torch.equal(
            (plain_w != 0).any(1) & (rows.written == 0), torch.zeros(outputs, dtype=torch.bool)
        )
        at = g.abs().topk(min(k, outputs)).indices.sort().values
        assert torch.equal(rows.at, at)
    if k * 2 < outputs and batch == 1:
        assert (g_w[rows.written == 0] == 0).all() and rows.written.sum() == k
    assert rows(x, w, g, need_input=False)[1] is None


def test_in_c_few_and_many_examples_may_take_turns(in_c: None) -> None:
    """By rows, and block by block of columns, in the same ∂L/∂W: what many have written few clear."""
    rows = Rows(8, 20, 700)
    for seed, batch in enumerate((1, 90, 1, 2)):
        x, w, g = drawn(batch, 700, 20, seed)
        plain_w, plain_x = rows_backward_plain(x, w, g, 8)
        g_w, g_x = rows(x, w, g)
        assert g_x is not None and g_x.shape == plain_x.shape
        assert torch.allclose(g_w, plain_w, atol=1e-4) and torch.allclose(g_x, plain_x, atol=1e-4)


@pytest.mark.parametrize(("batch", "inputs", "outputs"), [(9, 30, 50), (90, 130, 20), (1100, 130, 12)])
def test_in_c_rows_may_lie_apart(batch: int, inputs: int, outputs: int, in_c: None) -> None:
    """Few examples, and many."""
    x, w, g = drawn(batch, inputs, outputs)
    wide_x, wide_g = torch.randn(batch, inputs + 10), torch.randn(batch, outputs + 20)
    wide_x[:, 3 : 3 + inputs], wide_g[:, 5 : 5 + outputs] = x, g
    wanted = Rows(4, outputs, inputs)(x, w, g)
    apart = Rows(4, outputs, inputs)(wide_x[:, 3 : 3 + inputs], w, wide_g[:, 5 : 5 + outputs])
    for a, b in zip(wanted, apart, strict=True):
        assert a is not None and b is not None and torch.equal(a, b)


def test_in_c_loops_may_be_those_of_other_k(in_c: None) -> None:
    """Of 40 outputs 20 are gathered for 9 examples, row by row of all; 4 touch their own rows alone."""
    x, w, g = drawn(9, 130, 40)
    for k, like, gathers in ((4, 0, False), (4, 20, True), (20, 0, True)):
        rows = Rows(k, 40, 130, like=like)
        for a, wanted in zip(rows(x, w, g), rows_backward_plain(x, w, g, k), strict=True):
            assert a is not None and torch.allclose(a, wanted, atol=1e-5)
        assert bool(rows.written.all()) == gathers
    flat = torch.arange(9 * 40.0).view(9, 40) % 4 + 1
    flat[:, 20:] = 0  # half of the rows is kept by nobody
    for like in (0, 4):
        rows = Rows(20, 40, 130, like=like)
        rows(x, w, flat)
        assert bool(rows.written.all()) == (like == 0)


def test_in_c_a_batch_may_change(in_c: None) -> None:
    x, w, g = drawn(9, 30, 50)
    rows, room = Rows(4, 50, 30), torch.empty(6, 30)
    rows(x, w, g)
    g_w, g_x = rows(x[:6], w, g[:6], out=room)
    plain_w, plain_x = rows_backward_plain(x[:6], w, g[:6], 4)
    assert (
        g_x is room and torch.allclose(room, plain_x, atol=1e-5) and torch.allclose(g_w, plain_w, atol=1e-5)
    )


def test_in_c_equals_and_what_is_no_number(in_c: None) -> None:
    """Of equals the first; NaN is larger than all, so that it is seen; zeros are entries like any."""
    nan = torch.nan
    g = torch.tensor(
        [[1.0, -1, 1, 0, 1, 2], [0, 0, 0, 0, 0, 0], [5, nan, -torch.inf, 7, nan, 1], [-3, 2, 3, -2, 0, 1]]
    )
    rows = Rows(3, 6, 1)
    rows(torch.ones(4, 1), torch.ones(6, 1), g)
    assert rows.at.tolist() == [[0, 1, 5], [0, 1, 2], [1, 2, 4], [0, 1, 2]]
    assert rows.g_w.isnan().flatten().tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize("k", [1, 4, 40])
def test_in_c_one_pattern_for_all_is_the_plain_product(k: int, in_c: None) -> None:
    rows = UnifiedRows(k, OUTPUTS, INPUTS)
    for seed in range(3):
        x, w, g = drawn(BATCH, INPUTS, OUTPUTS, seed)
        g_w, g_x = rows(x, w, g)
        plain_w, plain_x = unified_backward_plain(*(v.double() for v in (x, w, g)), min(k, OUTPUTS))
        assert g_x is not None and (g_w - plain_w).norm() < 1e-6 * plain_w.norm()
        assert (g_x - plain_x).norm() < 1e-6 * plain_x.norm()
        assert (rows.at == rows.at[0]).all() and (k > OUTPUTS or rows.written.sum() == k)
    assert isinstance(unified_loops(EXAMPLES, k, OUTPUTS, INPUTS), UnifiedRows)
    assert unified_loops(EXAMPLES + 1, k, OUTPUTS, INPUTS) is None


def test_the_faster_one_is_taken(in_c: None) -> None:
    assert isinstance(row_loops(BATCH, 2, OUTPUTS, INPUTS), Rows)
    assert pays(3, 3 * FEW, "cpu", torch.float32) and not pays(3, 3 * FEW - 1, "cpu", torch.float32)
    assert not pays(3, 100, "cuda", torch.float32) and not pays(3, 100, "cpu", torch.float64)
    assert not pays(0, 100, "cpu", torch.float32)


def test_without_a_compiler_pytorchs_are_taken(not_in_c: None) -> None:
    assert isinstance(row_loops(BATCH, 2, OUTPUTS, INPUTS), RowLoops)
    assert not pays(1, 100, "cpu", torch.float32)


def test_in_c_what_is_no_row_of_float32_is_copied(in_c: None) -> None:
    x, w, g = drawn(9, 30, 50)
    g_w, g_x = Rows(4, 50, 30)(x.T.contiguous().T, w, g.double().T.contiguous().T)
    plain_w, plain_x = rows_backward_plain(x, w, g, 4)
    assert g_x is not None
    assert torch.allclose(g_w, plain_w, atol=1e-5) and torch.allclose(g_x, plain_x, atol=1e-5)
