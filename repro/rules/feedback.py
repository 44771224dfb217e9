"""Fixed feedback in the place of the chain rule: direct feedback alignment and Kickback.

Source: arXiv:1703.00522v1, section 6 and Table 1. (Feedback alignment replaces Wᵀ inside a linear map, so there it is
`repro.nets.dense.Dense(feedback=…)`, under plain backpropagation.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.kernels.products import product
from repro.nets.params import normal_
from repro.rules.backward import Rule


class DFA(Rule):
    """Hidden segment i uses (∂L/∂p) A_iᵀ: the error of the output p, sent straight back.

    `back` = {i: A_iᵀ [R, C, H_i]} for the hidden segments; p has C numbers an example and h_i has H_i.
    """

    def __init__(self, back: Mapping[int, Tensor]):
        self.back = dict(back)

    def begin(self, tape: Sequence[Tensor], y: Tensor, delta: Tensor) -> None:
        """Take the error at the output."""
        self.error, self.tape = delta, tape

    def consume(self, i: int, arriving: Tensor | None) -> Tensor | None:
        """The error through A_iᵀ; at a segment without A_i what arrives."""
        if i not in self.back:
            return arriving
        return product(self.error.flatten(2), self.back[i]).view(self.tape[i].shape)

    def needs(self, i: int) -> str:
        """Segments wait for the loss, not for each other."""
        return "loss" if i in self.back else "arriving"

    def wants(self, i: int) -> bool:
        """What arrives is not looked at."""
        return i not in self.back


def random_feedback(
    widths: Sequence[int], outputs: int, std: float, generators: Sequence[torch.Generator], like: Tensor
) -> dict[int, Tensor]:
    """A_iᵀ [R, C, H_i] ~ N(0, std²) of hidden segments of `widths`; one generator a run. The paper names no scale."""
    made = {i: like.new_zeros(len(generators), outputs, n) for i, n in enumerate(widths, 1)}
    for matrix in made.values():
        normal_(matrix, std, generators)
    return made


class Kickback(DFA):
    """(∂L/∂p) 1ᵀ: every unit uses the sum of the output's errors; DFA with matrices of ones."""

    def __init__(self, widths: Sequence[int], outputs: int, runs: int, like: Tensor):
        super().__init__({i: like.new_ones(runs, outputs, n) for i, n in enumerate(widths, 1)})
