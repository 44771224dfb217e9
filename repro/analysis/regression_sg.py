"""Theorem 1 as a recursion: linear regression that learns through a linear synthetic gradient at its output.

Source: arXiv:1703.00522v1, supplement B. Data X̄ [d + 1, S] (last row ones), labels y [S], p = W X̄, L = ½ Σ (y − p)².
The SG is written around the truth: ∇̃ = (α + 1) p − (β + 1) y + γ, so ω = (α, β, γ) = 0 is the true gradient p − y,
and ξ = A ω with A = [pᵀ, −yᵀ, 1ᵀ] is its error. P problems at once; float64.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.errors import UnknownNameError

BOUNDS = ("printed", "corrected", "halved")
SHARE = 0.9
"""Of the bound on the rate, which must stay below it."""
BELOW = 1e-9
"""Errors that rise below this are rounding."""
TINY = 1e-200
"""A squared norm below this is that of ξ = 0, at which the SG no longer moves."""


class Regression:
    """P problems, x [P, d + 1, S] and y [P, S], and where they are: W = 0 and an SG that says 0 at first.

    `bound` of the rate μ, of which 0.9 is taken, with ratio = ‖Aᵀξ‖⁴ / (‖AAᵀξ‖² ‖ξ‖²), B = X̄ᵀX̄ and b its smallest
    eigenvalue that is not 0: "printed": min{b/‖B‖², 1 − ratio/2}; "corrected": min{b/‖B‖², ratio/(2‖B‖)}, what the
    proof's argument needs; "halved": that, halved until ‖f‖ + ‖ξ‖ does not rise, where f is the part of y − p that
    X̄ can reach. `rises` [P]: steps in which it rose, `most`: the largest rise, as a share; `rises_frozen`: steps with
    ξ as in the proof, by the A of the step before.
    """

    def __init__(self, x: Tensor, y: Tensor, bound: str):
        if bound not in BOUNDS:
            raise UnknownNameError("bound of the rate", bound, BOUNDS)
        self.x, self.y, self.bound = x, y, bound
        values = torch.linalg.eigvalsh(x @ x.mT)  # X̄X̄ᵀ has those eigenvalues of B that are not 0
        self.smallest, self.norm = values[:, 0], values[:, -1]
        self.basis = torch.linalg.qr(x.mT).Q
        self.w = x.new_zeros(x.shape[:2])
        self.omega = x.new_tensor([-1.0, -1.0, 0.0]).repeat(len(x), 1)
        self.rises, self.rises_frozen, self.most = (x.new_zeros(len(x)) for _ in range(3))

    def step(self) -> None:
        """One update of W by ∇̃ and of ω by line search, both from the same A."""
        p = self._predict(self.w)
        a = self._inputs(p)
        xi = torch.einsum("psk,pk->ps", a, self.omega)
        before = self._error(p) + xi.norm(dim=1)
        pull = torch.einsum("psk,ps->pk", a, xi)  # Aᵀξ
        top, spread = pull.square().sum(1), torch.einsum("psk,pk->ps", a, pull).square().sum(1)
        still = spread < TINY
        nu = torch.where(still, 0.0, top / spread.masked_fill(still, 1))  # minimises ‖A(ω − ν AᵀAω)‖
        ratio = torch.where(still, 1.0, top * nu / xi.square().sum(1).masked_fill(still, 1))
        self.omega = self.omega - nu.unsqueeze(1) * pull
        down = torch.einsum("ps,pds->pd", p - self.y + xi, self.x)  # ∇̃ X̄ᵀ
        mu = self._rate(ratio)
        while True:
            w = self.w - mu.unsqueeze(1) * down
            p = self._predict(w)
            reach = self._error(p)
            grew = self._grew(reach, self._inputs(p), before)
            if self.bound != "halved" or not bool((grew > 0).any()):
                break
            mu = torch.where(grew > 0, mu / 2, mu)
        self.w = w
        self.rises += grew > 0
        self.rises_frozen += self._grew(reach, a, before) > 0
        self.most = torch.maximum(self.most, grew)

    def _rate(self, ratio: Tensor) -> Tensor:
        own = 1 - ratio / 2 if self.bound == "printed" else ratio / (2 * self.norm)
        return SHARE * torch.minimum(self.smallest / self.norm.square(), own)

    def _grew(self, reach: Tensor, a: Tensor, before: Tensor) -> Tensor:
        """By which share ‖f‖ + ‖ξ‖ rose, ξ = A ω; 0 where it did not, or is at rounding."""
        after = reach + torch.einsum("psk,pk->ps", a, self.omega).norm(dim=1)
        share = after / before.clamp_min(BELOW) - 1
        return torch.where((share > 1e-12) & (before > BELOW), share, 0.0)

    def _predict(self, w: Tensor) -> Tensor:
        return torch.einsum("pd,pds->ps", w, self.x)

    def _inputs(self, p: Tensor) -> Tensor:
        """A [P, S, 3]."""
        return torch.stack([p, -self.y, torch.ones_like(p)], -1)

    def _error(self, p: Tensor) -> Tensor:
        """‖f‖ [P]."""
        made: Tensor = torch.einsum("psd,ps->pd", self.basis, self.y - p).norm(dim=1)
        return made

    def gap(self) -> Tensor:
        """L(W) minus that of least squares, [P]: ½‖f‖²."""
        made: Tensor = self._error(self._predict(self.w)).square() / 2
        return made


def problems(count: int, seed: int, inputs: int = 2, samples: int = 40) -> tuple[Tensor, Tensor]:
    """x [P, d + 1, S] and y [P, S] of random problems: X ~ N(0, 1), labels of a random linear map and noise."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(count, inputs, samples, generator=rng, dtype=torch.float64)
    x = torch.cat([x, torch.ones(count, 1, samples, dtype=torch.float64)], 1)
    w = torch.randn(count, inputs + 1, generator=rng, dtype=torch.float64)
    noise = torch.randn(count, samples, generator=rng, dtype=torch.float64)
    return x, torch.einsum("pd,pds->ps", w, x) + 0.5 * noise
