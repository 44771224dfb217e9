"""What kernels for a GPU must do, asked on one (`tests/gpu`) and under Triton's interpreter (`tests/kernels`)."""

from __future__ import annotations

import torch
from torch import Tensor

from repro.kernels import adam_triton, norm_last_triton, norm_triton, softmax_triton
from repro.kernels import norm_plain as plain
from repro.nets import losses
from repro.nets.dense import Dense
from repro.nets.net import Net

SIZES = [(1, 37, 10), (3, 100, 33), (2, 64, 100), (2, 256, 48), (1, 1, 5)]
"""Runs, batch, hidden."""
LOGITS = [(1, 5, 2), (3, 37, 10), (2, 50, 47), (1, 9, 128), (2, 3, 1)]
"""Runs, batch, classes."""
EPS, MOMENTUM = 1e-5, 0.1


def off(found: Tensor, exact: Tensor) -> float:
    """Relative difference in L2."""
    found, exact = found.detach().double().cpu(), exact.detach().double().cpu()
    return float((found - exact).norm() / exact.norm().clamp(min=1e-30))


def inputs(size: tuple[int, int, int], device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """a, d [R, B, H] and γ, β [R, H]: means of 5 beside a spread of 3."""
    rng, (runs, _, hidden) = torch.Generator().manual_seed(0), size
    a, d = torch.randn(size, generator=rng) * 3 + 5, torch.randn(size, generator=rng)
    gamma, beta = (torch.rand(runs, hidden, generator=rng) + at for at in (0.5, -0.5))
    return a.to(device), d.to(device), gamma.to(device), beta.to(device)


def apart(x: Tensor) -> tuple[Tensor, Tensor]:
    """`x` [R, …] as a view of a room [R, 3, …] of ones, as activations and parameters lie; and the room."""
    room = torch.ones(len(x), 3, *x.shape[1:], device=x.device, dtype=x.dtype)
    room[:, 1] = x
    return room[:, 1], room


def norms(
    size: tuple[int, int, int], device: str, low: bool = False, strided: bool = True
) -> dict[str, float]:
    """Relative differences of both passes from the formula in float64, views of all kinds included."""
    a, d, gamma, beta = inputs(size, device)
    if low:
        a, d = a.bfloat16(), d.bfloat16()
    runs, batch, hidden = size
    averages = [torch.zeros(runs, 1, hidden, device=device), torch.ones(runs, 1, hidden, device=device)]
    rooms = {}
    mine = {"a": a.clone(), "out": torch.empty_like(a), "d": d.clone(), "gamma": gamma, "beta": beta}
    mine |= {k: torch.zeros_like(gamma, dtype=a.dtype) for k in ("g_gamma", "g_beta")}
    if strided:
        for k, x in mine.items():
            mine[k], rooms[k] = apart(x)
    made = norm_triton.bn_relu(
        mine["a"], mine["gamma"], mine["beta"], mine["out"], EPS, (averages[0], averages[1]), MOMENTUM
    )
    exact = plain.bn_relu(a.double(), gamma.double(), beta.double(), eps=EPS)
    found = {k: off(getattr(made, k), getattr(exact, k)) for k in ("out", "mean", "var", "rstd")}
    found["running mean"] = off(averages[0], MOMENTUM * exact.mean)
    found["running var"] = off(averages[1], 1 - MOMENTUM + MOMENTUM * exact.var)
    exact.out.copy_(made.out)  # where rounding decides whether a unit is on, both shall agree
    at = norm_triton.bn_relu_backward(mine["d"], made, mine["gamma"], mine["g_gamma"], mine["g_beta"])
    g_gamma, g_beta = torch.zeros_like(gamma).double(), torch.zeros_like(gamma).double()
    to = plain.bn_relu_backward(d.double(), exact, gamma.double(), g_gamma, g_beta)
    assert at.data_ptr() == mine["a"].data_ptr(), "the gradient overwrites a"
    if batch > 1:  # alone it is its own mean: the gradient is zero
        found |= {"∂a": off(at, to), "∂γ": off(mine["g_gamma"], g_gamma)}
    found["∂β"] = off(mine["g_beta"], g_beta)
    for k, room in rooms.items():
        assert (room[:, ::2] == 1).all(), f"what lies beside {k} was written"
    return found


def last_norms(
    size: tuple[int, int, int], device: str, act: str = "relu", strided: bool = True
) -> dict[str, float]:
    """Relative differences of φ, then batch norm, and of its backward pass from autograd's in float64."""
    a, d, gamma, beta = inputs(size, device)
    runs, batch, hidden = size
    a -= 5.0  # so that half of the units are off
    net = Net([Dense(hidden, hidden, act, "last")], runs, device, torch.float64)
    p, averages = net.params.p, [a.new_zeros(runs, 1, hidden), a.new_ones(runs, 1, hidden)]
    p["W1"].copy_(torch.eye(hidden))  # a goes through unchanged
    p["gamma1"].copy_(gamma)
    p["beta1"].copy_(beta)
    exact, kept = net.forward(a.double())[1], net.kept()
    below, g = net.segments[0].pull(d.double()), net.params.g
    mine = {"out": torch.empty_like(a), "d": d.clone(), "gamma": gamma, "beta": beta}
    mine |= {k: torch.zeros_like(gamma) for k in ("∂γ", "∂β", "∂b")}
    rooms = {}
    if strided:
        for k, x in mine.items():
            mine[k], rooms[k] = apart(x)
    own, how = a.clone(), {"sigmoid": act == "sigmoid"}
    y, mean, rstd = norm_last_triton.forward(
        own, mine["gamma"], mine["beta"], mine["out"], (averages[0], averages[1]), eps=EPS, momentum=MOMENTUM, **how
    )  # fmt: skip
    found = {"y": off(y, exact), "φ(a)": off(own, torch.relu(a) if act == "relu" else a.double().sigmoid())}
    found |= {"running mean": off(averages[0], kept["mean1"]), "running var": off(averages[1], kept["var1"])}
    to = mine["∂γ"], mine["∂β"], mine["∂b"]
    at = norm_last_triton.backward(mine["d"], own, mean, rstd, mine["gamma"], to, **how)
    assert at.data_ptr() == own.data_ptr(), "the gradient overwrites φ(a)"
    found["∂β"] = off(to[1], g["beta1"])
    if batch > 1:  # alone it is its own mean: the gradient is zero
        found |= {"∂a": off(at, below), "∂γ": off(to[0], g["gamma1"])}
        # a sum that cancels: beside the size of what is added
        found["∂b"] = float((to[2] - g["b1"]).norm() / below.norm())
    for k, room in rooms.items():
        assert (room[:, ::2] == 1).all(), f"what lies beside {k} was written"
    return found


def cancelling(device: str) -> float:
    """Relative error of σ² where E[a²] − μ² would leave no digit: mean 1000, spread 0.1."""
    a = 1000 + inputs((1, 128, 8), device)[1] / 10
    exact = a.double().var(1, unbiased=False, keepdim=True)
    ones = torch.ones(1, 8, device=device)
    return off(norm_triton.bn_relu(a, ones, ones, None, EPS, None, MOMENTUM).var, exact)


def softmax(size: tuple[int, int, int], device: str) -> tuple[float, float]:
    """Largest errors of loss and gradient against float64's, for logits of all sizes and a label of each class."""
    runs, batch, classes = size
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(size, generator=rng) * 10 ** torch.linspace(-3, 1.5, batch).unsqueeze(-1) + 3
    y = (torch.arange(runs * batch) % classes).view(runs, batch)
    loss, delta = softmax_triton.softmax_error(logits.to(device), y.to(device))
    exact_loss, exact = losses.softmax_error(logits.double(), y)
    assert loss.shape == exact_loss.shape and delta.shape == exact.shape
    of_loss = (loss.cpu() - exact_loss).abs() / exact_loss.clamp(min=1)
    return float(of_loss.max()), float((delta.cpu() - exact).abs().max())


def adams(steps: int, runs: int, size: int, device: str, scale: float = 1.0) -> tuple[float, float]:
    """Relative differences of weights and of the way they went from float64's Adam after `steps`, a rate a run."""
    rng = torch.Generator().manual_seed(0)
    start = (torch.randn(runs, size, generator=rng) * 0.05).to(device)
    spread = 10 ** torch.linspace(-4, 1, size, device=device)  # of a gradient's entries
    w, state = start.clone(), torch.zeros(2, runs, size, device=device)
    rate = 1e-3 / (1 + torch.arange(runs, device=device, dtype=torch.float32).unsqueeze(1))
    leaves = [row.double().requires_grad_() for row in start]
    each = [torch.optim.Adam([leaf], lr=float(r)) for leaf, r in zip(leaves, rate, strict=True)]
    count = torch.zeros((), device=device)
    for _ in range(steps):
        g = torch.randn(runs, size, generator=rng).to(device) * spread
        count.add_(1)
        adam_triton.step(w, g / scale, state[0], state[1], rate, count, 1e-8, grad_scale=scale)
        for leaf, optimizer, own in zip(leaves, each, g, strict=True):
            leaf.grad = own.double()
            optimizer.step()
    exact = torch.stack([leaf.detach() for leaf in leaves])
    return off(w, exact), off(w.double() - start, exact - start)
