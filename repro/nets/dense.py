"""The fully connected segment: linear (+ bias | + batch norm) + activation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.kernels import norm
from repro.kernels.norm_plain import BatchNormCache, bn_eval
from repro.kernels.products import affine, product, weight_gradient
from repro.kernels.rows import Rows
from repro.nets.linear import Keep, linear
from repro.nets.params import OutFirst, normal_
from repro.nets.segments import AutogradSegment

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "none": lambda a: a,
}
MOMENTUM = 0.1
"""Of the running statistics used at test time (torch's default; no paper says)."""


def tanh_(a: Tensor) -> Tensor:
    """tanh a = 2 σ(2a) − 1 in its place; on a CPU torch's tanh takes ten times as long as its σ."""
    return a.tanh_() if a.is_cuda else a.mul_(2).sigmoid_().mul_(2).sub_(1)


class Dense(AutogradSegment):
    """y = φ(BN(x W)), φ(x W + b) or BN(φ(x W + b)) for R runs: x [R, B, I] → y [R, B, O].

    `norm`: "" for none, "first" (linear → batch norm → φ, as DNI; no bias, which would have no effect) or "last"
    (linear → φ → batch norm, as Understanding SG). `std` of the initial weights; √(2/I) where none is given.
    `keep` and `feedback` [R, O, I] belong to the linear map: see `repro.nets.linear`; the bias gets the dense
    gradient. `by_rows` = k where `keep` is top-k: products of kept entries alone (`repro.kernels.rows`), for which
    weights lie output by output; `keep` is their plain twin. `fast`: with the kernels written by hand, where there
    are any; autograd is their plain twin.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        act: str = "relu",
        norm: str = "",
        std: float | None = None,
        keep: Keep | None = None,
        feedback: Tensor | None = None,
        by_rows: int = 0,
    ):
        if act not in ACTIVATIONS:
            raise UnknownNameError("activation", act, ACTIVATIONS)
        if norm not in ("", "first", "last"):
            raise UnknownNameError("order of batch norm", norm, ("first", "last"))
        own = (inputs, outputs)
        shapes: dict[str, tuple[int, ...]] = {"W": OutFirst(own) if by_rows else own}
        shapes |= {"gamma": (outputs,), "beta": (outputs,)} if norm else {}
        shapes |= {} if norm == "first" else {"b": (outputs,)}
        super().__init__(lambda p, x: self._plain(p, x), shapes)
        self.inputs, self.outputs, self.act, self.norm = inputs, outputs, act, norm
        self.std = math.sqrt(2 / inputs) if std is None else std
        self.keep, self.feedback, self.by_rows = keep, feedback, by_rows
        self._rows: list[Rows] = []
        self.fast = (norm, act) in (("first", "relu"), ("", "relu"), ("", "tanh"), ("", "none"))
        self.mean = self.var = torch.empty(0)
        self._x: Tensor | None = None

    def bind(self, p: Mapping[str, Tensor], g: Mapping[str, Tensor], runs: int) -> None:
        """Take the parameters; running statistics [R, 1, O] start at mean 0 and variance 1."""
        super().bind(p, g, runs)
        if self.by_rows:
            self._rows = [Rows(self.by_rows, self.outputs, self.inputs, g_w.T) for g_w in g["W"]]
        if self.norm:
            self.mean = p["W"].new_zeros(runs, 1, self.outputs)
            self.var = torch.ones_like(self.mean)

    def written(self) -> dict[str, list[Tensor]]:
        """Which rows of W have a gradient, where only those that are kept have one."""
        return {"W": [rows.written for rows in self._rows]} if self._rows else {}

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Weights N(0, std²), γ = 1, β = b = 0."""
        normal_(self.p["W"], self.std, generators)
        if self.norm:
            self.p["gamma"].fill_(1)

    def kept(self) -> dict[str, Tensor]:
        """Running statistics."""
        return {"mean": self.mean, "var": self.var} if self.norm else {}

    # the plain twin ---------------------------------------------------------------------------------------------

    def _plain(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        a = linear(x, p["W"], self.keep, self.feedback)
        a = a + p["b"].unsqueeze(1) if "b" in p else a
        a = self._normed(p, a) if self.norm == "first" else a
        a = ACTIVATIONS[self.act](a)
        return self._normed(p, a) if self.norm == "last" else a

    def _normed(self, p: Mapping[str, Tensor], a: Tensor) -> Tensor:
        eps, gamma, beta = 1e-5, p["gamma"], p["beta"]
        each = [
            torch.native_batch_norm(a[r], gamma[r], beta[r], None, None, True, 0.0, eps)
            for r in range(len(a))
        ]
        y, mean, rstd = (torch.stack(made) for made in zip(*each, strict=True))
        with torch.no_grad():
            self._track(mean.unsqueeze(1), rstd.pow(-2).sub_(eps).unsqueeze(1))
        return y

    def _track(self, mean: Tensor, var: Tensor) -> None:
        self.mean.lerp_(mean, MOMENTUM)
        self.var.lerp_(var, MOMENTUM)

    # the fast twin ----------------------------------------------------------------------------------------------

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """y [R, B, O] in training mode; moves the running statistics."""
        if not self.fast:
            return super().forward(x, out)  # type: ignore[no-any-return]
        p, self._x = self.p, x
        if self.norm:
            running = self.mean, self.var
            self._cache: BatchNormCache = norm.bn_relu(
                product(x, p["W"]), p["gamma"], p["beta"], out, running=running, momentum=MOMENTUM
            )
            return self._cache.out
        self._y = self._bent(self._affine(x))
        return self._y if out is None else out.copy_(self._y)

    def pull(self, consumed: Tensor, need_input: bool = True) -> Tensor | None:
        """∂L/∂W = xᵀ keep(g) and ∂L/∂x = keep(g) Wᵀ, where g is the gradient at the linear map's output."""
        if not self.fast:
            return super().pull(consumed, need_input)  # type: ignore[no-any-return]
        if self._x is None:
            raise RuntimeError("a second backward pass over one forward pass: call forward again first")
        (x, self._x), p, g = (self._x, None), self.p, self.g
        if self.norm:
            at = norm.bn_relu_backward(consumed, self._cache, p["gamma"], g["gamma"], g["beta"])
        else:
            at = self._unbent(consumed, self._y)
            torch.sum(at, 1, out=g["b"])
        if self._rows and self.feedback is None:
            return self._pull_rows(x, at, need_input)
        kept = at if self.keep is None else self.keep(at)
        self._weights(x, kept)
        if not need_input:
            return None
        return product(kept, p["W"].mT if self.feedback is None else self.feedback)

    def _affine(self, x: Any) -> Tensor:
        """x W + b."""
        return affine(x, self.p["W"], self.p["b"])

    def _weights(self, x: Any, kept: Tensor) -> None:
        """∂L/∂W = xᵀ kept."""
        weight_gradient(x, kept, self.g["W"])

    def _bent(self, a: Tensor) -> Tensor:
        """φ(a), in its place where PyTorch can."""
        in_place = {"relu": torch.relu_, "tanh": tanh_}
        return in_place.get(self.act, ACTIVATIONS[self.act])(a)

    def _unbent(self, d: Tensor, y: Tensor) -> Tensor:
        """d φ'(a), where y = φ(a)."""
        made = d
        if self.act == "relu":
            made = torch.ops.aten.threshold_backward(d, y, 0)
        elif self.act == "tanh":
            made = torch.ops.aten.tanh_backward(d, y)
        return made

    def _pull_rows(self, x: Tensor, at: Tensor, need_input: bool) -> Tensor | None:
        below = x.new_empty(x.shape) if need_input else None
        for r, rows in enumerate(self._rows):
            rows(x[r], self.p["W"][r].T, at[r], need_input, None if below is None else below[r])
        return below

    def predict(self, x: Tensor) -> Tensor:
        """y [R, B, O] of x [R, B, I] in test mode, with the running statistics."""
        p = self.p
        a = self._affine(x) if "b" in p else product(x, p["W"])
        a = self._eval(a) if self.norm == "first" else a
        a = self._bent(a)
        return self._eval(a) if self.norm == "last" else a

    def _eval(self, a: Tensor) -> Tensor:
        return bn_eval(a, self.p["gamma"], self.p["beta"], self.mean, self.var)
