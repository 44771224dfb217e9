"""Sentences in shuffled batches, padded to one width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from repro.data.streams.by_length import ByLength
from repro.data.streams.draws import fingerprint
from repro.data.streams.epochs import Epochs
from repro.errors import BadValueError


class Padded(NamedTuple):
    """A batch of sentences: `sentence` [R, B] their numbers, `mask` [R, B, L] bool where there are words.

    `columns` has each column as [R, B, L, …], 0 where there is no word. L is the longest sentence of the step's
    batches, of all runs, or of the whole set.
    """

    columns: dict[str, Tensor]
    mask: Tensor
    sentence: Tensor


class Sentences:
    """Epochs of S sentences in batches of `batch`, in the order of `Epochs`; an incomplete last batch is left out.

    `lengths` [S] and `columns` (name -> [W, …], all words one after the other) are those of `Trees`. `by_length`: in
    the order of `ByLength`, batches of about equally long ones. `fixed`: every
    batch is as wide as the longest sentence of the set, as a CUDA graph wants it; else each step as wide as it
    needs, and `host` must be called before every step. A run's words do not depend on its companions, its padding
    does. `BadValueError`: lengths and columns that do not fit together, or a `batch` that is not in 1 … S.
    """

    def __init__(
        self,
        lengths: Tensor,
        columns: Mapping[str, Tensor],
        batch: int,
        seeds: Sequence[int],
        device: str | torch.device = "cpu",
        fixed: bool = False,
        by_length: bool = False,
    ):
        words = int(lengths.sum())
        if int(lengths.min()) < 1 or any(len(c) != words for c in columns.values()):
            sizes = {name: len(c) for name, c in columns.items()}
            raise BadValueError(
                f"sentences of {words} words, columns of {sizes}; expected as many, none empty"
            )
        self.fixed, given = fixed, (batch, seeds, device)
        self.epochs = ByLength(lengths, *given) if by_length else Epochs(len(lengths), *given)
        self.per_epoch = self.epochs.per_epoch
        self.lengths, self.columns = lengths.to(device), {k: c.to(device) for k, c in columns.items()}
        self.width = self.longest = int(lengths.max())
        self._starts = self.lengths.cumsum(0) - self.lengths
        self._offsets = torch.arange(self.longest, device=device)
        self._on_host, self._order, self._widths = lengths.cpu(), self.epochs.order, [0]

    def host(self, t: int) -> int:
        """Prepare step t; returns the first step of the next epoch, or the next step if widths vary."""
        end = self.epochs.host(t)
        if self.fixed:
            return end
        if self._order is not self.epochs.order:  # another epoch
            self._order = self.epochs.order
            self._widths = self._on_host[self._order].amax((1, 2)).tolist()
        self.width = self._widths[t % self.per_epoch]
        return t + 1

    def take(self) -> Padded:
        """The sentences of this step."""
        return self._padded(self.epochs.take(), self.width)

    def at(self, t: int) -> Padded:
        """The sentences of training step t; the stream stays where it is."""
        at = self.epochs.at(t)
        return self._padded(at, self.longest if self.fixed else int(self.lengths[at].max()))

    def fingerprint(self, run: int) -> str:
        """First 16 hex digits of the SHA-256 of the numbers of a run's first sentences."""
        return fingerprint(self.epochs.at(0)[run])

    def _padded(self, sentence: Tensor, width: int) -> Padded:
        offsets, flat = self._offsets[:width], sentence.reshape(-1)
        mask = offsets < self.lengths.index_select(0, flat).unsqueeze(1)
        places = ((self._starts.index_select(0, flat).unsqueeze(1) + offsets) * mask).view(-1)
        shape, columns = (*sentence.shape, width), {}
        for name, column in self.columns.items():
            there = mask.view(-1, *[1] * (column.dim() - 1))
            columns[name] = (column.index_select(0, places) * there).view(*shape, *column.shape[1:])
        return Padded(columns, mask.view(shape), sentence)
