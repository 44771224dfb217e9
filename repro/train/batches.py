"""Mini-batches and random streams, each run from its own seed: trained together ≡ trained one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.errors import BadValueError


def stream(seed: int, purpose: str) -> torch.Generator:
    """A CPU generator for one purpose ("init", "batches/3", "random-k") of one seed; purposes are independent."""
    h = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(h[:8], "big") % (1 << 63))


class Batches:
    """Shuffled epochs of `n` examples in batches of `batch`; an incomplete last batch is left out.

    The order depends on the run's seed and the epoch alone, so a resumed run needs no generator state, and
    arms with the same seed see the same batches. `host(t)` fills a buffer that stays with the indices of an epoch;
    `take()` reads it by a counter on the device. `BadValueError` unless 1 ≤ `batch` ≤ `n`.
    """

    def __init__(self, n: int, batch: int, seeds: Sequence[int], device: str):
        if not 1 <= batch <= n:
            raise BadValueError(f"batch is {batch}; expected 1 to {n}, the number of training examples")
        self.n, self.batch, self.seeds = n, batch, tuple(seeds)
        self.per_epoch = n // batch
        shape = (self.per_epoch, len(self.seeds), batch)
        self.order = torch.zeros(shape, dtype=torch.long, device=device)
        self.k = torch.zeros(1, dtype=torch.long, device=device)
        self._at = (-1, 0)  # epoch and place in it that `take` comes to next

    def host(self, t: int) -> None:
        """Prepare training step t (0-based): new indices where an epoch begins, or after a jump."""
        epoch, k = divmod(t, self.per_epoch)
        if epoch != self._at[0]:
            self.order.copy_(torch.stack([self._epoch(s, epoch) for s in self.seeds], 1))
        if (epoch, k) != self._at:
            self.k.fill_(k)
        self._at = (epoch, k + 1)

    def take(self) -> Tensor:
        """Example indices [R, B] of the step that was prepared; moves on by one step."""
        now = self.order.index_select(0, self.k)[0]
        self.k.add_(1)
        return now

    def _epoch(self, seed: int, epoch: int) -> Tensor:
        order = torch.randperm(self.n, generator=stream(seed, f"batches/{epoch}"))
        return order[: self.per_epoch * self.batch].view(self.per_epoch, self.batch)

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of a run's first batch."""
        first = self._epoch(self.seeds[run], 0)[0]
        return hashlib.sha256(first.numpy().tobytes()).hexdigest()[:16]
