"""A training step timed in its parts: what MLPs (`step_time`) and the tagger (`tagger_time`) have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam as torch_adam

from repro.record.stats import median


class Steps(ABC):
    """Steps of one net on one mini-batch, which a call takes: `forward`, `backward`, `update`.

    `p`: `steps` of a call, `examples` in an epoch, `batch` of them in a mini-batch. A call says the seconds that each
    part of a step takes (the median), times the steps of an epoch; of more than one step the first is not counted,
    since other nets' numbers are in the caches then. `weights`: all that is learned.
    """

    def __init__(self, p: Mapping[str, Any], weights: Sequence[Tensor]):
        self.steps, self.an_epoch = p["steps"], p["examples"] / p["batch"]
        self.weights = list(weights)
        self.moments = [[torch.zeros_like(v) for v in self.weights] for _ in range(2)]
        self.counts = [torch.zeros(()) for _ in self.weights]
        # gradients of the last step: freed when the next are there, so that memory is used again, not given back
        self.held: list[Tensor] = []

    def __call__(self) -> dict[str, float]:
        """Take the steps."""
        taken = [self.step() for _ in range(self.steps)][-max(self.steps - 1, 1) :]
        return {name: median([parts[name] for parts in taken]) * self.an_epoch for name in taken[0]}

    def step(self) -> dict[str, float]:
        """One step; seconds of its parts. The linear maps' share of the backward pass is measured within it."""
        clock = time.perf_counter
        began = clock()
        h, delta = self.forward()
        there = clock()
        gradients, linear = self.backward(h, delta)
        back = clock()
        self.update(gradients)
        parts = (back - there, there - began, linear, clock() - back)
        self.held = gradients
        return dict(zip(("backward_s", "forward_s", "linear_s", "update_s"), parts, strict=True))

    @abstractmethod
    def forward(self) -> tuple[list[Tensor], Tensor]:
        """What the way back needs beside ∂L/∂logits, and that, which comes with the loss."""

    @abstractmethod
    def backward(self, h: list[Tensor], g: Tensor) -> tuple[list[Tensor], float]:
        """Gradients of `weights`, and the seconds that the linear maps took, with what they select."""

    def update(self, gradients: list[Tensor]) -> None:
        """Adam's fused update of everything, at the rate 0: every repetition is of the same net."""
        m, v = self.moments
        more: dict[str, Any] = {
            "amsgrad": False,
            "beta1": 0.9,
            "beta2": 0.999,
            "weight_decay": 0.0,
            "maximize": False,
        }
        torch_adam(self.weights, gradients, m, v, [], self.counts, fused=True, lr=0.0, eps=1e-8, **more)
