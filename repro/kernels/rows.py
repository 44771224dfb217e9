"""meProp's backward products example by example: of each example its own k rows of W, in compiled loops on a CPU.

Source: arXiv:1706.06197v5, section 2. This is what the paper's CPU code does, where `topk.unified_backward` makes one
narrow product of a whole mini-batch. `Rows` is ours, in C (`kept_rows.c`); where none can be compiled PyTorch's sums
over bags of rows do it (`RowLoops`): an example is a bag of its k rows.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from repro import native
from repro.kernels import cpu
from repro.kernels.topk import top_k

SUM = 0
"""PyTorch's number for bags that are added up."""

SMALL = 1 << 20
"""Numbers in the k rows that all examples add to ∂L/∂W, up to which they are written down and added in one call."""


EXAMPLES = 32
"""Up to which a product of their k columns pays less than what selects, copies and starts it costs."""
FEW = 4
"""How many times fewer than the outputs the entries must be for sums of single rows to beat a product of ten
examples. Of hundreds some six times: there the product is the better one at reading W once."""


def row_loops(batch: int, k: int, outputs: int, inputs: int, like: int = 0) -> Rows | RowLoops:
    """The faster of the two that this machine has: called with x [B, I], w [O, I], g [B, O], as they are."""
    ours = cpu.suits(torch.empty(1, 1), torch.float32)
    return Rows(k, outputs, inputs, like=like) if ours else RowLoops(batch, k, outputs, inputs)


def pays(k: int, outputs: int, device: str, dtype: torch.dtype) -> bool:
    """Whether `Rows` is there and faster than dense products with what is kept."""
    there = dtype == torch.float32 and torch.device(device).type == "cpu"
    return there and 0 < k * FEW <= outputs and cpu.suits(torch.empty(1, 1), dtype)


def unified_loops(batch: int, k: int, outputs: int, inputs: int) -> UnifiedRows | None:
    """Loops for unified top-k, if they are there and the narrow product of so many examples is the slower one."""
    ours = batch <= EXAMPLES and cpu.suits(torch.empty(1, 1), torch.float32)
    return UnifiedRows(k, outputs, inputs) if ours else None


class Rows:
    """Both products of y = x Wᵀ with k of n outputs an example (all, if k ≥ n), in float32 on one thread.

    ∂L/∂W [O, I] is `g_w` if given, and stays from call to call: only rows that the last call wrote are cleared, so
    nobody else may fill in others. So does ∂L/∂x, whose fresh memory would cost a page fault every 4 KiB.
    `at` [B, k] int64: the entries that the last call kept; `written` [O] int32: whether a row of `g_w` may be other
    than zero. `like`: the loops are those that are best for so many entries an example, where that is not k.
    """

    def __init__(self, k: int, outputs: int, inputs: int, g_w: Tensor | None = None, like: int = 0):
        self.k, self.outputs, self.inputs = min(k, outputs), outputs, inputs
        self.like = min(like or k, outputs)
        self.g_w = torch.zeros(outputs, inputs) if g_w is None else g_w
        self.at = torch.empty(0, self.k, dtype=torch.int64)
        self._g_x: Tensor | None = None
        self.written = torch.ones(outputs, dtype=torch.int32)  # whatever `g_w` holds
        self._choose = native.function("rows_choose", "pnnnnnp")
        self._weight = native.function("rows_weight", "pnpnpnnnnnpp")
        self._input = native.function("rows_input", "ppnpnnnnnp")

    def __call__(
        self, x: Tensor, w: Tensor, g: Tensor, need_input: bool = True, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """(∂L/∂W [O, I], ∂L/∂x [B, I] if it is needed, into `out` if given) of x [B, I], w [O, I], g = ∂L/∂y [B, O].

        w and `out` are contiguous; x and g are copied where their rows do not lie close, or are not
        float32.
        """
        x, g = (v.float() if v.stride(-1) == 1 else v.float().contiguous() for v in (x, g))
        batch, k = len(x), self.k
        if len(self.at) != batch:
            self.at = self.at.new_empty(batch, k)
        at = self.at.data_ptr()
        self._select(g)
        self._weight(
            x.data_ptr(), x.stride(0), g.data_ptr(), g.stride(0), at, batch, k, self.like, self.inputs, self.outputs,
            self.g_w.data_ptr(), self.written.data_ptr(),
        )  # fmt: skip
        if not need_input:
            return self.g_w, None
        if out is None and (self._g_x is None or len(self._g_x) != batch):
            self._g_x = x.new_empty(batch, self.inputs)
        g_x = self._g_x if out is None else out
        assert g_x is not None
        self._input(
            w.data_ptr(),
            g.data_ptr(),
            g.stride(0),
            at,
            batch,
            k,
            self.like,
            self.inputs,
            self.outputs,
            g_x.data_ptr(),
        )
        return self.g_w, g_x

    def _select(self, g: Tensor) -> None:
        self._choose(g.data_ptr(), g.stride(0), len(g), self.outputs, self.k, 1, self.at.data_ptr())


class UnifiedRows(Rows):
    """`Rows` with one pattern a mini-batch, simple unified top-k: for few examples faster than a narrow product."""

    def _select(self, g: Tensor) -> None:
        score = g.abs().sum(0)
        self._choose(score.data_ptr(), self.outputs, 1, self.outputs, self.k, 1, self.at.data_ptr())
        self.at[1:] = self.at[0]


class RowLoops:
    """Both products of y = x Wᵀ for mini-batches of `batch`, with k of n outputs an example (all, if k ≥ n).

    Which bag an entry is in, and where bags begin, is the same at every call and made once; so is ∂L/∂W, where the
    rows that are added to it are few.
    """

    def __init__(self, batch: int, k: int, outputs: int, inputs: int):
        self.k, self.outputs = min(k, outputs), outputs
        self._g_w = torch.empty(outputs, inputs) if batch * self.k * inputs <= SMALL else None
        self._bag = torch.arange(batch).repeat_interleave(self.k)
        self._starts = torch.arange(0, batch * self.k, self.k)
        self._every = torch.arange(outputs).expand(batch, -1).contiguous() if k >= outputs else None
        self._none = torch.empty(0, dtype=torch.int64)

    def __call__(
        self, x: Tensor, w: Tensor, g: Tensor, need_input: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """As of `Rows`, for any strides and dtypes."""
        at, kept = self._every, g
        if at is None:
            at = g.abs().topk(self.k, -1, sorted=False).indices
            kept = g.gather(1, at)
        # ∂L/∂W: to each of an example's rows x is added, times what g has there; the rows of no example are zero
        if self._g_w is not None:
            own = (kept.unsqueeze(-1) * x.unsqueeze(1)).view(-1, x.shape[1])
            g_w = self._g_w.zero_().index_add_(0, at.view(-1), own)
        else:
            g_w = torch.ops.aten._embedding_bag_dense_backward(
                x, at.view(-1), self._bag, self._starts, self._none, self.outputs, False, SUM, kept.view(-1)
            )
        # ∂L/∂x: the sum of an example's rows of W, times what g has there
        return g_w, embedding_bag(at, w, mode="sum", per_sample_weights=kept) if need_input else None


def rows_backward_plain(x: Tensor, w: Tensor, g: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The same numbers by dense products with `top_k(g)`: the plain twin."""
    kept = top_k(g, k)
    return kept.T @ x, kept @ w
