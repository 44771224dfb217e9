"""Two recurrent nets on two clocks, for R runs, in plain autograd: A reads images, B reads A's messages.

Source: arXiv:1608.05343v2, section 3.2 and Figure 5; supplement (v1 A.4). The batch-normalised LSTM is that of
Cooijmans et al. 2016 (arXiv:1603.09025, equations 6 to 8), with statistics of the lanes at each step.

Letters: R runs, W windows side by side, T steps of a window, B lanes, H units. States start at zero in each window.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.nets.params import Params, normal_

EPS = 1e-5
GAMMA = 0.1
"""Of the batch norms inside an LSTM, at the start (Cooijmans et al. 2016, section 4.2)."""
Values = Mapping[str, Tensor]
Shapes = dict[str, tuple[int, ...]]


def lstm_shapes(inputs: int, width: int) -> Shapes:
    """Parameters of a batch-normalised LSTM."""
    gates = 4 * width
    made: Shapes = {"Wx": (inputs, gates), "Wh": (width, gates), "b": (gates,)}
    return made | {"gamma_x": (gates,), "gamma_h": (gates,), "gamma_c": (width,), "beta_c": (width,)}


def a_shapes(inputs: int, width: int, classes: int) -> Shapes:
    """Two layers (linear, batch norm, ReLU), the LSTM, the classifier, the message (linear, batch norm)."""
    made: Shapes = {"W1": (inputs, width), "gamma1": (width,), "beta1": (width,)}
    made |= {"W2": (width, width), "gamma2": (width,), "beta2": (width,)} | lstm_shapes(width, width)
    made |= {"V": (width, classes), "v": (classes,), "U": (width, width)}
    return made | {"gamma_m": (width,), "beta_m": (width,)}


def b_shapes(width: int, classes: int) -> Shapes:
    """The LSTM on messages, the classifier."""
    return lstm_shapes(width, width) | {"V": (width, classes), "v": (classes,)}


def m_shapes(width: int, hidden: int) -> Shapes:
    """The synthetic gradient's model: one hidden ReLU layer."""
    return {"M1": (width, hidden), "m1": (hidden,), "M2": (hidden, width), "m2": (width,)}


def init(params: Params, generators: Sequence[torch.Generator]) -> None:
    """Weights N(0, 2/fan-in), of LSTMs and read-outs N(0, 1/fan-in); γ 1, in LSTMs 0.1; forget gates 1; δ̂ = 0."""
    for name, p in params.p.items():
        if name.startswith("gamma"):
            p.fill_(GAMMA if name[-1] in "xhc" else 1.0)
        elif p.dim() == 3 and name != "M2":
            normal_(p, math.sqrt((2 if name in ("W1", "W2", "M1") else 1) / p.shape[1]), generators)
    if "b" in params.p:
        params.p["b"][:, 2 * params.p["Wh"].shape[1] : 3 * params.p["Wh"].shape[1]] = 1


def net_a(x: Tensor, p: Values) -> tuple[Tensor, Tensor]:
    """Logits [R, W, B, T + 1] and message [R, W, B, H] after windows of images x [R or 1, W, T, B, D]."""
    x = x.expand(len(p["W1"]), *x.shape[1:])
    for i in "12":
        x = normed(linear(x, p[f"W{i}"]), p[f"gamma{i}"], p[f"beta{i}"]).relu()
    h = bn_lstm(x, p)
    return linear(h, p["V"]) + row(p["v"], h), normed(linear(h, p["U"]), p["gamma_m"], p["beta_m"])


def net_b(messages: Tensor, p: Values) -> Tensor:
    """Logits [R, B, T² + 1] after T ticks on messages [R, T, B, H]."""
    h = bn_lstm(messages.unsqueeze(1), p).squeeze(1)
    return linear(h, p["V"]) + row(p["v"], h)


def model(message: Tensor, p: Values) -> Tensor:
    """δ̂ of messages [R, …, B, H]: the gradient of a lane's own future loss of B, the same shape."""
    hidden = (linear(message, p["M1"]) + row(p["m1"], message)).relu()
    return linear(hidden, p["M2"]) + row(p["m2"], message)


def bn_lstm(x: Tensor, p: Values) -> Tensor:
    """The last h [R, W, B, H] of a batch-normalised LSTM on x [R, W, T, B, I]; gates o, i, f, g."""
    of_x = normed(linear(x, p["Wx"]), p["gamma_x"])
    h = c = x.new_zeros(*x.shape[:2], x.shape[3], p["Wh"].shape[1])
    bias, gain, shift = row(p["b"], h), p["gamma_c"], p["beta_c"]
    for t in range(x.shape[2]):
        z = of_x[:, :, t] + bias
        if t:  # before, h is 0 and so is its norm
            z = z + normed(linear(h, p["Wh"]), p["gamma_h"])
        o, i, f, g = z.chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * normed(c, gain, shift).tanh()
    return h


def linear(x: Tensor, w: Tensor) -> Tensor:
    """x [R, …, I] w [R, I, O]."""
    return torch.bmm(x.flatten(1, -2), w).view(*x.shape[:-1], w.shape[-1])


def normed(z: Tensor, gamma: Tensor, beta: Tensor | None = None) -> Tensor:
    """Batch norm of z [R, …, B, H] over its lanes; γ and β [R, H]."""
    z = z - z.mean(-2, keepdim=True)
    z = z * (z.square().mean(-2, keepdim=True) + EPS).rsqrt() * row(gamma, z)
    return z if beta is None else z + row(beta, z)


def row(v: Tensor, like: Tensor) -> Tensor:
    """v [R, H] as [R, 1, …, 1, H], to go with `like`."""
    return v.view(len(v), *[1] * (like.dim() - 2), v.shape[-1])
