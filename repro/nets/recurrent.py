"""An LSTM with a linear output layer on endless sequences, for R runs, and heads that predict from its output.

Source: arXiv:1608.05343v2, section 3.1 and supplement (v1 A.3): "LSTM of the form in Graves 2013" and a final linear
layer. The segment of a recurrent net is a window of T steps: update-locked inside, its state carried on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.kernels.lstm import LSTMWindow, bmm, product
from repro.nets.params import Params

LOSSES = ("bits", "symbols")
ALL = slice(None)


class RecurrentNet:
    """R LSTMs of `hidden` units over windows of `steps`, with `outputs` logits a step.

    `loss`: "bits" (each output a bit, where an answer is asked for) or "symbols" (softmax over the outputs, every
    step). `extra`: with the extra core after the window. Each matrix has a buffer of its own, so that products write
    their gradients in place. δ is a lane's own: gradients of weights are means over lanes of sums over time.
    """

    def __init__(
        self,
        runs: int,
        steps: int,
        batch: int,
        inputs: int,
        hidden: int,
        outputs: int,
        loss: str = "bits",
        extra: bool = False,
        peepholes: bool = False,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        if loss not in LOSSES:
            raise UnknownNameError("loss", loss, LOSSES)
        self.loss, self.hidden, self.inputs, self.batch, self.steps = loss, hidden, inputs, batch, steps
        shapes: dict[str, tuple[int, ...]] = {
            "W": (hidden + 1 + inputs, 4 * hidden),
            "V": (hidden + 1, outputs),
        }
        shapes |= {"peep": (3, hidden)} if peepholes else {}
        self.params = {k: Params({k: s}, runs, device, dtype) for k, s in shapes.items()}
        self.p: Mapping[str, Tensor] = {k: v.p[k] for k, v in self.params.items()}
        self.g: Mapping[str, Tensor] = {k: v.g[k] for k, v in self.params.items()}
        like = self.p["W"]
        self.core = LSTMWindow(runs, steps, batch, inputs, hidden, like, extra)
        self.logits = like.new_zeros(runs, steps * batch, outputs)
        self.d_logits = torch.zeros_like(self.logits)
        self.dy = like.new_zeros(runs, steps * batch, hidden)

    def init(self, generators: Sequence[torch.Generator], forget_bias: Sequence[float]) -> None:
        """Weights and biases U(−1/√H, 1/√H), each run from its own generator; `forget_bias` on top of f's."""
        h = self.hidden
        for name in ("W", "V"):
            for row, generator in zip(self.p[name], generators, strict=True):
                drawn = torch.rand(row.shape, generator=generator, dtype=torch.float32)
                row.copy_((2 * drawn - 1) / math.sqrt(h))
        self.p["W"][:, h, 2 * h : 3 * h] += torch.tensor(list(forget_bias)).to(self.p["W"]).unsqueeze(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [R, T·B, C], time before lanes, of x [R, T + 1, B, I] (T suffice without the extra core)."""
        self.core.x[:, : x.shape[1]].copy_(x)
        self.core.forward(self.p["W"], self.p.get("peep"))
        return bmm(self.core.y, self.p["V"], out=self.logits)

    def start(self, y: Tensor, answer: Tensor | None = None) -> Tensor:
        """∂L/∂y [R, T, B, H] of the window's loss after `forward`; the gradient of the output layer.

        "bits": y [R, T·B, C] of 0 and 1, answer [R, T·B, 1] of 0 and 1. "symbols": y [R, T·B] int64.
        """
        d = logit_gradient(self.logits, y, answer, self.d_logits)
        product(self.core.y.mT, d, self.g["V"], 1 / self.batch)
        bmm(d, self.p["V"][:, : self.hidden].mT, out=self.dy)
        return self.dy.view(len(self.dy), self.steps, self.batch, self.hidden)

    def finish(self) -> None:
        """The gradients of the core's weights, after `core.pull`; then the state is carried on."""
        self.core.weight_gradient(self.g["W"], 1 / self.batch, self.g.get("peep"))
        self.core.carry()

    def kept(self) -> dict[str, Tensor]:
        """Weights and the carried state."""
        h, c = self.core.state(0)
        return {**{k: v.flat for k, v in self.params.items()}, "h": h, "c": c}


def logit_gradient(logits: Tensor, y: Tensor, answer: Tensor | None, out: Tensor) -> Tensor:
    """∂L/∂logits of each lane and step, into `out`: see `RecurrentNet.start` for shapes."""
    if answer is not None:
        return torch.sigmoid(logits, out=out).sub_(y).mul_(answer)
    torch.softmax(logits, -1, out=out)
    return out.scatter_add_(-1, y.unsqueeze(-1), out.new_full((1, 1, 1), -1).expand(*y.shape, 1))


def nats(logits: Tensor, y: Tensor, answer: Tensor | None) -> Tensor:
    """Loss [...] summed over the last axis of logits: of each bit asked for, or of the symbol, in nats."""
    if answer is not None:
        return ((torch.nn.functional.softplus(logits) - logits * y) * answer).sum(-1)
    return -torch.log_softmax(logits, -1).gather(-1, y.unsqueeze(-1)).squeeze(-1)


class Head:
    """M: [h, 1] → 2H numbers, an estimate of ∂L/∂(h, c), through one hidden ReLU layer of `width` units (0: linear).

    Source: v1 A.3 (one hidden layer as wide as the LSTM, then twice its units; the non-linearity is assumed).
    The last layer starts at zero: δ̂ = 0. Inputs `x` [R, n, B, H + 1] have a bias column; `predict`
    takes what the caller put there, `regress` belongs to its part 0.
    """

    def __init__(self, runs: int, parts: int, batch: int, hidden: int, width: int, like: Tensor):
        self.parts, self.batch, self.hidden, self.width = parts, batch, hidden, width
        device, dtype = str(like.device), like.dtype
        shapes = (
            {"M1": (hidden + 1, width), "M2": (width + 1, 2 * hidden)}
            if width
            else {"M2": (hidden + 1, 2 * hidden)}
        )
        self.params = {k: Params({k: s}, runs, device, dtype) for k, s in shapes.items()}
        self.p: Mapping[str, Tensor] = {k: v.p[k] for k, v in self.params.items()}
        self.g: Mapping[str, Tensor] = {k: v.g[k] for k, v in self.params.items()}
        self.x = like.new_zeros(runs, parts, batch, hidden + 1)
        self.a = like.new_zeros(runs, parts * batch, width)
        self.f = like.new_ones(runs, parts, batch, width + 1) if width else self.x
        self.out = like.new_zeros(runs, parts * batch, 2 * hidden)

    def init(self, generators: Sequence[torch.Generator]) -> None:
        """Hidden weights U(±√(3/H)), of variance 1/H; the last layer and all biases 0."""
        for row, generator in zip(self.p.get("M1", ()), generators, strict=False):
            drawn = torch.rand(self.hidden, self.width, generator=generator, dtype=torch.float32)
            row[: self.hidden].copy_((2 * drawn - 1) * math.sqrt(3 / self.hidden))

    def predict(self) -> Tensor:
        """δ̂ [R, n, B, 2H] of `x`."""
        if self.width:
            bmm(self.x.flatten(1, 2), self.p["M1"], out=self.a)
            torch.clamp_min(self.a.view(*self.f.shape[:3], self.width), 0, out=self.f[..., : self.width])
        bmm(self.f.flatten(1, 2), self.p["M2"], out=self.out)
        return self.out.view(len(self.out), self.parts, self.batch, 2 * self.hidden)

    def of(self, h: Tensor, rows: slice = ALL) -> Tensor:
        """δ̂ [R, n, 2H] of h [R, n, H + 1] with a bias column, of these runs; keeps nothing."""
        if self.width:
            f = bmm(h, self.p["M1"][rows]).clamp_min_(0)
            h = torch.cat([f, torch.ones_like(f[..., :1])], -1)
        return bmm(h, self.p["M2"][rows])

    def regress(self, error: Tensor, weight: float = 1.0, into: bool = False) -> Tensor | None:
        """Gradients of weight · mean_B ‖δ̂ − δ‖² from error = δ̂ − δ [R, B, 2H] of part 0.

        `into`: also ∂/∂h [R, B, H] of a lane's own loss, for a head that teaches the core.
        """
        scale = 2 * weight / self.batch
        product(self.f[:, 0].mT, error, self.g["M2"], scale)
        if not self.width:
            return bmm(error, self.p["M2"][:, : self.hidden].mT).mul_(2 * weight) if into else None
        d = bmm(error, self.p["M2"][:, : self.width].mT).mul_(self.f[:, 0, :, : self.width] > 0)
        product(self.x[:, 0].mT, d, self.g["M1"], scale)
        return bmm(d, self.p["M1"][:, : self.hidden].mT).mul_(2 * weight) if into else None

    def kept(self) -> dict[str, Tensor]:
        """Weights."""
        return {k: v.flat for k, v in self.params.items()}
