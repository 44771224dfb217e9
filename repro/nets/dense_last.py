"""The fully connected segment with batch norm behind the activation, its backward pass written out.

`repro.nets.dense.Dense(norm="last")` is its plain twin, by autograd; a test holds the two equal. Twenty layers of 128
units take a fifth of the plain twin's time. On a GPU activation and batch norm are one kernel of ours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels import norm
from repro.kernels.products import affine, product, weight_gradient
from repro.nets.dense import MOMENTUM, Dense

EPS = 1e-5


class DenseLast(Dense):
    """y = BN(φ(x W + b)) for R runs, x [R, B, I] → y [R, B, O]; φ is relu or sigmoid.

    PyTorch's batch norm knows no run axis: units of all runs stand side by side in it, [B, R·O].
    """

    def __init__(self, inputs: int, outputs: int, act: str = "relu", std: float | None = None):
        super().__init__(inputs, outputs, act, "last", std)
        self.fast = act in ("relu", "sigmoid")
        self._kept: tuple[Tensor, ...] = ()

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y in training mode; moves the running statistics."""
        if not self.fast:
            return super().forward(x, out)
        p = self.p
        a = affine(x, p["W"], p["b"])
        if norm.triton(a):
            return self._forward_by_kernel(x, a, out)
        side = _side_by_side(a.relu_() if self.act == "relu" else a.sigmoid_())
        y, mean, rstd = torch.native_batch_norm(
            side, _row(p["gamma"]), _row(p["beta"]), None, None, True, 0.0, EPS
        )
        self._kept = x, side, mean, rstd
        self._track(self._runs(mean), self._runs(rstd.pow(-2).sub_(EPS)))
        y = _apart(y, x.shape[0])
        return y if out is None else out.copy_(y)

    def _forward_by_kernel(self, x: Tensor, a: Tensor, out: Tensor | None) -> Tensor:
        from repro.kernels import norm_last_triton

        gamma, beta, sigmoid = self.p["gamma"], self.p["beta"], self.act == "sigmoid"
        running = self.mean, self.var
        y, mean, rstd = norm_last_triton.forward(
            a, gamma, beta, out, running, sigmoid=sigmoid, eps=EPS, momentum=MOMENTUM
        )
        self._kept = x, a, mean, rstd  # a holds φ(a) now
        return y

    def _runs(self, v: Tensor) -> Tensor:
        return v.view(self.mean.shape)

    def pull(self, consumed: Tensor, need_input: bool = True) -> Tensor | None:
        """∂L/∂W = xᵀ keep(g) and ∂L/∂x = keep(g) Wᵀ, where g is the gradient at the linear map's output."""
        if not self.fast:
            return super().pull(consumed, need_input)
        if not self._kept:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        (x, *kept), self._kept = self._kept, ()
        at = self._pull_by_kernel(consumed, *kept) if norm.triton(consumed) else self._pull(consumed, *kept)
        at = at if self.keep is None else self.keep(at)
        weight_gradient(x, at, self.g["W"])
        if not need_input:
            return None
        return product(at, self.p["W"].mT if self.feedback is None else self.feedback)

    def _pull(self, consumed: Tensor, side: Tensor, mean: Tensor, rstd: Tensor) -> Tensor:
        """The gradient at the linear map's output; writes those of γ, β and b."""
        p, g, aten = self.p, self.g, torch.ops.aten
        d, d_gamma, d_beta = aten.native_batch_norm_backward(
            _side_by_side(consumed), side, _row(p["gamma"]), None, None, mean, rstd, True, EPS, [True] * 3
        )
        g["gamma"].copy_(d_gamma.view_as(g["gamma"]))
        g["beta"].copy_(d_beta.view_as(g["beta"]))
        relu = self.act == "relu"
        d = aten.threshold_backward(d, side, 0) if relu else aten.sigmoid_backward(d, side)
        at = _apart(d, len(consumed))
        torch.sum(at, 1, out=g["b"])
        return at

    def _pull_by_kernel(self, consumed: Tensor, h: Tensor, mean: Tensor, rstd: Tensor) -> Tensor:
        from repro.kernels import norm_last_triton

        to = self.g["gamma"], self.g["beta"], self.g["b"]
        sigmoid = self.act == "sigmoid"
        return norm_last_triton.backward(consumed, h, mean, rstd, self.p["gamma"], to, sigmoid=sigmoid)


def _row(v: Tensor) -> Tensor:
    """[R, O] → [R·O]."""
    return v.reshape(-1)


def _side_by_side(v: Tensor) -> Tensor:
    """[R, B, O] → [B, R·O]."""
    return v[0] if v.shape[0] == 1 else v.transpose(0, 1).reshape(v.shape[1], -1)


def _apart(v: Tensor, runs: int) -> Tensor:
    """[B, R·O] → [R, B, O], a view."""
    return v.unsqueeze(0) if runs == 1 else v.view(v.shape[0], runs, -1).transpose(0, 1)
