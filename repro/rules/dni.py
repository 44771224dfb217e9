"""Decoupled neural interfaces: synthetic gradients at any positions of any net.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 sections 2, A.1); arXiv:1703.00522v1, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import Rule, backward


class Model(Protocol):
    """A synthetic-gradient model: h (and labels) → δ̂, an estimate of ∂L/∂h, of the shape of h."""

    params: Params

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """δ̂ of h and, if the model is conditioned on them, the labels."""

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of L_SG = ‖δ̂ − δ‖² from error = δ̂ − δ of the last prediction; returns L_SG [R]."""

    def kept(self) -> dict[str, Tensor]:
        """What the next step depends on."""


class DNI(Rule):
    """Segments with a model after them learn from its δ̂_i = M_{i+1}(h_i, y), the others from what arrives.

    `models` = {i: M_{i+1}}. The target of M_{i+1} is δ_i, what segment i + 1 sends down after it consumed its own
    (bootstrapped where that was synthetic). `mix` = λ of BP(λ): segment i consumes (1 − λ) δ̂_i + λ δ_i; 0 is DNI,
    1 is backpropagation (section 2.4).
    """

    def __init__(self, models: Mapping[int, Model], mix: float = 0.0):
        self.models, self.mix = dict(models), mix

    def begin(self, tape: Sequence[Any], y: Any, delta: Any) -> None:
        """Take what the models predict from."""
        self.tape, self.y = tape, y
        self.errors: dict[int, Tensor] = {}

    def consume(self, i: int, arriving: Any) -> Any:
        """δ̂_i, or its mixture with δ_i."""
        if i not in self.models:
            return arriving
        own = self.models[i].predict(self.tape[i], self.y)
        if arriving is not None:
            self.errors[i] = own - arriving
        mixed = self.mix != 0 and arriving is not None
        return torch.lerp(own, arriving, self.mix) if mixed else own

    def needs(self, i: int) -> str:
        """A segment with a model waits for nothing."""
        return "nothing" if i in self.models and self.mix == 0 else "arriving"

    def end(self) -> dict[int, Tensor]:
        """L_SG [R] by segment: each model regresses to its target; one without target gets no gradient."""
        losses = {}
        for i, model in self.models.items():
            if i in self.errors:
                losses[i] = model.regress(self.errors[i])
            else:
                model.params.flat_grad.zero_()
        return losses

    def kept(self) -> dict[str, Tensor]:
        """The models' parameters and running statistics."""
        return {f"sg{i}/{k}": v for i, model in self.models.items() for k, v in model.kept().items()}


class NetModel:
    """A net of segments as synthetic-gradient model: M(h) or, with `labels` = C classes, M([h, onehot(y)]).

    For the zero estimate at the start that the paper wants (A.1), let the last segment's `std` be 0. h [R, B, …] is
    taken as [R, B, H]; y [R, B] int64. Regression is summed over units and averaged over the batch.
    """

    def __init__(self, net: Net, labels: int = 0):
        self.net, self.labels, self.params = net, labels, net.params

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """δ̂ of the shape of h."""
        x = h.flatten(2)
        if self.labels:
            x = torch.cat([x, torch.nn.functional.one_hot(y, self.labels).to(x.dtype)], -1)
        self.tape = self.net.forward(x)
        made: Tensor = self.tape[-1]
        return made.view(h.shape)

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of mean_B ‖δ̂ − δ‖²; returns it, [R]."""
        d = error.flatten(2)
        backward(self.net.segments, self.tape, None, d * (2 / d.shape[1]), Rule())
        return d.square().sum(-1).mean(1)

    def kept(self) -> dict[str, Tensor]:
        """Parameters and running statistics."""
        return self.net.kept()
