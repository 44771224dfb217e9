"""meprop/table8: one whole backward pass of an MLP, dense and with k unified columns in the hidden layers.

Source: arXiv:1706.06197v5, section 4.8 and Table 8. Timed as meprop/table7 is (`repro.train.backward_time`).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from repro.errors import BadValueError
from repro.kernels.products import tensor_cores
from repro.kernels.topk import unified_backward
from repro.train.backward_time import take_turns
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.loop import Context, Result

CLASSES = 10


class Net:
    """Weights [out, in], what a forward pass leaves (`h`, inputs of each map [B, in]), ∂L/∂logits, and gradients."""

    def __init__(self, batch: int, sizes: list[int], device: str):
        rng = stream(0, "overall-time")

        def drawn(*shape: int) -> Tensor:
            return torch.randn(shape, generator=rng).to(device)

        self.w = [drawn(n, m).mul_((2 / m) ** 0.5) for m, n in pairwise(sizes)]
        self.h = [drawn(batch, sizes[0])]
        for w in self.w[:-1]:
            self.h.append(torch.relu(self.h[-1] @ w.T))
        self.delta = drawn(batch, sizes[-1])
        self.g_w = [torch.zeros_like(w) for w in self.w]
        self.g_b = [w.new_zeros(len(w)) for w in self.w]
        self.g_h = [torch.zeros_like(h) for h in self.h]


class Pass:
    """The whole backward pass; `k`: columns used in hidden maps, None: all. Returns ∂L/∂W of the first map."""

    def __init__(self, net: Net, k: int | None, tf32: bool):
        self.net, self.k, self.tf32 = net, k, tf32

    def __call__(self) -> Tensor:
        """Carry it out, from the last map down."""
        net, g, last = self.net, self.net.delta, len(self.net.w) - 1
        with tensor_cores(self.tf32, g):
            for i in range(last, -1, -1):
                torch.sum(g, 0, out=net.g_b[i])  # biases: dense, as in the public code
                if self.k is None or i == last:
                    torch.mm(g.T, net.h[i], out=net.g_w[i])
                    torch.mm(g, net.w[i], out=net.g_h[i])
                else:
                    unified_backward(net.h[i], net.w[i], g, self.k, net.g_w[i], net.g_h[i])
                g = net.g_h[i] * (net.h[i] > 0)  # ReLU; for the input a product more, dense and sparse alike
        return net.g_w[0]


@torch.no_grad()
def work(given: Given, ctx: Context) -> Result:
    """Milliseconds of each run's whole backward pass, one row a repetition (index)."""
    sizes = [given.param("inputs"), *[given.param("hidden")] * given.param("hidden_layers"), CLASSES]
    net = Net(given.param("batch"), sizes, ctx.device)
    made = []
    for k, precision in zip(given.settings("k", None), given.settings("precision"), strict=True):
        if precision != "float32" and ctx.device != "cuda":
            raise BadValueError(
                f"precision {precision} is of a GPU's tensor cores, which {ctx.device} has not"
            )
        made.append(Pass(net, k, precision == "tf32"))
    return take_turns(given, ctx, made, "overall_ms")
