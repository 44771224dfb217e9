"""Linear nets with one linear synthetic-gradient module, and the same nets under backpropagation.

Source: arXiv:1703.00522v1, sections 2 and 4, supplement C (Table 2): SG(h, y) = h A + y B + C, zero at start.

Samples are columns here: h [R, d, S], W [R, d', d], so SG(h, y) = A h + B y + C with the transposed A, B, C of the
paper. Two outputs make W's products skinny, and in this layout they run eight times faster on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.models.stack import Stack, normal_


def affine(w: Tensor, x: Tensor, b: Tensor) -> Tensor:
    """W x + b, [R, d', S]; w [R, d', d], x [R, d, S], b [R, d']."""
    return torch.baddbmm(b.unsqueeze(-1), w, x)


class LinearNet:
    """R nets h^n = W_n h^{n−1} + b_n without non-linearities; p = h^N. `sizes` = (k, w, …, w, 2)."""

    def __init__(
        self, sizes: Sequence[int], runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ):
        self.sizes, self.depth = tuple(sizes), len(sizes) - 1
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, self.depth + 1):
            shapes[f"W{i}"], shapes[f"b{i}"] = (sizes[i], sizes[i - 1]), (sizes[i],)
        self.stack = Stack(shapes, runs, device, dtype)
        self.h: list[Tensor] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Weights N(0, 1/fan-in), biases 0 ("proper initialisation" in the paper, not specified)."""
        for i in range(1, self.depth + 1):
            normal_(self.stack.p[f"W{i}"], math.sqrt(1 / self.sizes[i - 1]), generators)

    def forward(self, x: Tensor) -> Tensor:
        """p [R, C, S] of x [R, k, S]; keeps h^0 … h^{N−1}."""
        p, self.h = self.stack.p, [x]
        for i in range(1, self.depth + 1):
            self.h.append(affine(p[f"W{i}"], self.h[-1], p[f"b{i}"]))
        return self.h.pop()

    def backward(self, upper: int, lower: int, delta: Tensor) -> Tensor:
        """Chain rule from layer `upper` down to `lower` given δ = ∂L/∂h^upper [R, d, S]; returns ∂L/∂h^{lower−1}.

        At lower = 1 the gradient of the data is not computed and δ of layer 1's output is returned.
        """
        p, g = self.stack.p, self.stack.g
        for i in range(upper, lower - 1, -1):
            torch.bmm(delta, self.h[i - 1].mT, out=g[f"W{i}"])
            torch.sum(delta, -1, out=g[f"b{i}"])
            if i > 1:
                delta = p[f"W{i}"].mT.bmm(delta)
        return delta


class LinearSG:
    """SG(h, y) = A h + B y + C for R nets: A [R, d, d], B [R, d, c], C [R, d], all zero at start."""

    def __init__(self, net: LinearNet, width: int, classes: int):
        shapes = {"A": (width, width), "B": (width, classes), "C": (width,)}
        self.stack = Stack(shapes, net.stack.runs, str(net.stack.flat.device), net.stack.flat.dtype)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(h, y) [R, d, S]."""
        p = self.stack.p
        return affine(p["A"], h, p["C"]).baddbmm_(p["B"], y)

    def regress(self, h: Tensor, y: Tensor, prediction: Tensor, target: Tensor) -> Tensor:
        """Gradients of L_SG = mean_S ‖SG(h, y) − ∂L/∂h‖², target and h held constant; returns L_SG [R]."""
        g, error = self.stack.g, prediction - target
        d = error.mul(2 / h.shape[-1])
        torch.bmm(d, h.mT, out=g["A"])
        torch.bmm(d, y.mT, out=g["B"])
        torch.sum(d, -1, out=g["C"])
        return error.square().sum(1).mean(-1)


def loss_gradient(kind: str, p: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss over the S samples [R] and its gradient ∂L/∂p [R, C, S]; y one-hot [R, C, S].

    "mse": L = mean ½‖p − y‖², ∂L/∂p = (p − y)/S.  "log": L = −mean Σ y log softmax(p), ∂L/∂p = (softmax(p) − y)/S.
    """
    samples = p.shape[-1]
    if kind == "mse":
        error = p - y
        return error.square().sum(1).mean(-1) / 2, error / samples
    log_p = torch.log_softmax(p, 1)
    return -(y * log_p).sum(1).mean(-1), (log_p.exp() - y) / samples


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
