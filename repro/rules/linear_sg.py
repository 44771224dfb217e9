"""The linear synthetic-gradient model of Understanding SG, for nets whose samples are columns.

Source: arXiv:1703.00522v1, sections 2 and 4, supplement C (Table 2): SG(h, y) = h A + y B + C, zero at start.

Samples are columns here: h [R, d, S], so SG(h, y) = A h + B y + C with the transposed A, B, C of the paper.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels.products import product_into
from repro.nets.affine import affine_columns
from repro.nets.params import Params


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
        return affine_columns(p["A"], h, p["C"]).baddbmm_(p["B"], y)

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of L_SG = mean_S ‖SG(h, y) − ∂L/∂h‖² from error = SG − ∂L/∂h; returns L_SG [R]."""
        g, h = self.params.g, self.h
        d = error.mul(2 / h.shape[-1])
        product_into(d, h.mT, g["A"])
        product_into(d, self.y.mT, g["B"])
        torch.sum(d, -1, out=g["C"])
        return error.square().sum(1).mean(-1)

    def kept(self) -> dict[str, Tensor]:
        """The parameters."""
        return {"weights": self.params.flat}
