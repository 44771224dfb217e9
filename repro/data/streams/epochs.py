"""Shuffled epochs: every example once, then again in another order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data.streams.draws import fingerprint, stream
from repro.errors import BadValueError


class Epochs:
    """Shuffled epochs of `n` examples in batches of `batch`, for R runs; an incomplete last batch is left out.

    The order depends on the run's seed and the epoch alone, so arms with the same seed see the same batches.
    `BadValueError` unless 1 ≤ `batch` ≤ `n`.
    """

    def __init__(self, n: int, batch: int, seeds: Sequence[int], device: str | torch.device = "cpu"):
        if not 1 <= batch <= n:
            raise BadValueError(f"batch is {batch}; expected 1 to {n}, the number of training examples")
        self.n, self.batch, self.seeds, self.device = n, batch, tuple(seeds), device
        self.per_epoch = n // batch
        shape = (self.per_epoch, len(self.seeds), batch)
        self.order = torch.zeros(shape, dtype=torch.int64)  # of the epoch at hand, on the CPU
        self._order = torch.zeros(shape, dtype=torch.int64, device=device)
        self._step = torch.zeros(1, dtype=torch.int64, device=device)
        self._epoch = self._seen = -1
        self._at = self._order

    def host(self, t: int) -> int:
        """Prepare step t; returns the first step of the next epoch."""
        epoch, k = divmod(t, self.per_epoch)
        if epoch != self._epoch:
            self.order = self._drawn(epoch)
            self._order.copy_(self.order)
            self._epoch = epoch
        self._step.fill_(k)
        return (epoch + 1) * self.per_epoch

    def take(self) -> Tensor:
        """Example indices [R, B] of this step."""
        now = self._order.index_select(0, self._step)[0]
        self._step.add_(1)
        return now

    def at(self, t: int) -> Tensor:
        """Example indices [R, B] of training step t; the stream stays where it is."""
        epoch, k = divmod(t, self.per_epoch)
        if epoch == self._epoch:
            return self._order[k].clone()  # `host` will write another epoch there
        if epoch != self._seen:
            self._at, self._seen = self._drawn(epoch).to(self.device), epoch
        return self._at[k]

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of a run's first batch."""
        return fingerprint(self.at(0)[run])

    def _drawn(self, epoch: int) -> Tensor:
        """The batches [steps, R, B] of an epoch, on the CPU."""
        used = self.per_epoch * self.batch
        rows = [torch.randperm(self.n, generator=stream(s, f"batches/{epoch}"))[:used] for s in self.seeds]
        return torch.stack(rows, 1).view(self.per_epoch, self.batch, -1).transpose(1, 2).contiguous()
