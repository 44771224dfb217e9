"""Small nets in float64, and the same nets written with autograd in float64: an independent oracle.

Large ones in float32 meet the kernels that are used from some size on; the oracle stays in float64.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from repro.nets import fcn as nets
from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.every_layer import SyntheticGradients
from repro.train.batches import stream

RUNS, BATCH, INPUTS, HIDDEN, CLASSES = 2, 6, 20, 8, 5


def batch(
    seed: int = 0,
    runs: int = RUNS,
    size: int = BATCH,
    inputs: int = INPUTS,
    dtype: torch.dtype = torch.float64,
) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    x = torch.rand(runs, size, inputs, dtype=torch.float64, generator=rng)
    return x.to(dtype), torch.randint(CLASSES, (runs, size), generator=rng)


def generators(runs: int = RUNS, purpose: str = "init") -> list[torch.Generator]:
    return [stream(s, purpose) for s in range(runs)]


def fcn(
    layers: int = 4,
    runs: int = RUNS,
    inputs: int = INPUTS,
    hidden: int = HIDDEN,
    dtype: torch.dtype = torch.float64,
) -> Net:
    return filled(nets.fcn((inputs, *[hidden] * (layers - 1), CLASSES), runs, dtype=dtype))


def filled(net: Net) -> Net:
    """The net with initial weights, and biases, γ and β that hide no mistake as 0 and 1 would."""
    net.init(generators(net.runs))
    rng = torch.Generator().manual_seed(9)
    for name, p in net.params.p.items():
        if name.startswith(("gamma", "beta", "b")):
            p.add_(torch.rand(p.shape, generator=rng, dtype=p.dtype) * 0.5)
    return net


def models(net: Net, hidden: tuple[int, ...], labels: int, noise: float = 0.0) -> SyntheticGradients:
    like, width = net.params.flat, net.segments[0].outputs  # type: ignore[attr-defined]
    sg = SyntheticGradients(width, len(net.segments) - 1, net.runs, hidden, labels, dtype=like.dtype)
    sg.init(generators(net.runs, "init-sg"))
    rng = torch.Generator().manual_seed(5)
    for p in sg.params.p.values():
        p.add_(torch.randn(p.shape, generator=rng, dtype=p.dtype) * noise)
    return sg


def means(net: Net, rule: Rule, x: Tensor, y: Tensor) -> Tensor:
    """Gradients of a classifier under `rule`; the mean loss of each run, [R]."""
    return classify(net, rule, x, y)[0].mean(1)


def leaves(parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.detach().double().clone().requires_grad_() for k, v in parameters.items()}


def bn_relu(a: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    return torch.relu(F.batch_norm(a, None, None, gamma, beta, training=True))


def fcn_activations(p: dict[str, Tensor], run: int, x: Tensor, depth: int) -> list[Tensor]:
    """[h_0, …, h_{N−1}, logits] of one run by autograd."""
    h = [x]
    for i in range(1, depth):
        h.append(bn_relu(h[-1] @ p[f"W{i}"][run], p[f"gamma{i}"][run], p[f"beta{i}"][run]))
    return [*h, h[-1] @ p[f"W{depth}"][run] + p[f"b{depth}"][run]]


def backprop_gradients(net: Net, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Sum over runs of the mean loss, and every parameter's gradient, by autograd."""
    p = leaves(net.params.p)
    total = torch.zeros((), dtype=torch.float64)
    for r in range(len(x)):
        logits = fcn_activations(p, r, x[r].double(), len(net.segments))[-1]
        total = total + F.cross_entropy(logits, y[r])
    total.backward()
    return total.detach(), {k: v.grad for k, v in p.items()}


def bootstrapped(net: Net, synthetic: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Targets δ_i [R, S, B, H] and parameter gradients by autograd: each layer's own graph, fed with its δ̂."""
    p = leaves(net.params.p)
    targets: list[list[Tensor]] = [[] for _ in range(len(net.segments) - 1)]
    for r in range(len(x)):
        values = [h.detach() for h in fcn_activations(p, r, x[r].double(), len(net.segments))]
        for i in range(1, len(net.segments) + 1):
            below = values[i - 1].clone().requires_grad_()
            a = below @ p[f"W{i}"][r]
            if i < len(net.segments):
                out = bn_relu(a, p[f"gamma{i}"][r], p[f"beta{i}"][r])
                loss = (out * synthetic[r, i - 1]).sum()
            else:
                loss = F.cross_entropy(a + p[f"b{i}"][r], y[r], reduction="sum")
            (loss / x.shape[1]).backward()
            if i > 1:
                targets[i - 2].append(below.grad * x.shape[1])
    return torch.stack([torch.stack(t) for t in targets], 1), {k: v.grad for k, v in p.items()}


def sg_gradients(
    sg: SyntheticGradients, h: Tensor, onehot: Tensor, target: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Sum of L_SG over the models, and their parameters' gradients, by autograd; h and target [R, S, B, H]."""
    p, last = leaves(sg.params.p), len(sg.sizes) - 1
    total = torch.zeros((), dtype=torch.float64)
    for m in range(sg.runs * sg.models):
        run, layer = divmod(m, sg.models)
        value = h[run, layer].double()
        for i in range(1, last + 1):
            a = value @ p[f"W{i}"][m]
            a = a + onehot[run].double() @ p["Y"][m] if i == 1 and sg.labels else a
            value = a + p[f"b{i}"][m] if i == last else bn_relu(a, p[f"gamma{i}"][m], p[f"beta{i}"][m])
        total = total + (value - target[run, layer]).square().sum(-1).mean()
    total.backward()
    return total.detach(), {k: v.grad for k, v in p.items()}
