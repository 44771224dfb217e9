"""Decoupled neural interfaces: every hidden layer learns from a synthetic gradient.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 sections 2, A.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.algorithms.backprop import backward
from repro.models import layers as L
from repro.models import norm
from repro.models.fcn import FCN
from repro.models.stack import Stack, normal_


class SyntheticGradients:
    """M_{i+1} for i = 1 … N−1: one model after each hidden layer of R nets, all evaluated as one product.

    δ̂_i = M_{i+1}(h_i[, y]). `hidden` = () gives the linear model h A + y B + C; (1024, 1024) two hidden layers
    (linear → batch norm → ReLU). `labels` = 10 conditions on the one-hot label (cDNI), 0 does not (DNI).
    The last layer starts at zero, so δ̂ = 0 at first. Parameters [R·S, …] with S = N − 1 models a run.
    `precision`: dtype of the matrix products ("bfloat16" keeps float32 parameters and accumulation in Adam).
    """

    def __init__(
        self,
        net: FCN,
        hidden: Sequence[int],
        labels: int = 0,
        precision: torch.dtype | None = None,
    ):
        self.models = net.depth - 1
        self.runs, self.labels = net.stack.runs, labels
        self.sizes = (net.sizes[1], *hidden, net.sizes[1])
        flat = net.stack.flat
        self.dtype = precision or flat.dtype
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, len(self.sizes)):
            shapes[f"W{i}"] = (self.sizes[i - 1], self.sizes[i])
            if i < len(self.sizes) - 1:
                shapes[f"gamma{i}"], shapes[f"beta{i}"] = (self.sizes[i],), (self.sizes[i],)
        shapes[f"b{len(self.sizes) - 1}"] = (self.sizes[-1],)
        if labels:
            shapes["Y"] = (labels, self.sizes[1])
        self.stack = Stack(shapes, self.runs * self.models, str(flat.device), flat.dtype)
        self.inputs: list[Tensor] = []
        self.caches: list[L.BatchNormCache] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Hidden weights N(0, 2/fan-in), γ = 1; last weights and biases 0 (A.1). One generator a run."""
        last = len(self.sizes) - 1
        per_model = [g for g in generators for _ in range(self.models)]
        for i in range(1, last):
            normal_(self.stack.p[f"W{i}"], math.sqrt(2 / self.sizes[i - 1]), per_model)
            self.stack.p[f"gamma{i}"].fill_(1)

    def predict(self, hs: Sequence[Tensor], onehot: Tensor | None = None) -> Tensor:
        """δ̂ [S, R, B, H] of the hidden activations h_1 … h_{N−1}, each [R, B, H]; onehot [R, B, C] for cDNI."""
        p, last = self.stack.p, len(self.sizes) - 1
        x = torch.stack(list(hs), 1).flatten(0, 1).to(self.dtype)  # [R·S, B, H]: gradients stop here
        self.inputs, self.caches = [x], []
        if self.labels:
            assert onehot is not None
            self.onehot = onehot.repeat_interleave(self.models, 0).to(self.dtype)  # [R·S, B, C]
        for i in range(1, last + 1):
            a = L.linear(self.inputs[-1], p[f"W{i}"].to(self.dtype))
            if i == 1 and self.labels:  # [h, y] W = h A + y B, A and B kept apart
                a.baddbmm_(self.onehot, p["Y"].to(self.dtype))
            if i < last:
                cache = norm.bn_relu(a, p[f"gamma{i}"].to(self.dtype), p[f"beta{i}"].to(self.dtype))
                self.inputs.append(cache.out)
                self.caches.append(cache)
        out = a.to(p["W1"].dtype).add_(p[f"b{last}"].unsqueeze(1))
        return out.unflatten(0, (self.runs, self.models)).transpose(0, 1)  # type: ignore[no-any-return, no-untyped-call]

    def regress(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Gradients of L_SG = ‖δ̂_i − δ_i‖² (sum over units, mean over the batch), δ_i held constant.

        `prediction`, `target`: [S, R, B, H]. Returns L_SG [S, R] per model, mean over the batch.
        """
        p, g, last = self.stack.p, self.stack.g, len(self.sizes) - 1
        error = (prediction - target).transpose(0, 1).flatten(0, 1)  # [R·S, B, H]
        flat, batch = error.flatten(1).unsqueeze(1), error.shape[1]
        loss = flat.bmm(flat.mT).view(self.runs, self.models).T / batch
        d = error.mul_(2 / batch)  # ∂L_SG/∂δ̂
        torch.sum(d, 1, out=g[f"b{last}"])
        d = d.to(self.dtype)
        for i in range(last, 0, -1):
            self._weight_grad(f"W{i}", self.inputs[i - 1], d)
            if i == 1 and self.labels:
                self._weight_grad("Y", self.onehot, d)
            if i > 1:
                d = self._norm_backward(i - 1, L.linear_input_grad(d, p[f"W{i}"].to(self.dtype)))
        return loss

    def _weight_grad(self, name: str, x: Tensor, d: Tensor) -> None:
        g = self.stack.g[name]
        if d.dtype == g.dtype:
            torch.bmm(x.mT, d, out=g)
        else:
            g.copy_(torch.bmm(x.mT, d))

    def _norm_backward(self, i: int, d: Tensor) -> Tensor:
        p, g = self.stack.p, self.stack.g
        gamma = p[f"gamma{i}"].to(self.dtype)
        return norm.bn_relu_backward(d, self.caches[i - 1], gamma, g[f"gamma{i}"], g[f"beta{i}"])


def dni(net: FCN, sg: SyntheticGradients, x: Tensor, y: Tensor, mix: float = 0.0) -> tuple[Tensor, Tensor]:
    """One step of every-layer DNI: gradients for the net and for the models; both losses are returned.

    Layer i consumes δ̂_i = M_{i+1}(h_i); the target of M_{i+1} is δ_i, what layer i + 1 sends down after it
    consumed δ̂_{i+1} itself (bootstrapped); the last model's target is the true gradient.
    `mix` = λ of BP(λ): layer i consumes (1 − λ) δ̂_i + λ δ_i; 0 is DNI, 1 is backpropagation (section 2.4).
    """
    logits = net.forward(x)
    onehot = torch.nn.functional.one_hot(y, net.sizes[-1]) if sg.labels else None
    synthetic = sg.predict(net.h[1:], onehot)
    targets: list[Tensor] = [synthetic[0]] * sg.models

    def feed(i: int, arriving: Tensor) -> Tensor:
        targets[i - 1] = arriving
        return synthetic[i - 1] if mix == 0 else torch.lerp(synthetic[i - 1], arriving, mix)

    loss = backward(net, y, logits, feed)
    return loss, sg.regress(synthetic, torch.stack(targets))
