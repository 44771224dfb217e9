"""The two controls of DNI: no gradient for hidden segments, and a stale one.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 section 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from repro.rules.backward import Rule


class NoBprop(Rule):
    """δ_i = 0 for every hidden segment: only the classifier learns ("No Bprop").

    `after`: for the segments up to that one alone; those above it learn by backpropagation.
    """

    def __init__(self, after: int | None = None):
        self.after = after

    def begin(self, tape: Sequence[Any], y: Any, delta: Any) -> None:
        """Remember which segment is the last."""
        self.cut = len(tape) - 2 if self.after is None else self.after

    def wants(self, i: int) -> bool:
        """Only segments above the cut take a gradient: nothing is sent down to the others."""
        return i > self.cut


class Stale(Rule):
    """δ̂_i = exponential average of the past gradients of h_i, one vector a segment.

    s_i ← ρ s_i + (1 − ρ) mean_B δ_i after use. Source: v1 section 3.1 (numbers only; the form is assumed).
    A gradient that arrives through a batch norm sums to zero over the batch: only the top hidden layer's s_i, below
    which the classifier has none, is not 0.
    `widths` of the hidden segments 1 … N−1; `like`: a tensor with the dtype and device of h.
    """

    def __init__(self, widths: Sequence[int], runs: int, decay: float, like: Tensor):
        self.decay = decay
        self.s = {i: like.new_zeros(runs, 1, n) for i, n in enumerate(widths, 1)}

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        """s_i of the steps before; then `arriving` enters the average."""
        if i not in self.s:
            return arriving
        stale = self.s[i].expand_as(arriving).contiguous()
        self.s[i].lerp_(arriving.mean(1, keepdim=True), 1 - self.decay)
        return stale

    def needs(self, i: int) -> str:
        """Hidden segments do not wait."""
        return "nothing" if i in self.s else "arriving"

    def kept(self) -> dict[str, Tensor]:
        """The averages."""
        return {f"stale{i}": s for i, s in self.s.items()}


class Skip(Rule):
    """Another rule, in which runs skip segments: zero gradient there, and nothing is passed on below.

    `moves` [R, N] bool: which segments of which runs are updated in this step. The optimiser takes the same mask, so
    that neither weights nor moments move (arXiv:1608.05343v2, section 3.3: every layer with probability p).
    """

    def __init__(self, rule: Rule, moves: Tensor):
        self.rule, self.moves = rule, moves
        for name in ("room", "begin", "needs", "wants", "end", "kept"):
            setattr(self, name, getattr(rule, name))

    def consume(self, i: int, arriving: Any) -> Any:
        """What the other rule says, zero where the segment is skipped."""
        consumed = self.rule.consume(i, arriving)
        if consumed is None:
            return None
        on = self.moves[:, i - 1].view(-1, *[1] * (consumed.dim() - 1))
        return torch.where(on, consumed, consumed.new_zeros(()))
