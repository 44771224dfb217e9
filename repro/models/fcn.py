"""The fully connected net of DNI: (linear → batch norm → ReLU) × (N − 1), then a linear classifier.

Source: arXiv:1608.05343v2, supplement (v1 A.1): "N layers" = N − 1 hidden layers and the classifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.models import layers as L
from repro.models import norm
from repro.models.products import product
from repro.models.stack import Stack, normal_


class FCN:
    """R nets of equal shape. `sizes` = (D, H, …, H, C); layer i (1-based) maps sizes[i−1] to sizes[i].

    After `forward`, `h[i]` is the output of layer i (h[0] the input) and `layer_backward(i, δ)` turns
    δ = ∂L/∂h_i into the layer's parameter gradients (in `stack.g`) and returns ∂L/∂h_{i−1}, once a forward pass.
    """

    momentum = 0.1  # of the running statistics used at test time (torch's default; the paper does not say)

    def __init__(
        self, sizes: Sequence[int], runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ):
        self.sizes, self.depth = tuple(sizes), len(sizes) - 1
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, self.depth + 1):
            shapes[f"W{i}"] = (sizes[i - 1], sizes[i])
            if i < self.depth:  # a bias before batch norm would have no effect
                shapes[f"gamma{i}"], shapes[f"beta{i}"] = (sizes[i],), (sizes[i],)
            else:
                shapes[f"b{i}"] = (sizes[i],)
        self.stack = Stack(shapes, runs, device, dtype)
        hidden = range(1, self.depth)
        self.mean = {i: torch.zeros(runs, 1, sizes[i], device=device, dtype=dtype) for i in hidden}
        self.var = {i: torch.ones(runs, 1, sizes[i], device=device, dtype=dtype) for i in hidden}
        self.h: list[Tensor] = []
        self.caches: list[L.BatchNormCache | None] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Weights N(0, 2/fan-in), γ = 1, β = b = 0; one CPU generator a run."""
        for i in range(1, self.depth + 1):
            normal_(self.stack.p[f"W{i}"], math.sqrt(2 / self.sizes[i - 1]), generators)
            if i < self.depth:
                self.stack.p[f"gamma{i}"].fill_(1)

    def forward(self, x: Tensor, room: Tensor | None = None) -> Tensor:
        """Training mode: logits [R, B, C] of x [R, B, D]; keeps h and the caches, moves the running statistics.

        `room` [R, N − 1, B, H]: where the hidden activations of nets of one width are written, side by side.
        """
        p, self.h, self.caches = self.stack.p, [x], [None]
        for i in range(1, self.depth):
            out = None if room is None else room[:, i - 1]
            cache = norm.bn_relu(product(self.h[-1], p[f"W{i}"]), p[f"gamma{i}"], p[f"beta{i}"], out)
            self.mean[i].lerp_(cache.mean, self.momentum)
            self.var[i].lerp_(cache.var, self.momentum)
            self.h.append(cache.out)
            self.caches.append(cache)
        return L.thin(self.h[-1], p[f"W{self.depth}"], p[f"b{self.depth}"])

    def layer_backward(self, i: int, delta: Tensor, need_input: bool = True) -> Tensor | None:
        """Backward through layer i alone: gradients into `stack.g`, returns ∂L/∂h_{i−1} (None if not needed).

        `RuntimeError` for a hidden layer that has had its backward pass since the last forward pass.
        """
        p, g = self.stack.p, self.stack.g
        if i < self.depth:
            cache = self.caches[i]
            assert cache is not None
            delta = norm.bn_relu_backward(delta, cache, p[f"gamma{i}"], g[f"gamma{i}"], g[f"beta{i}"])
            L.linear_grads(self.h[i - 1], delta, g[f"W{i}"])
        else:
            L.thin_grads(self.h[i - 1], delta, g[f"W{i}"], g[f"b{i}"])
        return product(delta, p[f"W{i}"].mT) if need_input else None

    def predict(self, x: Tensor) -> Tensor:
        """Test mode (running statistics): logits [R, B, C] of x [R or 1, B, D]."""
        p, h = self.stack.p, x.expand(self.stack.runs, -1, -1)
        for i in range(1, self.depth):
            a = product(h, p[f"W{i}"])
            h = L.bn_relu_eval(a, p[f"gamma{i}"], p[f"beta{i}"], self.mean[i], self.var[i])
        return L.thin(h, p[f"W{self.depth}"], p[f"b{self.depth}"])
