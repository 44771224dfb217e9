"""Linear nets with one linear synthetic-gradient module, and the same nets under backpropagation.

Source: arXiv:1703.00522v1, sections 2 and 4, supplement C (Table 2): SG(h, y) = h A + y B + C, zero at start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.models import layers as L
from repro.models.stack import Stack, normal_


class LinearNet:
    """R nets h^n = h^{n−1} W_n + b_n without non-linearities; p = h^N. `sizes` = (k, w, …, w, 2)."""

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
        """Weights N(0, 1/fan-in), biases 0 ("proper initialisation" in the paper, not specified)."""
        for i in range(1, self.depth + 1):
            normal_(self.stack.p[f"W{i}"], math.sqrt(1 / self.sizes[i - 1]), generators)

    def forward(self, x: Tensor) -> Tensor:
        """p [R, S, C] of x [R, S, k]; keeps h^0 … h^{N−1}."""
        p, self.h = self.stack.p, [x]
        for i in range(1, self.depth + 1):
            self.h.append(L.linear(self.h[-1], p[f"W{i}"], p[f"b{i}"]))
        return self.h.pop()

    def backward(self, upper: int, lower: int, delta: Tensor) -> Tensor:
        """Chain rule from layer `upper` down to `lower` given δ = ∂L/∂h^upper [R, S, d]; returns ∂L/∂h^{lower−1}.

        At lower = 1 the gradient of the data is not computed and δ of layer 1's output is returned.
        """
        p, g = self.stack.p, self.stack.g
        for i in range(upper, lower - 1, -1):
            L.linear_grads(self.h[i - 1], delta, g[f"W{i}"], g[f"b{i}"])
            if i > 1:
                delta = L.linear_input_grad(delta, p[f"W{i}"])
        return delta


class LinearSG:
    """SG(h, y) = h A + y B + C for R nets: A [R, d, d], B [R, c, d], C [R, d], all zero at start."""

    def __init__(self, net: LinearNet, width: int, classes: int):
        shapes = {"A": (width, width), "B": (classes, width), "C": (width,)}
        self.stack = Stack(shapes, net.stack.runs, str(net.stack.flat.device), net.stack.flat.dtype)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(h, y) [R, S, d]."""
        p = self.stack.p
        return L.linear(h, p["A"], p["C"]).baddbmm_(y, p["B"])

    def regress(self, h: Tensor, y: Tensor, prediction: Tensor, target: Tensor) -> Tensor:
        """Gradients of L_SG = mean_S ‖SG(h, y) − ∂L/∂h‖², target and h held constant; returns L_SG [R]."""
        error = prediction - target
        d = error.mul(2 / h.shape[1])
        L.linear_grads(h, d, self.stack.g["A"], self.stack.g["C"])
        torch.bmm(y.mT, d, out=self.stack.g["B"])
        return error.square().sum(-1).mean(-1)


def loss_gradient(kind: str, p: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss over the S samples [R] and its gradient ∂L/∂p [R, S, C]; y one-hot [R, S, C].

    "mse": L = mean ½‖p − y‖², ∂L/∂p = (p − y)/S.  "log": L = −mean Σ y log softmax(p), ∂L/∂p = (softmax(p) − y)/S.
    """
    samples = p.shape[1]
    if kind == "mse":
        error = p - y
        return error.square().sum(-1).mean(-1) / 2, error / samples
    log_p = torch.log_softmax(p, -1)
    return -(y * log_p).sum(-1).mean(-1), (log_p.exp() - y) / samples


def backprop_step(net: LinearNet, kind: str, x: Tensor, y: Tensor) -> Tensor:
    """Gradients of full-batch backpropagation; returns the mean loss [R]."""
    loss, delta = loss_gradient(kind, net.forward(x), y)
    net.backward(net.depth, 1, delta)
    return loss


def sg_step(net: LinearNet, sg: LinearSG, at: int, kind: str, x: Tensor, y: Tensor) -> Tensor:
    """Definition 2: layers above h = h^at use ∂L/∂h, those below use SG(h, y); SG regresses to ∂L/∂h."""
    p = net.forward(x)
    h = p if at == net.depth else net.h[at]
    loss, delta = loss_gradient(kind, p, y)
    true = net.backward(net.depth, at + 1, delta)
    synthetic = sg.predict(h, y)
    net.backward(at, 1, synthetic)
    sg.regress(h, y, synthetic, true)
    return loss
