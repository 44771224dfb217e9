"""Six learning rules as one: chain rule below a layer h, of a surrogate of ∂L/∂h that a module on h brings about.

Source: arXiv:1703.00522v1, section 6 and Table 1. The module says s; it has a target t, which is held constant, and a
loss L_SG(t, s). The surrogate is s (SG), s + α ∂L_SG/∂h (SG + prop), or ∂L_SG/∂h (all others).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from repro.rules.backward import Rule
from repro.rules.dni import DNI, NetModel


@dataclass(frozen=True)
class Column:
    """A column of Table 1. `of`: from s, ∂L_SG/∂h and α to the surrogate; the target is `sign` ∂L/∂`at`: of h, of the
    output p, or of g, what the next layer's linear map makes of h.
    """

    module: str
    at: str
    sign: float
    loss: Callable[[Tensor, Tensor], Tensor]
    of: Callable[[Tensor, Tensor, float], Tensor]
    surrogate: str


def squared(t: Tensor, s: Tensor) -> Tensor:
    """‖t − s‖² of all examples."""
    return (t - s).square().sum()


def product(t: Tensor, s: Tensor) -> Tensor:
    """−⟨t, s⟩ of all examples."""
    return -(t * s).sum()


def _said(s: Tensor, back: Tensor, alpha: float) -> Tensor:
    return s


def _said_and_back(s: Tensor, back: Tensor, alpha: float) -> Tensor:
    return s + alpha * back


def _back(s: Tensor, back: Tensor, alpha: float) -> Tensor:
    return back


COLUMNS: Mapping[str, Column] = {
    "sg": Column("SG(h, y)", "h", 1.0, squared, _said, "SG(h, y)"),
    "sg_prop": Column("SG(h, y)", "h", 1.0, squared, _said_and_back, "SG(h, y) + α ∂L_SG/∂h"),
    "bprop": Column("h", "h", -1.0, product, _back, "∂L/∂h"),
    "dfa": Column("h A", "p", -1.0, product, _back, "(∂L/∂p) Aᵀ"),
    "fa": Column("h A", "g", -1.0, product, _back, "(∂L/∂g) Aᵀ"),
    "kickback": Column("h 1", "p", -1.0, product, _back, "(∂L/∂p) 1ᵀ"),
}


def surrogate(
    column: Column, h: Tensor, module: Callable[[Tensor], Tensor], gradient: Tensor, alpha: float = 1.0
) -> Tensor:
    """The surrogate of ∂L/∂h by autograd of L_SG alone; `module` as the column calls it, `gradient` ∂L/∂`at`."""
    with torch.enable_grad():
        at = h.detach().requires_grad_()
        s = module(at)
        (back,) = torch.autograd.grad(column.loss(column.sign * gradient.detach(), s), at)
    return column.of(s.detach(), back, alpha)


class Propagated(DNI):
    """SG + prop with linear models: segment i consumes δ̂ + α ∂L_SG/∂h, L_SG = ‖δ̂ − δ‖² of an example.

    ∂L_SG/∂h = 2 (δ̂ − δ) Aᵀ. `alone`: without δ̂ (footnote 5).
    """

    def __init__(self, models: Mapping[int, NetModel], alpha: float, alone: bool = False):
        super().__init__(models)
        self.alpha, self.alone = alpha, alone

    def consume(self, i: int, arriving: Tensor) -> Tensor:
        """δ̂_i + α ∂L_SG/∂h_i."""
        own: Tensor = super().consume(i, arriving)
        if i not in self.models:
            return own
        a = self.models[i].params.p["W1"][:, : own.shape[-1]]
        back: Tensor = 2 * self.alpha * (self.errors[i] @ a.mT)
        return back if self.alone else own + back

    def needs(self, i: int) -> str:
        """δ, the target, has to be there."""
        return "arriving"


def locks(
    rule: Rule, i: int, tape: Sequence[Tensor], y: Tensor, delta: Tensor, arriving: Tensor
) -> dict[str, bool]:
    """What Table 1 says of a rule, asked of its code: on what does that which segment i consumes depend?

    On what arrives from above: backward locked; straight on the error of the output: direct error; on either: update
    locked. `trained`: the rule has something that learns.
    """

    def consumed(delta: Tensor, arriving: Tensor) -> Tensor:
        rule.begin(tape, y, delta)
        made: Tensor = rule.consume(i, arriving).clone()
        return made

    base = consumed(delta, arriving)
    above = not torch.equal(base, consumed(delta, 2 * arriving + 1))
    direct = not torch.equal(base, consumed(2 * delta + torch.arange(delta.shape[-1]).to(delta), arriving))
    consumed(delta, arriving)
    return {
        "trained": bool(rule.kept()),
        "update locked": above or direct,
        "backward locked": above,
        "direct error": direct,
    }
