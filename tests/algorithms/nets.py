"""Small nets in float64, and the same nets written with autograd: an independent oracle."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from repro.models.fcn import FCN
from repro.train.batches import stream

RUNS, BATCH, INPUTS, HIDDEN, CLASSES = 2, 6, 20, 8, 5


def batch(seed: int = 0, runs: int = RUNS, size: int = BATCH) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    x = torch.rand(runs, size, INPUTS, dtype=torch.float64, generator=rng)
    return x, torch.randint(CLASSES, (runs, size), generator=rng)


def generators(runs: int = RUNS, purpose: str = "init") -> list[torch.Generator]:
    return [stream(s, purpose) for s in range(runs)]


def fcn(layers: int = 4, runs: int = RUNS) -> FCN:
    net = FCN((INPUTS, *[HIDDEN] * (layers - 1), CLASSES), runs, dtype=torch.float64)
    net.init(generators(runs))
    rng = torch.Generator().manual_seed(9)
    for name, p in net.stack.p.items():  # γ = 1 and β = 0 would hide mistakes
        if name.startswith(("gamma", "beta", "b")):
            p.add_(torch.rand(p.shape, generator=rng, dtype=p.dtype) * 0.5)
    return net


def leaves(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.detach().clone().requires_grad_() for k, v in parameters.items()}


def bn_relu(a: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    return torch.relu(F.batch_norm(a, None, None, gamma, beta, training=True))


def fcn_activations(p: dict[str, Tensor], run: int, x: Tensor, depth: int) -> list[Tensor]:
    """[h_0, …, h_{N−1}, logits] of one run by autograd."""
    h = [x]
    for i in range(1, depth):
        h.append(bn_relu(h[-1] @ p[f"W{i}"][run], p[f"gamma{i}"][run], p[f"beta{i}"][run]))
    return [*h, h[-1] @ p[f"W{depth}"][run] + p[f"b{depth}"][run]]
