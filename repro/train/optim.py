"""Adam over parameters [R, P]: all runs in one fused call, or a rate and a mask for each run.

The rate is a tensor that the host fills, since a captured CUDA graph would freeze a Python number. All state lies in
tensors of fixed addresses, so that loading a checkpoint leaves a captured graph valid.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam as torch_adam

from repro.kernels import gpu
from repro.nets.params import Params

BETAS = (0.9, 0.999)


class Optimizer:
    """Moves the parameters of R runs along their gradients.

    `rates`: learning rate of each run at the start; `clip`: the largest norm of a run's gradient over all `params`
    together, to which longer ones are scaled down.
    """

    def __init__(
        self, params: Sequence[Params], rates: Sequence[float], eps: float, clip: float | None = None
    ):
        self.params, self.eps, self.clip = list(params), eps, clip
        self.rates: list[float] = []
        # a double, so that nothing is rounded twice; CUDA's fused kernel reads single precision
        dtype = torch.float32 if params[0].flat.is_cuda else torch.float64
        self.rate = torch.zeros(len(rates), 1, device=params[0].flat.device, dtype=dtype)  # [R, 1]
        self.set_rates(rates)

    def set_rates(self, rates: Sequence[float]) -> None:
        """The learning rate of each run from now on: host work, done only when one changes."""
        if list(rates) != self.rates:
            self.rates = list(rates)
            self.rate.copy_(torch.tensor(self.rates, dtype=torch.float64).unsqueeze(1))

    def step(self, moves: Sequence[Tensor] | None = None) -> None:
        """One update. `moves[j]` [R, blocks of params[j]] bool: what is updated; None: everything."""
        raise NotImplementedError

    def kept(self) -> dict[str, Tensor]:
        """Moments and step counters, by name."""
        raise NotImplementedError

    def _zeros(self) -> list[Tensor]:
        return [torch.zeros_like(p.flat) for p in self.params]

    def _clip(self) -> None:
        if self.clip is None:
            return
        norm = torch.stack([p.flat_grad.square().sum(1, keepdim=True) for p in self.params]).sum(0).sqrt()
        for p in self.params:
            p.flat_grad.mul_((self.clip / (norm + 1e-6)).clamp(max=1))  # as torch's clip_grad_norm_


def by_kernel(params: Sequence[Params]) -> bool:
    """Whether Adam without a mask goes through our kernel for GPUs."""
    return all(gpu.suits(p.flat, torch.float32) for p in params)


class Adam(Optimizer):
    """Adam (β = 0.9, 0.999) for runs that are all updated: by PyTorch's fused call, or on a GPU by a kernel of ours,
    which takes a rate for each run.
    """

    def __init__(
        self, params: Sequence[Params], rates: Sequence[float], eps: float = 1e-8, clip: float | None = None
    ):
        super().__init__(params, rates, eps, clip)
        self.m, self.v = self._zeros(), self._zeros()
        self._counts = torch.zeros(len(self.params), device=self.rate.device)  # raised by one launch
        self.counts = list(self._counts.unbind())

    def step(self, moves: Sequence[Tensor] | None = None) -> None:
        """One update of everything."""
        assert moves is None, "a mask needs MaskedAdam"
        self._clip()
        if by_kernel(self.params):
            self._by_kernel()
            return
        assert len(set(self.rates)) == 1, "a rate a run needs MaskedAdam"
        torch_adam(
            [p.flat for p in self.params],
            [p.flat_grad for p in self.params],
            self.m,
            self.v,
            [],
            self.counts,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.rate[0, 0],
            weight_decay=0.0,
            eps=self.eps,
            maximize=False,
        )

    def _by_kernel(self) -> None:
        from repro.kernels import adam_triton

        self._counts.add_(1)
        for p, m, v, count in zip(self.params, self.m, self.v, self.counts, strict=True):
            adam_triton.step(p.flat, p.flat_grad, m, v, self.rate, count, self.eps, BETAS)

    def kept(self) -> dict[str, Tensor]:
        """Moments and step counters."""
        named = {"m": self.m, "v": self.v, "count": self.counts}
        return {f"{k}{j}": t for k, made in named.items() for j, t in enumerate(made)}


class Masked(Optimizer):
    """An update of ours, block by block: a rate for each run, a mask and a step counter for each run and block."""

    moments = 1

    def __init__(
        self,
        params: Sequence[Params],
        rates: Sequence[float],
        eps: float,
        clip: float | None = None,
        masked: bool = True,
    ):
        super().__init__(params, rates, eps, clip)
        self.blocks = [p.blocks if masked else [(0, p.flat.shape[1])] for p in self.params]
        self.made = [self._start() for _ in range(self.moments)]
        self.counts = [self.rate.new_zeros(len(self.rate), len(own)).double() for own in self.blocks]

    def _start(self) -> list[Tensor]:
        """A moment before the first update."""
        return self._zeros()

    def step(self, moves: Sequence[Tensor] | None = None) -> None:
        """One update; where `moves` is False neither weights nor moments nor the step counter move."""
        self._clip()
        for j, (p, blocks, count) in enumerate(zip(self.params, self.blocks, self.counts, strict=True)):
            on = torch.ones_like(count) if moves is None else moves[j].to(count)
            count.add_(on)
            for n, (a, b) in enumerate(blocks):
                own = [s[j][:, a:b] for s in self.made]
                self._move(p.flat[:, a:b], p.flat_grad[:, a:b], own, count[:, n, None], on[:, n, None])

    def _move(self, x: Tensor, g: Tensor, made: list[Tensor], count: Tensor, on: Tensor) -> None:
        """Update x [R, n] by g; `made`: its moments, `count` and `on` (0 or 1) [R, 1], float64."""
        raise NotImplementedError

    def kept(self) -> dict[str, Tensor]:
        """Moments and step counters."""
        named = {f"moment{n}": own for n, own in enumerate(self.made)} | {"count": self.counts}
        return {f"{k}-{j}": t for k, own in named.items() for j, t in enumerate(own)}


class MaskedAdam(Masked):
    """Adam (β = 0.9, 0.999): equal to PyTorch's to rounding where rates are equal and everything moves."""

    moments = 2

    def _move(self, x: Tensor, g: Tensor, made: list[Tensor], count: Tensor, on: Tensor) -> None:
        m, v = made
        m.lerp_(g, (on * (1 - BETAS[0])).to(g))
        v.lerp_(g * g, (on * (1 - BETAS[1])).to(g))
        taken = count.clamp(min=1)
        size = self.rate * on / (1 - BETAS[0] ** taken)
        root = (1 - BETAS[1] ** taken).sqrt()
        x.sub_((m * size.to(x)).div_((v.sqrt() / root.to(x)).add_(self.eps)))


def adam(
    params: Sequence[Params],
    rates: Sequence[float],
    eps: float = 1e-8,
    clip: float | None = None,
    masked: bool = False,
) -> Adam | MaskedAdam:
    """The fused Adam where nothing is masked and all runs share the rate or the GPU's kernel is there, else ours."""
    if masked or (len(set(rates)) > 1 and not by_kernel(params)):
        return MaskedAdam(params, rates, eps, clip, masked)
    return Adam(params, rates, eps, clip)
