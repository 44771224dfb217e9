"""A deep linear net under MSE and a linear synthetic gradient: its exact SG, and gradient descent that it misleads.

Source: arXiv:1703.00522v1, section 3 and supplement B: Propositions 1 and 2, Corollary 1. Rows are examples, S of
them, and L = Σ ½‖p − y‖²/S. P problems at once; float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from repro.errors import UnknownNameError

GATES = ("corrected", "printed")
Layers = Sequence[tuple[Tensor, Tensor]]
"""(W [P, I, O], b [P, O]) of linear layers, from the lowest up."""


def product(layers: Layers) -> tuple[Tensor, Tensor]:
    """The one layer (W, b) that does what they do one after the other."""
    w, b = layers[0]
    for weight, bias in layers[1:]:
        w, b = w @ weight, (b.unsqueeze(1) @ weight).squeeze(1) + bias
    return w, b


def exact_sg(above: Layers, samples: int) -> tuple[Tensor, Tensor, Tensor]:
    """A, B, C with h A + y B + C = ∂L/∂h at any parameter value, of the layers above h.

    They come to p = h W + b, so ∂L/∂h = (h W + b − y) Wᵀ / S: A = W Wᵀ, B = −Wᵀ, C = b Wᵀ, each over S.
    """
    w, b = product(above)
    return w @ w.mT / samples, -w.mT / samples, (b.unsqueeze(1) @ w.mT).squeeze(1) / samples


def least_squares(x: Tensor, y: Tensor) -> Tensor:
    """The smallest L [P] of any linear map of x [P, S, I] (without bias) to y [P, S, O]."""
    return loss(x @ (torch.linalg.pinv(x) @ y), y)


def loss(p: Tensor, y: Tensor) -> Tensor:
    """L [P]."""
    return (p - y).square().sum((1, 2)) / (2 * p.shape[1])


def size(v: Tensor) -> Tensor:
    """The Frobenius norm of each of P matrices, [P, 1, 1]."""
    return v.square().sum((1, 2), keepdim=True).sqrt()


def cosine(one: Tensor, other: Tensor) -> Tensor:
    """Of two sets of P matrices, [P]."""
    return (one * other).sum((1, 2)) / (size(one) * size(other)).flatten()


class Descent:
    """p = x W₁ W₂ W₃ by gradient descent with `rate`; what W₁ uses as ∂L/∂h, h = x W₁, is up to the caller.

    ‖∂h/∂W₁‖ is the largest singular value of x, `norm` [P, 1, 1]. Weights start at N(0, 1/fan-in).
    """

    def __init__(self, x: Tensor, y: Tensor, width: int, rate: float, rng: torch.Generator):
        self.x, self.y, self.rate = x, y, rate
        sizes = (x.shape[-1], width, width, y.shape[-1])
        self.w = [
            torch.randn(len(x), i, o, generator=rng, dtype=x.dtype) / i**0.5 for i, o in pairwise(sizes)
        ]
        self.norm = torch.linalg.matrix_norm(x, 2).view(-1, 1, 1)
        self.best = least_squares(x, y)

    def forward(self) -> None:
        """h, h₂, p and the true ∂L/∂h, `g` [P, S, width]."""
        self.h = self.x @ self.w[0]
        self.h2 = self.h @ self.w[1]
        self.p = self.h2 @ self.w[2]
        self.delta = (self.p - self.y) / self.x.shape[1]
        self.g = self.delta @ self.w[2].mT @ self.w[1].mT

    def move_below(self, consumed: Tensor) -> None:
        """One step of W₁ alone, `consumed` in the place of ∂L/∂h."""
        self.w[0] = self.w[0] - self.rate * (self.x.mT @ consumed)

    def move(self, consumed: Tensor, factor: Tensor) -> None:
        """One step: `consumed` in the place of ∂L/∂h, the true gradient above; `factor` [P, 1, 1] times the rate."""
        down = (self.x.mT @ consumed, self.h.mT @ self.delta @ self.w[2].mT, self.h2.mT @ self.delta)
        self.w = [w - self.rate * factor * d for w, d in zip(self.w, down, strict=True)]

    def gap(self) -> Tensor:
        """L minus that of least squares, [P]."""
        return loss(self.x @ self.w[0] @ self.w[1] @ self.w[2], self.y) - self.best


def error_of(direction: str, rho: float, net: Descent, rng: torch.Generator) -> Tensor:
    """e with ‖e‖ ‖∂h/∂W₁‖ = ρ ‖∂L/∂W₁‖, for white inputs (xᵀx = S I): then it reaches W₁ in full.

    "random"; "against" the gradient; or the "worst": what turns ∂L/∂W₁ furthest, by arcsin ρ, to a random side.
    """
    true = net.x.mT @ net.g
    if direction == "random":
        e = torch.randn(net.g.shape, generator=rng, dtype=net.g.dtype)
        drawn: Tensor = e * (rho * size(true) / (size(e) * net.norm))
        return drawn
    if direction == "against":
        turned = -rho * true
    elif direction == "worst":
        side = torch.randn(true.shape, generator=rng, dtype=true.dtype)
        side = side - true * ((side * true).sum((1, 2), keepdim=True) / size(true).square())
        turned = rho * (1 - rho**2) ** 0.5 * side * (size(true) / size(side)) - rho**2 * true
    else:
        raise UnknownNameError("direction of an error", direction, ("random", "against", "worst"))
    made: Tensor = net.x @ turned / net.norm.square()
    return made


def slack(net: Descent, e: Tensor) -> Tensor:
    """1 − ‖(g + e) ∂h/∂θ‖ / (‖g ∂h/∂θ‖ + ‖e‖ ‖∂h/∂θ‖), [P]: not below 0, says section 3."""
    true, bent = net.x.mT @ net.g, net.x.mT @ (net.g + e)
    made: Tensor = 1 - size(bent) / (size(true) + size(e) * net.norm).clamp_min(1e-300)
    return made.flatten()


def white_problems(
    count: int, rng: torch.Generator, samples: int = 30, inputs: int = 3, outputs: int = 2
) -> tuple[Tensor, Tensor]:
    """x [P, S, I] with xᵀx = S I, and y [P, S, O] of a random linear map and noise."""
    x = torch.randn(count, samples, inputs, generator=rng, dtype=torch.float64)
    x = torch.linalg.qr(x).Q * samples**0.5
    w = torch.randn(count, inputs, outputs, generator=rng, dtype=torch.float64)
    noise = torch.randn(count, samples, outputs, generator=rng, dtype=torch.float64)
    return x, x @ w + 0.3 * noise


class Gated(Descent):
    """Corollary 1: the net moves as the SG's error allows, else the SG learns alone.

    With r = ‖e‖ ‖∂h/∂θ‖ / (⅓ ‖∂L/∂θ‖) the rate's factor is max(0, 1 − r), or as printed max(0, r − 1): the paper's
    μ = ε max(0, …), with an ε of its own for each iteration. The SG's A, B, C (one above the other, `sg` [P, H + O +
    1, H]) start at 0 and take a gradient step with line search towards the true ∂L/∂h.
    """

    def __init__(self, gate: str, x: Tensor, y: Tensor, width: int, rate: float, rng: torch.Generator):
        if gate not in GATES:
            raise UnknownNameError("gate", gate, GATES)
        super().__init__(x, y, width, rate, rng)
        self.gate = gate
        self.sg = x.new_zeros(len(x), width + y.shape[-1] + 1, width)
        self.slack = torch.full_like(self.best, torch.inf)

    def step(self) -> None:
        """One iteration of net and SG."""
        self.forward()
        inputs = torch.cat([self.h, self.y, torch.ones_like(self.y[..., :1])], -1)
        said = inputs @ self.sg
        error = said - self.g
        allowed = size(self.x.mT @ self.g) / 3
        r = size(error) * self.norm / allowed.clamp_min(1e-300)
        factor = (1 - r if self.gate == "corrected" else r - 1).clamp(0, 1)
        self.slack = torch.minimum(self.slack, slack(self, error))
        self.move(said, factor)
        pull = inputs.mT @ error
        spread = (inputs @ pull).square().sum((1, 2), keepdim=True)
        nu = pull.square().sum((1, 2), keepdim=True) / spread.clamp_min(1e-300)
        self.sg = self.sg - nu * pull
