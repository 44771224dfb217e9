"""The true gradient of losses to come, how well it can be predicted, and how the state of an LSTM lives.

Pure functions of weights and data; nothing here trains. Shapes: R runs, L steps, B lanes, H units. The synthetic
gradient of a step is made from the output of its core, h_{t+1}, and stands for ∂(losses from t on)/∂(h_t, c_t).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from repro.kernels.lstm import LSTMWindow, bmm
from repro.nets.recurrent import logit_gradient

RIDGE = 1e-3
"""Of the offline fit, in units of the mean square of the features."""


class Future(NamedTuple):
    """A pass over L steps: `outputs` [L, R, B, H + 1] (with a bias column), `gradient` [L, R, B, 2H] of all losses
    that follow at the state before each step, and the `core` that the pass went through."""

    outputs: Tensor
    gradient: Tensor
    core: LSTMWindow


def future(
    w: Tensor,
    v: Tensor,
    peep: Tensor | None,
    state: tuple[Tensor, Tensor],
    x: Tensor,
    y: Tensor,
    answer: Tensor | None,
) -> Future:
    """Forwards from `state` = (h, c) [R, B, H] over x [R, L, B, I], backwards from the last step with nothing beyond.

    w [R, H + 1 + I, 4H], v [R, H + 1, C]; y and answer as `RecurrentNet.start` takes them. Losses are summed over
    time, each lane its own.
    """
    runs, steps, batch, inputs = x.shape
    h = w.shape[2] // 4
    core = LSTMWindow(runs, steps, batch, inputs, h, w)
    core.x[:, :steps].copy_(x)
    for mine, given in zip(core.state(0), state, strict=True):
        mine.copy_(given)
    core.forward(w, peep)
    core.factors()
    logits = bmm(core.y, v)
    dy = bmm(logit_gradient(logits, y, answer, torch.empty_like(logits)), v[:, :h].mT)
    gradient = w.new_zeros(steps, runs, batch, 2 * h)
    core.pull(w, dy.view(runs, steps, batch, h), core.dh, core.dc, states=gradient)
    return Future(core.xh[:, 1 : steps + 1, :, : h + 1].transpose(0, 1), gradient, core)


def agreement(predicted: Tensor, true: Tensor) -> dict[str, Tensor]:
    """r2 = 1 − Σ(p − g)²/Σg² (against no prediction at all) and cosine = Σ p g/√(Σp² Σg²) of each run; [R, n, D]."""
    size, own = true.square().sum((1, 2)), predicted.square().sum((1, 2))
    r2 = 1 - (predicted - true).square().sum((1, 2)) / size.clamp_min(1e-30)
    cosine = (predicted * true).sum((1, 2)) / (size * own).sqrt().clamp_min(1e-30)
    return {"r2": r2, "cosine": cosine}


def by_run(v: Tensor) -> Tensor:
    """[L, R, B, D] → [R, L·B, D]."""
    return v.transpose(0, 1).flatten(1, 2)


def offline_r2(outputs: Tensor, gradient: Tensor) -> Tensor:
    """R² [R] that a linear map of the outputs reaches on lanes it was not fitted to: two thirds fit, one third tests.

    A ridge fit: what is there to be predicted, without the wanderings of training. [L, R, B, ·] both.
    """
    cut = max(1, 2 * outputs.shape[2] // 3)
    fit, true = by_run(outputs[:, :, :cut]).double(), by_run(gradient[:, :, :cut]).double()
    gram = fit.mT @ fit
    ridge = RIDGE * gram.diagonal(dim1=1, dim2=2).mean(1)
    gram = gram + ridge.view(-1, 1, 1) * torch.eye(gram.shape[1], device=gram.device, dtype=gram.dtype)
    w = torch.linalg.solve(gram, fit.mT @ true)
    held = by_run(outputs[:, :, cut:]).double()
    return agreement(held @ w, by_run(gradient[:, :, cut:]).double())["r2"]


def mean_share(gradient: Tensor) -> Tensor:
    """|mean g|²/mean |g|² [R]: the part of the gradient that is the same for all lanes and steps."""
    g = by_run(gradient)
    return g.mean(1).square().sum(1) / g.square().sum(2).mean(1).clamp_min(1e-30)


def life(core: LSTMWindow) -> dict[str, Tensor]:
    """How the state lives over a pass, a value a run.

    `forget`: mean forget gate; `forget_open`: share of them above 0.9; `cell_saturated`: share of |tanh c| above 0.9;
    `cell_rms`; `cell_common`: |mean c|²/mean |c|² over lanes and steps, the part that holds no information.
    """
    n, h = core.steps, core.hidden
    forget = core.gates[:n, ..., 2 * h : 3 * h]
    cell, size = core.c[1 : n + 1], core.c[1 : n + 1].square().mean((0, 2))  # [R, H]
    return {
        "forget": forget.mean((0, 2, 3)),
        "forget_open": (forget > 0.9).float().mean((0, 2, 3)),
        "cell_saturated": (core.tanh[:n].abs() > 0.9).float().mean((0, 2, 3)),
        "cell_rms": size.mean(1).sqrt(),
        "cell_common": cell.mean((0, 2)).square().sum(1) / size.sum(1).clamp_min(1e-30),
    }


def gain(core: LSTMWindow, w: Tensor, lag: int, draw: Callable[[Tensor], Tensor]) -> Tensor:
    """‖∂s_{t+lag}/∂s_t‖_F/√(2H) [R] with s = (h, c) at the end of the pass: 1 where gradients keep their size.

    Estimated from one random vector a lane; `draw` fills a tensor [R, B, H] with N(0, 1).
    """
    dh, dc = draw(torch.empty_like(core.dh)), draw(torch.empty_like(core.dc))
    start = (dh.square() + dc.square()).sum(-1)
    back = w.new_zeros(core.steps, *start.shape, 2 * core.hidden)
    core.pull(w, None, dh, dc, keep=False, states=back)
    return (back[core.steps - lag].square().sum(-1).mean(1) / start.mean(1)).sqrt()
