"""One backward pass for every rule: what differs is the gradient that a hidden layer *consumes*.

Source: arXiv:1608.05343v2, section 2 and supplement (v1 section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from repro.models.fcn import FCN
from repro.models.layers import softmax_error

Feed = Callable[[int, Tensor], Tensor]
"""feed(i, δ_i): the gradient that hidden layer i uses, given the one that arrives from layer i + 1."""


def backward(net: FCN, y: Tensor, logits: Tensor, feed: Feed) -> Tensor:
    """Run the layers backwards; layer i uses feed(i, δ_i). Returns the per-example loss [R, B].

    δ_i = (what layer i + 1 consumed) · ∂h_{i+1}/∂h_i. With feed = identity this is backpropagation.
    δ is the gradient of an example's own loss; the mean over the batch is taken in the parameters' gradient.
    """
    loss, delta = softmax_error(logits, y)
    batch = y.shape[-1]
    consumed: Tensor = delta
    for i in range(net.depth, 0, -1):
        arriving = net.layer_backward(i, consumed, need_input=i > 1)
        if arriving is not None:
            consumed = feed(i - 1, arriving)
    net.stack.flat_grad.mul_(1 / batch)
    return loss


def backprop(net: FCN, x: Tensor, y: Tensor) -> Tensor:
    """θ_i ← θ_i − α δ_i ∂h_i/∂θ_i with the true δ_i: the locked baseline ("Bprop")."""
    return backward(net, y, net.forward(x), lambda i, delta: delta)


def no_bprop(net: FCN, x: Tensor, y: Tensor) -> Tensor:
    """δ_i = 0 for every hidden layer: only the classifier learns ("No Bprop").

    The hidden layers' gradient buffers are zero from the start and nothing writes to them.
    """
    loss, delta = softmax_error(net.forward(x), y)
    net.layer_backward(net.depth, delta, need_input=False)
    net.stack.flat_grad.mul_(1 / y.shape[-1])
    return loss


class StaleGradients:
    """δ̂_i = exponential average of the past gradients of layer i's activations, one vector a layer.

    s_i ← ρ s_i + (1 − ρ) mean_B δ_i after use. Source: v1 section 3.1 (numbers only; the form is assumed).
    A gradient that arrives through a batch norm sums to zero over the batch: only the top hidden layer's s_i, below
    which the classifier has none, is not 0.
    """

    def __init__(self, net: FCN, decay: float):
        self.decay = decay
        flat = net.stack.flat
        self.s = [torch.zeros(net.stack.runs, 1, n, device=flat.device, dtype=flat.dtype) for n in net.sizes]

    def step(self, net: FCN, x: Tensor, y: Tensor) -> Tensor:
        """One training step's gradients; returns the per-example loss [R, B]."""

        def feed(i: int, arriving: Tensor) -> Tensor:
            stale = self.s[i].expand_as(arriving).contiguous()
            self.s[i].lerp_(arriving.mean(1, keepdim=True), 1 - self.decay)
            return stale

        return backward(net, y, net.forward(x), feed)
