"""How far synthetic gradients are from the true ones: δ̂_i beside δ_i = ∂L/∂h_i of the whole net above.

Source: arXiv:1608.05343v2, supplementary Figures 12 and 13 (v1 A.2): L2 error, cosine, dimensions of the wrong sign.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.nets.losses import softmax_error
from repro.nets.net import Net
from repro.rules.backward import Rule, backward
from repro.rules.every_layer import EveryLayer


class Noted(Rule):
    """Backpropagation that keeps each δ_i, by segment."""

    def __init__(self) -> None:
        self.seen: dict[int, Tensor] = {}

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        """What arrives, once it is noted: a segment's backward pass may overwrite it."""
        self.seen[i] = arriving.clone()
        return arriving


def true_gradients(net: Net, rule: EveryLayer, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """δ̂ and δ of a batch, both [R, S, B, H] for S layers with a model: of an example's own loss, in training mode.

    Nothing that training depends on is changed: running statistics are put back, gradients are made anew each step.
    """
    before = {k: v.clone() for k, v in net.kept().items() if k != "weights"}
    tape = net.forward(x, rule.room(x.shape[1]))
    delta = softmax_error(tape[-1], y)[1]
    rule.begin(tape, y, delta)
    said, noted = rule.synthetic.clone(), Noted()
    backward(net.segments, tape, y, delta, noted)
    for k, v in net.kept().items():
        if k in before:
            v.copy_(before[k])
    return said, torch.stack([noted.seen[i] for i in rule.layers], 1)


def told(said: Tensor, true: Tensor) -> dict[str, Tensor]:
    """Four errors of δ̂ beside δ [R, S, N, H], each [R, S].

    `sg_distance` ‖δ̂ − δ‖, mean over examples; `sg_error` Σ‖δ̂ − δ‖²/Σ‖δ‖² (1: as bad as δ̂ = 0); `sg_cosine` of an
    example's δ̂ and δ, mean over examples (0 where either is 0); `sg_sign` percent of dimensions with the wrong sign,
    one half of those in which either is 0.
    """
    error, size = said - true, true.norm(dim=-1)
    lengths = (said.norm(dim=-1) * size).clamp_min(torch.finfo(true.dtype).tiny)
    return {
        "sg_distance": error.norm(dim=-1).mean(-1),
        "sg_error": error.square().sum((-2, -1)) / true.square().sum((-2, -1)),
        "sg_cosine": ((said * true).sum(-1) / lengths).mean(-1),
        "sg_sign": 50 * (1 - said.sign() * true.sign()).mean((-2, -1)),
    }
