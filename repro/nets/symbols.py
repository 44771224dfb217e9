"""The first layer of a net that reads symbols, in one segment: their vectors side by side and the map of these.

x W = Σ_p E[x_p] W_p over the P places. Where a place has few symbols (tags, labels), the table E W_p of them all is
far smaller than the vectors of a mini-batch: products are made of tables, and examples are sums of rows, forward and
back; the numbers are the same up to rounding. Chen & Manning (2014, section 3.4) do so when they parse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor

from repro.kernels import cpu
from repro.kernels.bags import Bags
from repro.kernels.products import affine, product, weight_gradient
from repro.nets.dense import Dense
from repro.nets.linear import Keep
from repro.nets.params import normal_

Span = tuple[int, int]
"""The symbols a … b − 1."""
PAYS = 4
"""How many times more symbols a mini-batch must hold than its places have kinds, for tables to be the faster way."""


class Read(NamedTuple):
    """Symbols as the layer takes them: `near` [R, B, P · size], the vectors of `ids` [R, B, P] side by side.

    `rows` [R, B, P']: where the symbols of the last P' places, which are not in `ids` then, stand in their tables.
    """

    ids: Tensor
    near: Tensor
    rows: Tensor | None


class DenseOfSymbols(Dense):
    """y = φ([E[x_1], …, E[x_P]] W + b) for R runs: ids x [R, B, P] → y [R, B, O]; `std`, `keep` as in `Dense`.

    One table E [R, `symbols`, `size`], initial vectors N(0, `spread`²), which meProp leaves as it is. `few`: of the
    last places, one span each, those symbols that can stand there and no others.
    """

    def __init__(
        self,
        symbols: int,
        size: int,
        spread: float,
        places: int,
        outputs: int,
        act: str = "relu",
        std: float | None = None,
        keep: Keep | None = None,
        few: Sequence[Span] = (),
    ):
        super().__init__(places * size, outputs, act, std=std, keep=keep)
        self._shapes = {"E": (symbols, size), **self._shapes}
        self.symbols, self.size, self.spread, self.far = symbols, size, spread, places - len(few)
        self.groups = [(span, len(list(same))) for span, same in groupby(few)]
        starts, rows = [], 0
        for a, b in few:
            starts.append(rows - a)
            rows += b - a
        self.rows, self._starts = rows, torch.tensor(starts, dtype=torch.int64)
        self._spans = torch.tensor(few, dtype=torch.int64).view(-1, 2)
        self._bags: list[Bags] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Vectors N(0, spread²), then as `Dense`."""
        normal_(self.p["E"], self.spread, generators)
        super().init(generators)

    def _plain(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        side_by_side = [e[at.long()].flatten(1) for e, at in zip(p["E"], x, strict=True)]
        return super()._plain(p, torch.stack(side_by_side))

    def pull(self, consumed: Tensor, need_input: bool = True) -> None:
        """As `Dense`, and ∂L/∂E: each symbol's vector gets the sum over the places where it stands.

        Symbols have no gradient.
        """
        super().pull(consumed, False)

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y [R, B, O] of ids x [R, B, P]."""
        return super().forward(self._read(x) if self.fast else x, out)  # type: ignore[arg-type]

    def predict(self, x: Tensor) -> Tensor:
        """y [R, B, O] of ids x [R, B, P]."""
        return super().predict(self._read(x))  # type: ignore[arg-type]

    def _affine(self, x: Any) -> Tensor:
        a = affine(x.near, self.p["W"][:, : x.near.shape[-1]], self.p["b"])
        if x.rows is not None:
            for r, bags in enumerate(self._bags):
                a[r] += bags.add(self._table(r), x.rows[r])
        return a

    def _weights(self, x: Any, kept: Tensor) -> None:
        own = slice(x.near.shape[-1])
        weight_gradient(x.near, kept, self.g["W"][:, own])
        below = product(kept, self.p["W"][:, own].mT)
        for r, g in enumerate(self.g["E"]):
            # sorted or in order on every device, so the same bits at every call
            d, ids = below[r].reshape(-1, self.size), x.ids[r].reshape(-1)
            g.copy_(torch.ops.aten.embedding_dense_backward(d, ids, self.symbols, -1, False))
            if x.rows is not None:
                self._give(r, kept[r], x.rows[r])

    def _read(self, x: Tensor) -> Read:
        rows = self._places(x)
        ids = x if rows is None else x[..., : self.far]
        made = [e.index_select(0, at.reshape(-1)) for e, at in zip(self.p["E"], ids, strict=True)]
        side_by_side = torch.stack(made) if len(made) > 1 else made[0]  # a copy less
        return Read(ids, side_by_side.view(*ids.shape[:2], -1), rows)

    # by tables --------------------------------------------------------------------------------------------------

    def _places(self, x: Tensor) -> Tensor | None:
        """Rows of the tables [R, B, P'] that the symbols of the last places are; None where vectors are faster.

        `IndexError` for a symbol that cannot stand where it does: there is no such row. (Vectors do not ask.)
        """
        (_, batch, places), w = x.shape, self.p["W"]
        if not self.rows or batch * (places - self.far) < PAYS * self.rows or not cpu.suits(w, torch.float32):
            return None
        if not self._bags:
            self._bags = [Bags(self.rows, self.outputs) for _ in w]
        few, (first, end) = x[..., self.far :], self._spans.T
        if bool(((few < first) | (few >= end)).any()):
            raise IndexError(f"a symbol of the last {len(first)} places lies outside of its place's span")
        return few + self._starts

    def _each(self, r: int, table: Tensor, of: Tensor) -> list[tuple[slice, Tensor, Tensor]]:
        """By group of n places with v symbols: which, rows [n, v, O] of `table`, weights [n, size, O] of `of`."""
        made, row, column = [], 0, self.far * self.size
        for (a, b), n in self.groups:
            rows, columns = table[row : row + n * (b - a)], of[r, column : column + n * self.size]
            made.append((slice(a, b), rows.view(n, b - a, -1), columns.view(n, self.size, -1)))
            row, column = row + len(rows), column + len(columns)
        return made

    def _table(self, r: int) -> Tensor:
        """What each symbol adds at each place: E[a:b] W_p, one below the other, [rows, O]."""
        table = self.p["W"].new_empty(self.rows, self.outputs)
        for span, rows, w in self._each(r, table, self.p["W"]):
            torch.bmm(self.p["E"][r, span].expand(len(w), -1, -1), w, out=rows)
        return table

    def _give(self, r: int, kept: Tensor, at: Tensor) -> None:
        """∂L/∂W of the last places, and what they add to ∂L/∂E."""
        table = self._bags[r].give(kept, at)
        weights = self._each(r, table, self.p["W"])
        for (span, rows, w), (_, _, g_w) in zip(weights, self._each(r, table, self.g["W"]), strict=True):
            torch.bmm(self.p["E"][r, span].T.expand(len(w), -1, -1), rows, out=g_w)
            self.g["E"][r, span] += torch.bmm(rows, w.mT).sum(0)
