"""Row by row: the same products as with a mask, for every k, and without ∂L/∂x where nobody needs it."""

from __future__ import annotations

import pytest
import torch

from repro.kernels import rows
from repro.kernels.rows import RowLoops, rows_backward_plain

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
