"""The sparse way back of `repro.kernels.lstm_kept` by loops in C (`kept_rows.c`): choice, sums of rows, ∂L/∂W.

A row of W is one output of one gate, and dz of a core and a lane a row of 4H such outputs: with `rows` the places of
what is kept in it, all is as of one linear map whose examples keep 4k of 4H outputs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from repro import native


def make_room(window: Any, models: int, steps: int) -> None:
    """`rows` [M, T, B, 4k] int64, and which rows of ∂L/∂W may be other than zero, [M, 4H] int32."""
    window.rows = torch.zeros(models, steps, window.batch, 4 * window.k, dtype=torch.int64)
    window.written = torch.ones(models, 4 * window.hidden, dtype=torch.int32)
    window.into = {}  # model → where its ∂L/∂W was written last
    window.begins = torch.arange(4).view(-1, 1) * window.hidden


def back(window: Any, t: int, w: Tensor) -> Tensor:
    """∂L/∂h before core t, a view of ∂L/∂[h, 1, x], by what is kept of dz; w [M, 4H, H + 1 + I] of all models."""
    batch, h, k = window.batch, window.hidden, window.k
    choose, add = native.function("rows_choose", "pnnnnnp"), native.function("rows_input", "ppnpnnnnnp")
    for m, (dz, rows, to) in enumerate(zip(window.dz[:, t], window.rows[:, t], window.dxh[t], strict=True)):
        if window.by_lot:
            torch.add(window.at[t, m], window.begins, out=rows.view(batch, 4, k))
        else:
            choose(dz.data_ptr(), h, 4 * batch, h, k, 4, rows.data_ptr())
        own = w[window.begin + m]
        add(
            own.data_ptr(),
            dz.data_ptr(),
            4 * h,
            rows.data_ptr(),
            batch,
            4 * k,
            4 * k,
            own.shape[1],
            4 * h,
            to.data_ptr(),
        )
    made: Tensor = window.dxh[t, ..., :h]
    return made


def weight_gradient(window: Any, out: Tensor) -> None:
    """∂L/∂W into `out` [M, 4H, H + 1 + I], but for the bias: the same each time, or all its rows are written."""
    call, batch = native.function("rows_weight", "pnpnpnnnnnpp"), window.steps * window.batch
    for m, to in enumerate(out):
        if window.into.get(m) != to.data_ptr():
            window.written[m] = 1
            window.into[m] = to.data_ptr()
        x, dz = window.xh[m], window.dz[m]
        call(
            x.data_ptr(), x.shape[-1], dz.data_ptr(), dz.shape[-1], window.rows[m].data_ptr(), batch, 4 * window.k,
            4 * window.k, x.shape[-1], dz.shape[-1], to.data_ptr(), window.written[m].data_ptr(),
        )  # fmt: skip
