"""Small deep nets under every rule of Understanding SG, as `repro.train.deep` trains them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

import torch

from repro.data import DataInfo, ImageData
from repro.record.run import Run
from repro.train import deep
from repro.train.given import Given
from repro.train.loop import Context

SMALL = {"width": 12, "batch": 8, "steps": 10, "learning_rate": 2e-3, "evaluations": 2, "eval_images": 40}
SMALL |= {"analyses": 1, "rdm_images": 40, "probe_images": 60, "probe_steps": 20}
SG = {"rule": "sg", "after": 2, "target": "example"}
KINDS: dict[str, dict[str, Any]] = {
    "bprop": {"rule": "bprop"},
    "sigmoid": {"rule": "bprop", "act": "sigmoid"},
    "l2": {"rule": "bprop", "l2": 1e-2},
    "sg": SG,
    "sg mean": {**SG, "target": "mean"},
    "sg*": {"rule": "sg_star", "target": "example"},
    "sg* mean": {"rule": "sg_star", "target": "mean"},
    "dfa": {"rule": "dfa"},
    "fa": {"rule": "fa"},
    "kickback": {"rule": "kickback"},
    **{f"inject {kind}": {**SG, "inject": kind} for kind in deep.INJECTED},
}


def images(dtype: torch.dtype, device: str = "cpu") -> ImageData:
    """160 examples of 20 numbers to train on."""
    rng = torch.Generator().manual_seed(5)
    x = torch.rand(160, 20, generator=rng, dtype=torch.float64).to(dtype)
    x, y = x.to(device), (torch.arange(160) % 10).to(device)
    return ImageData(x, y, x[:9], y[:9], DataInfo("", "", False, {}, ""), (1, 4, 5))


def make(
    setting: dict[str, Any],
    seeds: Sequence[int] = (0, 3),
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
    **params: Any,
) -> Any:
    """A learner of 4 layers."""
    setting = {"layers": 4, "act": "relu", **setting}
    given = Given([Run("arm", seed, setting, {**SMALL, **params}) for seed in seeds])
    with mock.patch.object(deep, "load", lambda *_: images(dtype, device)):
        made = type("Learner", (deep.DeepLearner,), {"dtype": dtype})(given, Context(device))
    given.refuse_unread()
    return made
