"""What a segment consumes in the place of δ̂ = SG(h, y): controls that ask what a synthetic gradient has to be.

The model goes on learning from what arrives, so that its quality can be seen beside what was injected.

Ours, beside arXiv:1703.00522v1, section 5: its nets learn with an SG; these say what of it they need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.data.streams.draws import GOLDEN, hash_, number
from repro.rules.dni import DNI, Model

Inject = Callable[[Tensor, Tensor, Tensor], Tensor]
"""δ̂ [R, B, H], h [R, B, H] and labels y [R, B] → what is consumed, [R, B, H]."""
MEMORY = 0.99
"""Of the running sums from which the quality of δ̂ is told: some 100 batches."""
_STRIDE = 0xD1342543DE82EF95 - (1 << 64)

PLAIN: Mapping[str, Inject] = {
    "own": lambda own, h, y: own,
    "negative": lambda own, h, y: -own,
    "other": lambda own, h, y: own.roll(1, 1),  # batches are in random order
    "mean": lambda own, h, y: own.mean(1, keepdim=True).expand_as(own).contiguous(),
    "nothing": lambda own, h, y: torch.zeros_like(own),
}
"""Behind a batch norm what is the same for the whole batch vanishes: there `mean` moves β alone."""


class Fixed:
    """A linear map of h and the label, or of the label alone, that never learns: `model` as it was drawn."""

    def __init__(self, model: Model, label_only: bool = False):
        self.model, self.label_only = model, label_only

    def __call__(self, own: Tensor, h: Tensor, y: Tensor) -> Tensor:
        """Its prediction; of h = 0 where only the label counts."""
        return self.model.predict(torch.zeros_like(h) if self.label_only else h, y)


class Noise:
    """Gaussian noise, afresh at each step, of each example's own ‖δ̂‖.

    Hashes of seed, step and place, as `repro.rules.meprop.Draws`: drawn where the gradients are. State: `count`, [1].
    """

    def __init__(self, seeds: Sequence[int], batch: int, width: int, device: str = "cpu"):
        keys = [number(s, "noise") % (1 << 63) for s in seeds]
        self._keys = torch.tensor(keys, dtype=torch.int64).view(-1, 1, 1).to(device)
        self._places = (torch.arange(batch * width) * GOLDEN).view(1, batch, width).to(device)
        self.count = torch.zeros(1, dtype=torch.int64, device=device)

    def __call__(self, own: Tensor, h: Tensor, y: Tensor) -> Tensor:
        """Noise in a random direction."""
        z = self.draw().to(own.dtype)
        size = own.square().sum(-1, keepdim=True) / z.square().sum(-1, keepdim=True).clamp_min(1e-30)
        return z.mul_(size.sqrt())

    def draw(self) -> Tensor:
        """N(0, 1) [R, B, H] of the next step (Box and Muller)."""
        bits = hash_(torch.add(self._keys, self.count, alpha=_STRIDE) + self._places)
        self.count.add_(1)
        scale, ones = 2.0**-31, (1 << 31) - 1
        first = bits.bitwise_and(ones).double().add_(1).mul_(scale)
        second = (bits >> 32).bitwise_and_(ones).double().mul_(2 * math.pi * scale)
        return first.log_().mul_(-2).sqrt_().mul_(second.cos_())


class Injected(DNI):
    """DNI at one segment, which consumes `inject`(δ̂, h, y).

    `seen` [R, 5]: running averages over batches of ‖δ̂ − δ‖², ‖δ‖², ‖δ̂‖², ‖e‖² and e·δ; δ arrived, e was injected.
    """

    def __init__(self, at: int, model: Model, inject: Inject, runs: int):
        super().__init__({at: model})
        self.at, self.inject = at, inject
        self.seen = model.params.flat.new_zeros(runs, 5)

    def consume(self, i: int, arriving: Any) -> Any:
        """What is injected; what arrives at another segment."""
        own = super().consume(i, arriving)
        if i != self.at:
            return own
        injected = self.inject(own, self.tape[i], self.y)
        seen = [v.square().sum((1, 2)) for v in (self.errors[i], arriving, own, injected)]
        self.seen.lerp_(torch.stack([*seen, (injected * arriving).sum((1, 2))], 1), 1 - MEMORY)
        return injected

    def quality(self) -> dict[str, Tensor]:
        """`sg_error` ‖δ̂ − δ‖²/‖δ‖² (1: as bad as predicting 0), `sg_cosine` of δ̂ and δ, [R]; of a control, too,
        `injected_cosine` of e and δ.
        """
        error, true, own, size = self.seen[:, :4].double().clamp_min(1e-300).unbind(1)
        found = {"sg_error": error / true, "sg_cosine": (true + own - error) / (2 * (true * own).sqrt())}
        if self.inject is not PLAIN["own"]:
            found["injected_cosine"] = self.seen[:, 4].double() / (true * size).sqrt()
        return found

    def kept(self) -> dict[str, Tensor]:
        """The model, the running averages, the noise's step."""
        count = {"noise": self.inject.count} if isinstance(self.inject, Noise) else {}
        return {**super().kept(), "seen": self.seen, **count}
