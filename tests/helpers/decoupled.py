"""An engineer's own modules under each rule, on any device: what a few steps leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from repro.decouple import decouple

RULES: Mapping[str, Mapping[str, Any]] = {
    "backprop": {},
    "dni": {},
    "dni with labels": {"labels": 5},
    "dni with hidden layers": {"sg_hidden": (24,)},
    "dfa": {},
    "meprop": {"k": 4},
}
"""Name, whose first word is the rule → its options."""
STEPS = 12


def blocks() -> list[nn.Module]:
    """A stack with batch norm, one without, one that autograd has to call, and a last map."""
    torch.manual_seed(0)
    return [
        nn.Sequential(nn.Linear(12, 40), nn.BatchNorm1d(40), nn.ReLU()),
        nn.Sequential(nn.Linear(40, 30), nn.Tanh()),
        nn.Sequential(nn.Linear(30, 20), nn.GELU()),
        nn.Linear(20, 5),
    ]


def trained(name: str, device: str, dtype: torch.dtype, steps: int = STEPS) -> dict[str, Tensor]:
    """Parameters and buffers of the blocks after `steps`, and what they make of the last batch; on the CPU."""
    made = [block.to(device, dtype) for block in blocks()]
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(steps, 32, 12, generator=rng, dtype=torch.float64).to(device, dtype)
    y = torch.randint(5, (steps, 32), generator=rng).to(device)
    # a rate that single precision holds, as CUDA's Adam reads it
    net = decouple(made, x[0], name.split()[0], rate=2**-9, **RULES[name])
    losses = [net.step(a, b) for a, b in zip(x, y, strict=True)]
    state = {f"{n}.{k}": v for n, block in enumerate(made) for k, v in block.state_dict().items()}
    found = {**state, "losses": torch.stack(losses), "outputs": net.predict(x[-1])}
    return {k: v.detach().cpu().double() for k, v in found.items()}


def apart(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """The largest relative difference in L2 of all that was trained or made."""
    assert a.keys() == b.keys()
    return max(float((a[k] - b[k]).norm() / b[k].norm().clamp(min=1e-300)) for k in a)
