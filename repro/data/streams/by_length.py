"""Epochs of batches whose examples are about equally long, so that little is padded."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data.streams.draws import stream
from repro.data.streams.epochs import Epochs


class ByLength(Epochs):
    """`Epochs` in which a batch holds neighbours in length: chance decides among equals, and the order of batches.

    That order is the epoch's alone, the same for all seeds: runs that train together get short batches together.
    `lengths` [n]. What an incomplete last batch would leave out is chosen by chance, too.
    """

    def __init__(self, lengths: Tensor, batch: int, seeds: Sequence[int], device: str | torch.device = "cpu"):
        super().__init__(len(lengths), batch, seeds, device)
        self._lengths = lengths.cpu()

    def _drawn(self, epoch: int) -> Tensor:
        rows = super()._drawn(epoch).transpose(0, 1).flatten(1)  # [R, used], shuffled
        order = self._lengths[rows].argsort(dim=1, stable=True)
        sorted_ = rows.gather(1, order).view(len(rows), self.per_epoch, self.batch)
        turns = torch.randperm(self.per_epoch, generator=stream(0, f"lengths/{epoch}"))
        return sorted_[:, turns].transpose(0, 1).contiguous()
