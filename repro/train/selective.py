"""Adam that computes only what moves: for a CPU, on which a mask is known before the work is done."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam as torch_adam

from repro.train.optim import BETAS, MaskedAdam


class SelectiveAdam(MaskedAdam):
    """`MaskedAdam`, on a CPU by PyTorch's fused call over the blocks that move, one call for each rate.

    On a GPU, where reading a mask would wait for it, it is `MaskedAdam` itself.
    """

    def step(self, moves: Sequence[Tensor] | None = None) -> None:
        """One update; what does not move costs nothing."""
        if moves is None or self.rate.is_cuda:
            super().step(moves)
            return
        self._clip()
        taken: dict[float, list[tuple[Tensor, ...]]] = {}  # rate → what moves by it
        for j, (p, blocks) in enumerate(zip(self.params, self.blocks, strict=True)):
            for r, n in moves[j].nonzero().tolist():
                span = slice(*blocks[n])
                own = (t[r, span] for t in (p.flat, p.flat_grad, self.made[0][j], self.made[1][j]))
                taken.setdefault(self.rates[r], []).append((*own, self.counts[j][r, n]))
        for rate, moved in taken.items():
            self._fused(self.rate[self.rates.index(rate), 0], *map(list, zip(*moved, strict=True)))

    def _fused(
        self,
        rate: Tensor,
        x: list[Tensor],
        g: list[Tensor],
        m: list[Tensor],
        v: list[Tensor],
        counts: list[Tensor],
    ) -> None:
        """Adam of each block, in place. PyTorch counts in single precision: exact up to 16.7 million steps."""
        single = [c.float() for c in counts]
        torch_adam(
            x,
            g,
            m,
            v,
            [],
            single,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=0.0,
            eps=self.eps,
            maximize=False,
        )
        torch._foreach_copy_(counts, single)
