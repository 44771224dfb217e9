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
    arms with the same seed see the same batches. `BadValueError` unless 1 ≤ `batch` ≤ `n`.
    """

    def __init__(self, n: int, batch: int, seeds: Sequence[int], device: str):
        if not 1 <= batch <= n:
            raise BadValueError(f"batch is {batch}; expected 1 to {n}, the number of training examples")
        self.n, self.batch, self.seeds, self.device = n, batch, tuple(seeds), device
        self.per_epoch = n // batch
        self._epoch = -1
        self._order = torch.empty(0)

    def at(self, step: int) -> Tensor:
        """Example indices [R, B] of training step `step` (0-based)."""
        epoch, k = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rows = [torch.randperm(self.n, generator=stream(s, f"batches/{epoch}")) for s in self.seeds]
            self._order, self._epoch = torch.stack(rows).to(self.device), epoch
        return self._order[:, k * self.batch : (k + 1) * self.batch]

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of a run's first batch."""
        return hashlib.sha256(self.at(0)[run].cpu().numpy().tobytes()).hexdigest()[:16]
