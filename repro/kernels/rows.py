"""meProp's backward products example by example: of each example its own k rows of W, in compiled loops on a CPU.

Source: arXiv:1706.06197v5, section 2. This is what the paper's CPU code does, where `topk.unified_backward` makes one
narrow product of a whole mini-batch. PyTorch's sums over bags of rows do it: an example is a bag of its k rows.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from repro.kernels.topk import top_k

SUM = 0
"""PyTorch's number for bags that are added up."""


SMALL = 1 << 20
"""Numbers in the k rows that all examples add to ∂L/∂W, up to which they are written down and added in one call."""


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
        """(∂L/∂W [O, I], ∂L/∂x [B, I] if it is needed) of x [B, I], w [O, I] and g = ∂L/∂y [B, O]."""
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
