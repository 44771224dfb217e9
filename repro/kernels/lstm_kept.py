"""An LSTM whose way back uses k entries of each gate's gradient: meProp, arXiv:1706.06197v5, section 2.

A core is four linear maps of [h, 1, x], one a gate, each with H outputs, and what is elementwise behind them. With
dz = ∂L/∂(the gates' sums) of one core and one lane,

    ∂L/∂W ← top_k(dz) [h, 1, x]ᵀ        ∂L/∂[h, x] ← Wᵀ top_k(dz)        top_k gate by gate

and what is elementwise stays exact. Weights lie out × in here, [M, 4H, H + 1 + I]: the outputs that are kept are rows
then, and on a CPU both products read and write nothing else (`sparse`): by loops in C (`lstm_kept_native`), or where
there are none by PyTorch's sums of rows. Its plain twin, which a GPU takes, puts zeros
in the place of what is not kept and multiplies as ever. Shapes: M models, T steps, B lanes, H units.
"""

from __future__ import annotations

from copy import copy

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from repro.kernels import cpu, lstm_kept_native, products
from repro.kernels.lstm import LSTMWindow

FEW = 8
"""How many times fewer than the units the entries must be for sums of single rows to beat a product on a CPU."""
AXES = {
    **dict.fromkeys(("xh", "dz", "kept", "rows"), (0, 1)),
    **dict.fromkeys(("c", "gates", "tanh", "e", "slope", "e_c", "at", "values", "dxh", "_rows"), (1, 0)),
    **dict.fromkeys(("dh", "dc", "_size", "_largest", "_gates", "_w_h", "written"), (0, None)),
}
"""Buffer → where the models lie in it, and the time."""
MORE = {"xh": 2, "c": 2, "gates": 1, "tanh": 1}
"""Slots beside those of T cores."""


class KeptWindow(LSTMWindow):
    """`LSTMWindow` from a state of zeros, of at most `steps` cores, that keeps `k` entries a gate (0: all of them).

    With loops in C `rows` [M, T, B, 4k] is what `at` and `values` are elsewhere: which rows of W are kept.
    `first(T)` is the window of its first T cores. Order of use: `forward`, `back`, `weight_gradient`,
    `input_gradient`. `at` and `values` [T, M, B, 4, k]: which entries of each gate are kept, and what they are.
    `by_lot`: `at` is filled in by the caller before `back`, instead of by the largest.
    `apart`: one model after the other goes through all cores, so that its weights stay in a CPU's cache.
    """

    by_lot = False
    begin = 0  # which of all models its first one is

    def __init__(
        self, models: int, steps: int, batch: int, inputs: int, hidden: int, like: Tensor, k: int = 0
    ):
        super().__init__(models, steps, batch, inputs, hidden, like)
        self.k = k if k < hidden else 0
        self.sparse = 0 < self.k * FEW <= hidden and not like.is_cuda
        self.in_c = self.sparse and cpu.suits(self.xh, torch.float32)
        self.apart = batch * self.xh.shape[-1] * 4 * hidden >= products.FROM and not like.is_cuda
        if self.k:
            shape = (steps, models, batch, 4, self.k)
            self.at = torch.zeros(shape, dtype=torch.int64, device=like.device)
            self.values, self._largest = like.new_zeros(shape), like.new_zeros(shape[1:])
            self._size = like.new_zeros(models, batch, 4, hidden)
        if self.sparse:
            self.dxh = like.new_zeros(steps, models, batch, hidden + 1 + inputs)
            if self.in_c:
                lstm_kept_native.make_room(self, models, steps)
            model, gate = torch.arange(models).view(-1, 1, 1, 1), torch.arange(4).view(-1, 1)
            # where the rows of a gate begin, all models' in one table
            self._gates = (4 * model + gate) * hidden
            self._rows = torch.zeros_like(self.at)
            self._every = torch.arange(4 * hidden)
            return
        self._w_h = like.new_zeros(models, 4 * hidden, hidden)
        if self.k:
            self.kept = torch.zeros_like(self.dz)

    def first(self, steps: int) -> KeptWindow:
        """The window of its first cores, in the same memory."""
        made = self._narrowed(1, 0, steps)
        made.steps = made.cores = steps
        return made

    def _narrowed(self, which: int, start: int, length: int) -> KeptWindow:
        """Some of its models (`which` = 0) or cores (1)."""
        made = copy(self)
        made.begin += 0 if which else start
        for name, axes in AXES.items():
            axis, more = axes[which], MORE.get(name, 0) if which else 0
            if axis is not None and hasattr(self, name):
                setattr(made, name, getattr(self, name).narrow(axis, start, length + more))
        return made

    def _parts(self) -> list[tuple[KeptWindow, slice]]:
        """Windows that go through their cores one after the other, and which models they are."""
        models = len(self.xh)
        if not self.apart or models == 1:
            return [(self, slice(None))]
        return [(self._narrowed(0, m, 1), slice(m, m + 1)) for m in range(models)]

    def forward(self, w: Tensor, peep: Tensor | None = None) -> None:
        """All cores; w [M, 4H, H + 1 + I] (columns h, 1, x; gates o, i, f, g). There are no peepholes."""
        for own, which in self._parts():
            for t in range(self.cores):
                products.product(own.xh[:, t], w[which].mT, own.gates[t])
                if not self.fused:
                    own.gates[t, ..., 3 * self.hidden :].mul_(2)  # tanh a = 2 σ(2a) − 1
                own._cell(t)

    def back(self, w: Tensor, dy: Tensor) -> None:
        """Backwards through the cores from dy [M, T, B, H], the gradient at their outputs."""
        self.factors()
        self.dh.zero_()
        self.dc.zero_()
        self._lay(w)
        for own, which in self._parts():
            own._through(w, dy[which])

    def _through(self, w: Tensor, dy: Tensor) -> None:
        """`back` of these models; w is that of all."""
        dh = self.dh
        for t in range(self.steps - 1, -1, -1):
            self._back(t, dy[:, t], dh, self.dc, self.dz[:, t], False)
            dh = self._linear(t, w, dh)

    def _lay(self, w: Tensor) -> None:
        """The columns of h side by side, as a product wants them."""
        if not self.sparse:
            self._w_h.copy_(w[..., : self.hidden])

    def _linear(self, t: int, w: Tensor, dh: Tensor) -> Tensor:
        """∂L/∂h before core t, by what is kept of its dz; a product writes it to `dh`."""
        if self.in_c:
            return lstm_kept_native.back(self, t, w)
        if self.k:
            self._select(t)
        if self.sparse:
            return self._sums(t, w)
        if t:
            products.product(self._used[:, t], self._w_h, dh)
        return dh

    @property
    def _used(self) -> Tensor:
        """What the products use of dz, [M, T, B, 4H], where they are dense."""
        return self.kept if self.k else self.dz

    def _select(self, t: int) -> None:
        """The k largest of each gate of each lane, or those that the lot has fallen on."""
        dz = self._by_gate(self.dz, t)
        if not self.by_lot:
            torch.abs(dz, out=self._size)
            torch.topk(self._size, self.k, -1, sorted=False, out=(self._largest, self.at[t]))
        torch.gather(dz, -1, self.at[t], out=self.values[t])
        if not self.sparse:
            self._by_gate(self.kept, t).zero_().scatter_(-1, self.at[t], self.values[t])

    def _by_gate(self, z: Tensor, t: int) -> Tensor:
        """[M, B, 4, H] of core t, a view."""
        return torch.unflatten(z[:, t], -1, (4, self.hidden))

    def _sums(self, t: int, w: Tensor) -> Tensor:
        """∂L/∂h before core t, a view of ∂L/∂[h, 1, x]: the rows of W that are kept, each times its value."""
        torch.add(self.at[t], self._gates, out=self._rows[t])
        rows, values = (of[t].view(-1, 4 * self.k) for of in (self._rows, self.values))
        made = embedding_bag(rows, w.flatten(0, 1), mode="sum", per_sample_weights=values)
        self.dxh[t].copy_(made.view_as(self.dxh[t]))
        return self.dxh[t, ..., : self.hidden]

    def weight_gradient(self, out: Tensor, scale: float = 1.0, peep_out: Tensor | None = None) -> None:
        """scale · ∂L/∂W into `out` [M, 4H, H + 1 + I]; that of the bias is dense, as in the public code."""
        seen = self.xh[:, : self.steps]
        if self.in_c:
            lstm_kept_native.weight_gradient(self, out)
        elif self.sparse:
            for m, of in enumerate(out):
                of.copy_(self._scattered(m, seen[m].flatten(0, 1)))
        else:
            products.product_into(self._used.flatten(1, 2).mT, seen.flatten(1, 2), out)
        if self.k:
            torch.sum(self.dz, (1, 2), out=out[..., self.hidden])
        if scale != 1:
            out.mul_(scale)

    def _scattered(self, m: int, seen: Tensor) -> Tensor:
        """Each row of ∂L/∂W: the inputs `seen` [T·B, H + 1 + I] of the lanes and cores that keep it, by its value."""
        rows, order = self._rows[:, m].flatten().sort(stable=True)
        starts = torch.searchsorted(rows, self._every + 4 * self.hidden * m)
        own = self.values[:, m].flatten()[order]
        return embedding_bag(order // (4 * self.k), seen, starts, mode="sum", per_sample_weights=own)

    def input_gradient(self, w: Tensor) -> Tensor:
        """∂L/∂x [M, T, B, I]."""
        if self.sparse:
            return self.dxh[..., self.hidden + 1 :].transpose(0, 1)
        made = products.product(self._used.flatten(1, 2), w[..., self.hidden + 1 :])
        return torch.unflatten(made, 1, (self.steps, self.batch))
