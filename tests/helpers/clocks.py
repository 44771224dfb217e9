"""Two nets on two clocks for tests: a small learner, and plain code for one of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn.functional import batch_norm

from repro.data import DataInfo, ImageData
from repro.nets import two_clocks as nets
from repro.nets.params import Params
from repro.record.run import Run
from repro.train import two_clocks
from repro.train.given import Given
from repro.train.loop import Context

T, LANES, WIDTH, PIXELS = 2, 6, 5, 7
SMALL = {"window": T, "batch": LANES, "width": WIDTH, "sg_hidden": 4, "factor": 10.0, "steps": 8}
SMALL |= {"evaluations": 2, "learning_rate": 1e-2, "hold_out": 0, "test_sequences": 500}
KINDS: dict[str, dict[str, Any]] = {rule: {"rule": rule} for rule in two_clocks.RULES}
Own = Mapping[str, Tensor]


def images(dtype: torch.dtype) -> ImageData:
    rng = torch.Generator().manual_seed(5)
    x = torch.rand(96, PIXELS, generator=rng, dtype=torch.float64).to(dtype)
    y = torch.arange(96) % 10
    return ImageData(x, y, x[:40], y[:40], DataInfo("", "", False, {}, ""), (1, 1, 7))


def make(
    setting: dict[str, Any], seeds: Sequence[int] = (0, 3), dtype: torch.dtype = torch.float64, **params: Any
) -> Any:
    given = Given([Run("arm", seed, setting, {**SMALL, **params}) for seed in seeds])
    with mock.patch.object(two_clocks, "load", lambda *_: images(dtype)):
        made = type("Learner", (two_clocks.TwoClocks,), {"dtype": dtype})(given, Context())
    given.refuse_unread()
    return made


# plain code for one run: no run axis, no windows side by side ---------------------------------------------------


def norm(z: Tensor, gain: Tensor, shift: Tensor | None = None) -> Tensor:
    return batch_norm(z, None, None, gain, shift, training=True, eps=nets.EPS)


def lstm(steps: Sequence[Tensor], p: Own) -> Tensor:
    """Cooijmans et al. 2016, equations 6 to 8, a step at a time."""
    h = c = torch.zeros(len(steps[0]), len(p["Wh"]), dtype=steps[0].dtype)
    for n, x in enumerate(steps):
        of_h = norm(h @ p["Wh"], p["gamma_h"]) if n else 0
        o, i, f, g = (norm(x @ p["Wx"], p["gamma_x"]) + of_h + p["b"]).split(len(p["Wh"]), 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * norm(c, p["gamma_c"], p["beta_c"]).tanh()
    return h


def plain_a(x: Tensor, p: Own) -> tuple[Tensor, Tensor]:
    """x [T, B, D]."""
    steps = []
    for image in x:
        first = norm(image @ p["W1"], p["gamma1"], p["beta1"]).relu()
        steps.append(norm(first @ p["W2"], p["gamma2"], p["beta2"]).relu())
    h = lstm(steps, p)
    return h @ p["V"] + p["v"], norm(h @ p["U"], p["gamma_m"], p["beta_m"])


def plain_b(messages: Sequence[Tensor], p: Own) -> Tensor:
    return lstm(messages, p) @ p["V"] + p["v"]


def plain_m(message: Tensor, p: Own) -> Tensor:
    return (message @ p["M1"] + p["m1"]).relu() @ p["M2"] + p["m2"]


def of_run(params: Params, r: int) -> dict[str, Tensor]:
    return {k: v[r].clone().requires_grad_() for k, v in params.p.items()}


def grads(loss: Tensor, own: Own) -> dict[str, Tensor]:
    return dict(zip(own, torch.autograd.grad(loss, list(own.values())), strict=True))


def counted(y: Tensor) -> tuple[Tensor, Tensor]:
    """By going through the digits of labels [T, T, B] one by one."""
    odd, threes = torch.zeros(T, LANES, dtype=torch.int64), torch.zeros(LANES, dtype=torch.int64)
    for w in range(T):
        for t in range(T):
            for lane in range(LANES):
                odd[w, lane] += int(y[w, t, lane]) in (1, 3, 5, 7, 9)
                threes[lane] += int(y[w, t, lane]) == 3
    return odd, threes
