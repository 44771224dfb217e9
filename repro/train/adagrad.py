"""AdaGrad over parameters [R, P]: PyTorch's fused call, rows that moved alone, or a rate and a mask for each run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adagrad import adagrad as torch_adagrad

from repro.kernels import adagrad as kernel
from repro.kernels import cpu
from repro.nets.params import Params
from repro.train.optim import Masked, Optimizer


class MaskedAdaGrad(Masked):
    """AdaGrad: x ← x − rate · g / √(ε + Σg²), ε inside the root as in meProp's public code."""

    def _start(self) -> list[Tensor]:
        return [torch.full_like(p.flat, self.eps) for p in self.params]

    def _move(self, x: Tensor, g: Tensor, made: list[Tensor], count: Tensor, on: Tensor) -> None:
        made[0].addcmul_(g * on.to(g), g)
        x.sub_((g * (self.rate * on).to(g)).div_(made[0].sqrt()))


class AdaGrad(Optimizer):
    """`MaskedAdaGrad` for runs on a CPU that are all updated and share the rate.

    Where `Params.written` says which rows of a matrix have a gradient, the others are passed over: without one they
    would not move. Elsewhere it is PyTorch's fused call.
    """

    def __init__(
        self, params: Sequence[Params], rates: Sequence[float], eps: float, clip: float | None = None
    ):
        super().__init__(params, rates, eps, clip)
        self.sums = [torch.full_like(p.flat, eps) for p in self.params]
        self.counts = [torch.zeros(()) for _ in self.params]

    def step(self, moves: Sequence[Tensor] | None = None) -> None:
        """One update of everything."""
        assert moves is None, "a mask needs MaskedAdaGrad"
        assert len(set(self.rates)) == 1, "a rate a run needs MaskedAdaGrad"
        self._clip()
        dense = []
        for j, (p, s) in enumerate(zip(self.params, self.sums, strict=True)):
            if p.written and cpu.suits(p.flat, torch.float32):
                self.counts[j].add_(1)
                kernel.step(p.flat, p.flat_grad, s, self.rates[0], p.spans, p.written)
            else:
                dense.append(j)
        if not dense:
            return
        torch_adagrad(
            [self.params[j].flat for j in dense],
            [self.params[j].flat_grad for j in dense],
            [self.sums[j] for j in dense],
            [self.counts[j] for j in dense],
            fused=True,
            lr=self.rates[0],
            weight_decay=0.0,
            lr_decay=0.0,
            eps=0.0,
            maximize=False,
        )

    def kept(self) -> dict[str, Tensor]:
        """Sums of squares and step counters."""
        named = {"sum": self.sums, "count": self.counts}
        return {f"{k}{j}": t for k, made in named.items() for j, t in enumerate(made)}


def adagrad(params: Sequence[Params], rates: Sequence[float], eps: float) -> AdaGrad | MaskedAdaGrad:
    """The fused AdaGrad on a CPU where all runs share the rate, else ours."""
    if len(set(rates)) > 1 or params[0].flat.is_cuda:
        return MaskedAdaGrad(params, rates, eps, masked=False)
    return AdaGrad(params, rates, eps)
