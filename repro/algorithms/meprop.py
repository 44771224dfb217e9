"""meProp: backpropagation through linear maps with only k entries of the output gradient kept.

Source: arXiv:1706.06197v5, section 2. For y = x W: ∂L/∂W = xᵀ g and ∂L/∂x = g Wᵀ with g = ∂L/∂y; meProp puts
top_k(g) in the place of g, in both products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from repro.models import layers as L
from repro.models.stack import Stack, normal_

Sparsify = Callable[[Tensor], Tensor]
"""[R, B, n] → [R, B, n] with k entries of each row kept."""


def top_k(g: Tensor, k: int) -> Tensor:
    """top_k(g): per example, the k entries of largest |g| are kept, the rest is zero. g [..., n]; k ≥ n keeps all.

    top_2 of (1, 2, 3, −4) is (0, 0, 3, −4) (section 2).
    """
    if k >= g.shape[-1]:
        return g
    at = g.abs().topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def random_k(g: Tensor, k: int, generators: Sequence[torch.Generator]) -> Tensor:
    """Keep k entries of each row of g [R, B, n] chosen uniformly, afresh at each call; one generator a run."""
    if k >= g.shape[-1]:
        return g
    score = torch.stack([torch.rand(g.shape[1:], generator=r, device=r.device) for r in generators])
    at = score.to(g.device).topk(k, -1, sorted=False).indices
    return torch.zeros_like(g).scatter_(-1, at, g.gather(-1, at))


def unified_columns(g: Tensor, k: int) -> Tensor:
    """Simple unified top-k (section 2): the k columns of largest Σ_B |g|, one pattern a mini-batch. [R, k]."""
    # on a CPU a few rows at a time: |g| then stays in the cache instead of filling fresh memory
    score = torch.zeros_like(g.select(-2, 0))
    for rows in torch.split(g, 64, -2) if g.device.type == "cpu" else (g,):
        score += rows.abs().sum(-2)
    return score.topk(k, -1, sorted=False).indices


def unified_backward(x: Tensor, w: Tensor, g: Tensor, k: int, g_w: Tensor, g_x: Tensor) -> Tensor:
    """Both products with only the k unified columns: ∂L/∂W is written to `g_w`; ∂L/∂x [B, I] to `g_x`, returned.

    x [B, I], g [B, O]; w and g_w [O, I] (out × in, so that the k kept outputs are contiguous rows). The sparse
    product becomes a dense one of width k: cost k/O of the full one, plus selecting and zero-filling `g_w`.
    """
    at = unified_columns(g, k)
    kept = g.index_select(1, at)  # [B, k]
    # ∂L/∂W ← top_k(g)ᵀ x: k rows, the others are zero;  ∂L/∂x ← top_k(g) W
    g_w.zero_().index_copy_(0, at, kept.T @ x)
    return torch.mm(kept, w.index_select(0, at), out=g_x)


class MLP:
    """R nets 784–h–…–h–10 with ReLU, without batch norm: the MNIST model of section 4.

    `sparsify` is applied to g at the output of every hidden linear map, after the activation's own backward;
    `sparsify_output` to that of the output layer. Biases get the dense gradient (as in the public code).
    """

    def __init__(
        self, sizes: Sequence[int], runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ):
        self.sizes, self.depth = tuple(sizes), len(sizes) - 1
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, self.depth + 1):
            shapes[f"W{i}"], shapes[f"b{i}"] = (sizes[i - 1], sizes[i]), (sizes[i],)
        self.stack = Stack(shapes, runs, device, dtype)
        self.h: list[Tensor] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Weights N(0, 6/(fan-in + fan-out)), biases 0: the public C# code; the paper does not say."""
        for i in range(1, self.depth + 1):
            std = math.sqrt(6 / (self.sizes[i - 1] + self.sizes[i]))
            normal_(self.stack.p[f"W{i}"], std, generators)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [R, B, C] of x [R, B, D]; keeps the activations for the backward pass."""
        p, self.h = self.stack.p, [x]
        for i in range(1, self.depth):
            self.h.append(L.linear(self.h[-1], p[f"W{i}"], p[f"b{i}"]).relu_())
        return L.linear(self.h[-1], p[f"W{self.depth}"], p[f"b{self.depth}"])

    def step(self, x: Tensor, y: Tensor, sparsify: Sparsify, sparsify_output: Sparsify) -> Tensor:
        """Gradients of one step into `stack.g`; returns the per-example loss [R, B]. x [R, B, D], y [R, B]."""
        loss, g = L.softmax_error(self.forward(x), y)
        g = g.div_(y.shape[-1])  # the loss is the mean over the batch
        for i in range(self.depth, 0, -1):
            torch.sum(g, 1, out=self.stack.g[f"b{i}"])
            # ∂L/∂W ← xᵀ top_k(g);  ∂L/∂x ← top_k(g) Wᵀ
            kept = (sparsify_output if i == self.depth else sparsify)(g)
            L.linear_grads(self.h[i - 1], kept, self.stack.g[f"W{i}"])
            if i > 1:
                d = L.linear_input_grad(kept, self.stack.p[f"W{i}"])
                g = torch.ops.aten.threshold_backward(d, self.h[i - 1], 0)
        return loss

    def predict(self, x: Tensor) -> Tensor:
        """Logits [R, B, C] of x [R or 1, B, D], without keeping anything."""
        p, h = self.stack.p, x.expand(self.stack.runs, -1, -1)
        for i in range(1, self.depth):
            h = L.linear(h, p[f"W{i}"], p[f"b{i}"]).relu_()
        return L.linear(h, p[f"W{self.depth}"], p[f"b{self.depth}"])
