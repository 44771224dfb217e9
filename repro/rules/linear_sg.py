"""The linear synthetic-gradient model of Understanding SG, and the one shaped for log loss; samples are columns.

Source: arXiv:1703.00522v1, sections 2 and 4, supplement C (Table 2): SG(h, y) = h A + y B + C, zero at start; for log
loss it suggests SG(h, y) = d σ(h A) + y B + C, without an experiment.

Samples are columns here: h [R, d, S], so SG(h, y) = A h + B y + C with the transposed A, B, C of the paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.kernels import columns
from repro.nets.params import Params, normal_


class LinearSG:
    """SG(h, y) = A h + B y + C for R nets: A [R, d, d], B [R, d, c], C [R, d], all zero at start; y [R, c, S]."""

    def __init__(
        self, width: int, classes: int, runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ):
        shapes = {"A": (width, width), "B": (width, classes), "C": (width,)}
        self.params = Params(shapes, runs, device, dtype)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(h, y) [R, d, S]."""
        p, self.h, self.y = self.params.p, h, y
        return columns.add(columns.affine(p["A"], h, p["C"]), p["B"], y)

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of L_SG = mean_S ‖SG(h, y) − ∂L/∂h‖² from error = SG − ∂L/∂h; returns L_SG [R]."""
        g, h = self.params.g, self.h
        columns.weight_gradient(error, h, g["A"])
        columns.weight_gradient(error, self.y, g["B"])
        torch.sum(error, -1, out=g["C"])
        self.params.flat_grad.mul_(2 / h.shape[-1])  # few numbers, where errors are many
        return _mean_square(error)

    def kept(self) -> dict[str, Tensor]:
        """The parameters."""
        return {"weights": self.params.flat}


class ShapedSG(LinearSG):
    """SG(h, y) = d σ(A h) + B y + C for R nets: σ pointwise, d [R, 1] a learned scale, the rest as `LinearSG`'s.

    Two logits h have ∂L/∂h = (σ(h − h′) − y)/S, with h′ the other logit and L the mean log loss of S samples. That is
    this model at A = [[1, −1], [−1, 1]], B = −I/S, C = 0, d = 1/S: it can be exact wherever the net is.
    """

    def __init__(
        self, width: int, classes: int, runs: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ):
        self.width = width
        shapes = {"A": (width, width), "B": (width, classes), "C": (width,), "d": (1,)}
        self.params = Params(shapes, runs, device, dtype)

    def init(self, generators: Sequence[torch.Generator], scale: float) -> None:
        """A from N(0, 1/width), d = `scale`; B and C stay 0. The paper does not say.

        A zero A is no start for d = 0: A's gradient has the factor d, and d's is Σ (SG − ∂L/∂h)/S there, which is 0
        while the entries of each sample's error cancel, as those of a softmax's gradient do.
        """
        normal_(self.params.p["A"], math.sqrt(1 / self.width), generators)
        self.params.p["d"].fill_(scale)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(h, y) [R, width, S]."""
        p, self.h, self.y = self.params.p, h, y
        self.sigma = p["A"].bmm(h).sigmoid_()
        return columns.affine(p["B"], y, p["C"]).addcmul_(p["d"].unsqueeze(-1), self.sigma)

    def regress(self, error: Tensor) -> Tensor:
        """As `LinearSG.regress`, with ∂(d σ(a))/∂a = d σ(a) (1 − σ(a)) for A."""
        p, g, s = self.params.p, self.params.g, self.sigma
        e = error.mul(2 / s.shape[-1])
        columns.weight_gradient(e * p["d"].unsqueeze(-1) * s * (1 - s), self.h, g["A"])
        columns.weight_gradient(e, self.y, g["B"])
        torch.sum(e, -1, out=g["C"])
        torch.sum((e * s).flatten(1), 1, keepdim=True, out=g["d"])
        return _mean_square(error)


def _mean_square(error: Tensor) -> Tensor:
    """mean_S ‖error‖² of each run, [R], of [R, d, S]."""
    norms: Tensor = torch.linalg.vector_norm(error, dim=-1)  # over all at once its sum would lose digits
    return norms.square_().sum(1) / error.shape[-1]
