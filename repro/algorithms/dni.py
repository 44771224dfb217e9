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
from repro.models.products import product
from repro.models.stack import Scratch, Stack, normal_


class SyntheticGradients:
    """M_{i+1} for i = 1 … N−1: one model after each hidden layer of R nets, all evaluated as one product.

    δ̂_i = M_{i+1}(h_i[, y]). `hidden` = () gives the linear model h A + y B + C; (1024, 1024) two hidden layers
    (linear → batch norm → ReLU). `labels` = 10 conditions on the one-hot label (cDNI), 0 does not (DNI).
    The last layer starts at zero, so δ̂ = 0 at first. Parameters [R·S, …] with S = N − 1 models a run.
    `precision`: dtype the models compute in ("bfloat16" keeps float32 parameters and moments in Adam).
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
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, len(self.sizes)):
            shapes[f"W{i}"] = (self.sizes[i - 1], self.sizes[i])
            if i < len(self.sizes) - 1:
                shapes[f"gamma{i}"], shapes[f"beta{i}"] = (self.sizes[i],), (self.sizes[i],)
        shapes[f"b{len(self.sizes) - 1}"] = (self.sizes[-1],)
        if labels:
            shapes["Y"] = (labels, self.sizes[1])
        flat, count = net.stack.flat, self.runs * self.models
        self.stack = Stack(shapes, count, str(flat.device), flat.dtype)
        low = precision or flat.dtype
        self.work = self.stack  # what computes: the parameters, or their copy in low precision
        if low != flat.dtype:
            self.work = Stack(shapes, count, str(flat.device), low)
        self.scratch = Scratch()
        self.inputs: list[Tensor] = []
        self.caches: list[L.BatchNormCache] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Hidden weights N(0, 2/fan-in), γ = 1; last weights and biases 0 (A.1). One generator a run."""
        last = len(self.sizes) - 1
        per_model = [g for g in generators for _ in range(self.models)]
        for i in range(1, last):
            normal_(self.stack.p[f"W{i}"], math.sqrt(2 / self.sizes[i - 1]), per_model)
            self.stack.p[f"gamma{i}"].fill_(1)

    def room(self, name: str, batch: int) -> Tensor:
        """A tensor [R, S, B, H] that is reused from step to step, for what every hidden layer has one of."""
        return self.scratch(name, (self.runs, self.models, batch, self.sizes[0]), self.stack.flat)

    def predict(self, h: Tensor, onehot: Tensor | None = None) -> Tensor:
        """δ̂ [R, S, B, H] of the activations h_1 … h_{N−1}, h [R, S, B, H]; onehot [R, B, C] for cDNI.

        The result is overwritten by the next call.
        """
        if self.work is not self.stack:
            self.work.flat.copy_(self.stack.flat)
        p, fine, last = self.work.p, self.stack.p, len(self.sizes) - 1
        x = h.flatten(0, 1).to(self.work.flat.dtype)  # [R·S, B, H]: gradients stop here
        self.inputs, self.caches = [x], []
        if self.labels:
            assert onehot is not None
            self.onehot = onehot.repeat_interleave(self.models, 0).to(x.dtype)  # [R·S, B, C]
        for i in range(1, last + 1):
            a = product(self.inputs[-1], p[f"W{i}"], self._like(x, f"a{i}", i))
            if i == 1 and self.labels:  # [h, y] W = h A + y B, A and B kept apart
                a.baddbmm_(self.onehot, p["Y"])
            if i < last:
                cache = norm.bn_relu(a, fine[f"gamma{i}"], fine[f"beta{i}"], self._like(x, f"h{i}", i))
                self.inputs.append(cache.out)
                self.caches.append(cache)
        return a.add_(p[f"b{last}"].unsqueeze(1)).to(h.dtype).view(h.shape)

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of L_SG = ‖δ̂_i − δ_i‖² (sum over units, mean over the batch), δ_i held constant.

        `error` = δ̂ − δ [R, S, B, H], overwritten. Returns L_SG [R, S] per model, mean over the batch.
        """
        p, g, last = self.work.p, self.work.g, len(self.sizes) - 1
        flat, batch = error.flatten(0, 1).flatten(1).unsqueeze(1), error.shape[2]
        loss = flat.bmm(flat.mT).view(self.runs, self.models) / batch
        d = error.flatten(0, 1).mul_(2 / batch).to(self.work.flat.dtype)  # ∂L_SG/∂δ̂ [R·S, B, H]
        torch.sum(d, 1, out=g[f"b{last}"])
        for i in range(last, 0, -1):
            torch.bmm(self.inputs[i - 1].mT, d, out=g[f"W{i}"])
            if i == 1 and self.labels:
                torch.bmm(self.onehot.mT, d, out=g["Y"])
            if i > 1:
                below = product(d, p[f"W{i}"].mT, self._like(d, f"d{i - 1}", i - 1))
                gamma, to = self.stack.p[f"gamma{i - 1}"], (g[f"gamma{i - 1}"], g[f"beta{i - 1}"])
                d = norm.bn_relu_backward(below, self.caches[i - 2], gamma, *to)
        if self.work is not self.stack:
            self.stack.flat_grad.copy_(self.work.flat_grad)
        return loss

    def _like(self, x: Tensor, name: str, i: int) -> Tensor:
        return self.scratch(name, (len(x), x.shape[1], self.sizes[i]), x)


def dni(net: FCN, sg: SyntheticGradients, x: Tensor, y: Tensor, mix: float = 0.0) -> tuple[Tensor, Tensor]:
    """One step of every-layer DNI: gradients for the net and for the models; both losses are returned.

    Layer i consumes δ̂_i = M_{i+1}(h_i); the target of M_{i+1} is δ_i, what layer i + 1 sends down after it
    consumed δ̂_{i+1} itself (bootstrapped); the last model's target is the true gradient.
    `mix` = λ of BP(λ): layer i consumes (1 − λ) δ̂_i + λ δ_i; 0 is DNI, 1 is backpropagation (section 2.4).
    """
    h, error = sg.room("activations", x.shape[1]), sg.room("error", x.shape[1])
    logits = net.forward(x, h)
    onehot = torch.nn.functional.one_hot(y, net.sizes[-1]) if sg.labels else None
    synthetic = sg.predict(h, onehot)

    def feed(i: int, arriving: Tensor) -> Tensor:
        own = synthetic[:, i - 1]
        torch.sub(own, arriving, out=error[:, i - 1])
        return own if mix == 0 else torch.lerp(own, arriving, mix)

    loss = backward(net, y, logits, feed)
    return loss, sg.regress(error)
