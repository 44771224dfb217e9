"""DNI after every hidden layer of one width: all models of all runs as one product, the fast twin of `rules.dni`.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 sections 2, A.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.errors import BadValueError
from repro.kernels import norm
from repro.kernels.norm_plain import BatchNormCache
from repro.kernels.products import product, product_into, tensor_cores
from repro.nets.params import Params, Scratch, normal_
from repro.rules.backward import Rule


class SyntheticGradients:
    """M_{i+1} for i = 1 … S: one model after each of S hidden layers of R nets, all evaluated as one product.

    δ̂_i = M_{i+1}(h_i[, y]) for h_i of `width` units. `hidden` = () gives the linear model h A + y B + C;
    (1024, 1024) two hidden layers (linear → batch norm → ReLU). `labels` = 10 conditions on the one-hot label (cDNI),
    0 does not (DNI). The last layer starts at zero, so δ̂ = 0 at first. Parameters [R·S, …].
    `precision`: dtype the models compute in ("bfloat16" keeps float32 parameters and moments in Adam). `tf32`: on a
    GPU their float32 products use its tensor cores, which round operands to 10 bits of mantissa.
    """

    def __init__(
        self,
        width: int,
        models: int,
        runs: int,
        hidden: Sequence[int] = (),
        labels: int = 0,
        precision: torch.dtype | None = None,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        tf32: bool = False,
    ):
        self.models, self.runs, self.labels, self.tf32 = models, runs, labels, tf32
        self.sizes = (width, *hidden, width)
        shapes: dict[str, tuple[int, ...]] = {}
        for i in range(1, len(self.sizes)):
            shapes[f"W{i}"] = (self.sizes[i - 1], self.sizes[i])
            if i < len(self.sizes) - 1:
                shapes[f"gamma{i}"], shapes[f"beta{i}"] = (self.sizes[i],), (self.sizes[i],)
        shapes[f"b{len(self.sizes) - 1}"] = (width,)
        if labels:
            shapes["Y"] = (labels, self.sizes[1])
        self.params = Params(shapes, runs, device, dtype, models)
        self.work = self.params  # what computes: the parameters, or their copy in low precision
        if precision is not None and precision != dtype:
            self.work = Params(shapes, runs, device, precision, models)
        self.scratch = Scratch()
        self.inputs: list[Tensor] = []
        self.caches: list[BatchNormCache] = []

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Hidden weights N(0, 2/fan-in), γ = 1; last weights and biases 0 (A.1). One generator a run."""
        last = len(self.sizes) - 1
        per_model = [g for g in generators for _ in range(self.models)]
        for i in range(1, last):
            normal_(self.params.p[f"W{i}"], math.sqrt(2 / self.sizes[i - 1]), per_model)
            self.params.p[f"gamma{i}"].fill_(1)

    def room(self, name: str, batch: int) -> Tensor:
        """A tensor [R, S, B, H] that is reused from step to step, for what every hidden layer has one of."""
        return self.scratch(name, (self.runs, self.models, batch, self.sizes[0]), self.params.flat)

    def predict(self, h: Tensor, onehot: Tensor | None = None) -> Tensor:
        """δ̂ [R, S, B, H] of the activations h_1 … h_{N−1}, h [R, S, B, H]; onehot [R, B, C] for cDNI.

        The result is overwritten by the next call.
        """
        if self.work is not self.params:
            self.work.flat.copy_(self.params.flat)
        p, fine, last = self.work.p, self.params.p, len(self.sizes) - 1
        x = h.flatten(0, 1).to(self.work.flat.dtype)  # [R·S, B, H]: gradients stop here
        self.inputs, self.caches = [x], []
        if self.labels:
            assert onehot is not None
            self.onehot = onehot.repeat_interleave(self.models, 0).to(x.dtype)  # [R·S, B, C]
        for i in range(1, last + 1):
            with tensor_cores(self.tf32, x):
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
        batch = error.shape[2]
        loss = self._squared(error) / batch
        d = error.flatten(0, 1).mul_(2 / batch).to(self.work.flat.dtype)  # ∂L_SG/∂δ̂ [R·S, B, H]
        torch.sum(d, 1, out=g[f"b{last}"])
        for i in range(last, 0, -1):
            with tensor_cores(self.tf32, d):
                product_into(self.inputs[i - 1].mT, d, g[f"W{i}"])
            if i == 1 and self.labels:
                product_into(self.onehot.mT, d, g["Y"])
            if i > 1:
                with tensor_cores(self.tf32, d):
                    below = product(d, p[f"W{i}"].mT, self._like(d, f"d{i - 1}", i - 1))
                gamma, to = self.params.p[f"gamma{i - 1}"], (g[f"gamma{i - 1}"], g[f"beta{i - 1}"])
                d = norm.bn_relu_backward(below, self.caches[i - 2], gamma, *to)
        if self.work is not self.params:
            self.params.flat_grad.copy_(self.work.flat_grad)
        return loss

    @staticmethod
    def _squared(error: Tensor) -> Tensor:
        """‖error‖² of each model, [R, S]."""
        if error.is_cuda:  # as a product it would be one thread block a model
            norm: Tensor = torch.linalg.vector_norm(error, dim=(2, 3))
            return norm.square()
        flat = error.flatten(0, 1).flatten(1).unsqueeze(1)
        return flat.bmm(flat.mT).view(error.shape[0], error.shape[1])

    def _like(self, x: Tensor, name: str, i: int) -> Tensor:
        return self.scratch(name, (len(x), x.shape[1], self.sizes[i]), x)


class EveryLayer(Rule):
    """DNI in every hidden segment: segment i uses δ̂_i, M_{i+1} regresses to δ_i (bootstrapped, see `rules.dni`).

    `mix` = λ of BP(λ). Before a forward pass ask for `room(B)`, where the net shall write its activations. `layers`:
    the segments that have a model, if not every hidden one has; the others pass on what arrives.
    """

    def __init__(
        self, sg: SyntheticGradients, classes: int, mix: float = 0.0, layers: Sequence[int] | None = None
    ):
        self.sg, self.classes, self.mix = sg, classes, mix
        self.side_by_side = layers is None
        self.layers = tuple(range(1, sg.models + 1) if layers is None else layers)
        if len(self.layers) != sg.models:
            raise BadValueError(f"models after layers {self.layers}; expected {sg.models} of them")
        self.place = {i: j for j, i in enumerate(self.layers)}

    def room(self, batch: int) -> list[Tensor | None] | None:
        """Where each segment's output goes: hidden ones side by side, [R, S, B, H]; anywhere, if few have models."""
        if not self.side_by_side:
            return None
        h = self.sg.room("activations", batch)
        return [*h.unbind(1), None]

    def begin(self, tape: Sequence[Tensor], y: Tensor, delta: Tensor) -> None:
        """All δ̂ [R, S, B, H] at once."""
        batch = delta.shape[1]
        h = self.sg.room("activations", batch)
        if (
            not self.side_by_side or tape[1].data_ptr() != h.data_ptr()
        ):  # the net wrote its activations elsewhere
            torch.stack([tape[i] for i in self.layers], 1, out=h)
        onehot = torch.nn.functional.one_hot(y, self.classes) if self.sg.labels else None
        self.synthetic, self.error = self.sg.predict(h, onehot), self.sg.room("error", batch)

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        """δ̂_i, or its mixture with δ_i; δ̂_i − δ_i is kept for the models."""
        j = self.place.get(i)
        if j is None:
            return arriving
        own = self.synthetic[:, j]
        torch.sub(own, arriving, out=self.error[:, j])
        return own if self.mix == 0 else torch.lerp(own, arriving, self.mix)

    def needs(self, i: int) -> str:
        """Segments with a model wait for nothing."""
        return "nothing" if i in self.place and self.mix == 0 else "arriving"

    def end(self) -> Tensor:
        """L_SG [R, S]; the models' gradients are made."""
        return self.sg.regress(self.error)

    def kept(self) -> dict[str, Tensor]:
        """The models' parameters."""
        return {"sg": self.sg.params.flat}
