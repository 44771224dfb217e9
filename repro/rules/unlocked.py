"""Complete unlock: each layer has a synthetic input from below and a synthetic gradient from above.

Source: arXiv:1608.05343v2, section 3.3, Figures 6 and 7 (v1 sections 2, 3.1, A.1).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from repro.nets.losses import softmax_error
from repro.nets.net import Net
from repro.rules.dni import NetModel


class InputModel(NetModel):
    """I_k: x → ĥ_{k−1}, an estimate of what layer k − 1 makes of x; it is not told the label."""

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """ĥ [R, B, H] of x [R, B, D]."""
        self.tape = self.net.forward(h)
        made: Tensor = self.tape[-1]
        return made


class Unlocked:
    """A net whose layers each act by themselves, in the steps that `acts` [R, N] says.

    Layer k of N sees ĥ_{k−1} = I_k(x) (layer 1: x), gives h_k = f_k(ĥ_{k−1}), learns from δ̂_k = M_{k+1}(h_k, y) (the
    last: from the loss) and sends down δ_{k−1}, the gradient at ĥ_{k−1}. `inputs` = {k: I_k} for k = 2 … N,
    `models` = {k: M_{k+1}} for k = 1 … N − 1. I_k regresses to h_{k−1}, which is there when layer k − 1 acts; M_k
    to δ_{k−1}, which is there when layer k acts. M_k is told h_{k−1} if that is there, else ĥ_{k−1}, at which δ_{k−1}
    was taken: so it learns whenever it has a target. Of a layer that does not act nothing moves, its running
    statistics neither.
    """

    def __init__(
        self, net: Net, models: Mapping[int, NetModel], inputs: Mapping[int, InputModel], acts: Tensor
    ):
        self.net, self.models, self.inputs, self.acts = net, dict(models), dict(inputs), acts

    def learn(self, x: Tensor, y: Tensor) -> Tensor:
        """All gradients of one batch, x [R, B, D] and y [R, B], but no update (`moves`); returns the loss [R, B]."""
        seen, made = self._forward(x, y)
        loss, arriving = softmax_error(made[-1], y)
        for k in range(len(made), 0, -1):
            consumed = arriving
            if k in self.models:
                told = torch.where(self._on(k), made[k - 1], seen[k])
                consumed = self.models[k].predict(told, y)
                self.models[k].regress(consumed - arriving)
            arriving = self.net.segments[k - 1].pull(consumed, k > 1)
        for k, model in self.inputs.items():
            model.regress(seen[k - 1] - made[k - 2])
        self.net.params.flat_grad.mul_(1 / y.shape[-1])
        return loss

    def _forward(self, x: Tensor, y: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What each layer sees [R, B, D or H], and what it makes of it; statistics of busy layers stay."""
        seen, made = [], []
        for k, segment in self.net.numbered():
            before = {name: v.clone() for name, v in segment.kept().items()}
            seen.append(self.inputs[k].predict(x, y) if k in self.inputs else x)
            made.append(segment.forward(seen[-1]))
            for name, v in segment.kept().items():
                v.copy_(torch.where(self._on(k), v, before[name]))
        return seen, made

    def _on(self, k: int) -> Tensor:
        return self.acts[:, k - 1].view(-1, 1, 1)

    def moves(self) -> list[Tensor]:
        """What is updated in this step, [R, blocks]: the net, then M_{k+1} and I_k in the order of their layers."""
        models = [self.acts[:, k : k + 1] for k in self.models]
        inputs = [self.acts[:, k - 2 : k - 1] for k in self.inputs]
        return [self.acts, *models, *inputs]

    def kept(self) -> dict[str, Tensor]:
        """Parameters of the models, and the running statistics that come with them."""
        found = {f"sg{k}/{name}": v for k, m in self.models.items() for name, v in m.kept().items()}
        return found | {f"input{k}/{name}": v for k, m in self.inputs.items() for name, v in m.kept().items()}
