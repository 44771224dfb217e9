"""The LSTM of `repro.kernels.lstm` in the words of its equations, for autograd: its plain twin."""

from __future__ import annotations

import torch
from torch import Tensor


def cell(x: Tensor, h: Tensor, c: Tensor, w: Tensor, peep: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(h', c') [R, B, H] of x [R, B, I] and the state; w [R, H + 1 + I, 4H], gates o, i, f, g; peep [R, 3, H].

    Graves 2013 (arXiv:1308.0850), equations 7–11: i and f see c through their peepholes, o sees c'.
    """
    ones = x.new_ones(*x.shape[:-1], 1)
    o, i, f, g = torch.bmm(torch.cat([h, ones, x], -1), w).chunk(4, -1)
    p_o, p_i, p_f = (0, 0, 0) if peep is None else peep.unsqueeze(2).unbind(1)
    new = torch.sigmoid(f + p_f * c) * c + torch.sigmoid(i + p_i * c) * torch.tanh(g)
    return torch.sigmoid(o + p_o * new) * torch.tanh(new), new


def window(
    x: Tensor, h: Tensor, c: Tensor, w: Tensor, peep: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """(y [R, T, B, H], h, c) of x [R, T, B, I]: outputs, and the state after the last step."""
    outputs = []
    for t in range(x.shape[1]):
        h, c = cell(x[:, t], h, c, w, peep)
        outputs.append(h)
    return torch.stack(outputs, 1), h, c
