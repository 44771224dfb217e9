"""Sums of rows of a table, k an example, and the way back: on a CPU the loops of `kept_rows.c`, every entry a one.

A linear map of symbols, each one-hot, is such a sum: where symbols are few, their table is the smaller product.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro import native


class Bags:
    """Of B examples with k rows each of a table [N, O], float32; `at` [B, k] int64 says which."""

    def __init__(self, rows: int, outputs: int):
        self.sums = torch.zeros(rows, outputs)
        self._ones, self._written = torch.ones(rows), torch.ones(rows, dtype=torch.int32)
        self._add = native.function("rows_input", "ppnpnnnnnp")
        self._give = native.function("rows_weight", "pnpnpnnnnnpp")

    def add(self, table: Tensor, at: Tensor) -> Tensor:
        """The sum of each example's rows, [B, O]."""
        table, at = table.contiguous(), at.contiguous()
        (batch, k), (rows, outputs) = at.shape, table.shape
        made = torch.empty(batch, outputs)
        self._add(
            table.data_ptr(), self._ones.data_ptr(), 0, at.data_ptr(), batch, k, k, outputs, rows,
            made.data_ptr(),
        )  # fmt: skip
        return made

    def give(self, d: Tensor, at: Tensor) -> Tensor:
        """∂L/∂table [N, O] from d = ∂L/∂sum [B, O]: each row gets those of the examples that it stands in.

        Overwritten by the next call.
        """
        d, at = d if d.stride(-1) == 1 else d.contiguous(), at.contiguous()
        (batch, k), (rows, outputs) = at.shape, self.sums.shape
        self._give(
            d.data_ptr(), d.stride(0), self._ones.data_ptr(), 0, at.data_ptr(), batch, k, k, outputs, rows,
            self.sums.data_ptr(), self._written.data_ptr(),
        )  # fmt: skip
        return self.sums
