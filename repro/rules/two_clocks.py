"""The losses of two nets on two clocks: jointly, or each its own with a synthetic gradient for the message.

Source: arXiv:1608.05343v2, section 3.2 and Figure 5; v1 A.4. After each window of T images A learns from
∂L_A/∂θ + 10 δ̂ ∂m/∂θ, where m is its message and δ̂ = M(m); after T messages B learns from L_B, and M from
‖δ̂ − ∂L_B/∂m‖². All losses are sums over runs and lanes, so that δ is the gradient of a lane's own loss.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from repro.nets import two_clocks as nets
from repro.nets.two_clocks import Values
from repro.rules.recurrent import rms


def joint(x: Tensor, odd: Tensor, threes: Tensor, a: Values, b: Values) -> Tensor:
    """Loss of A over all windows x [R, T, T, B, D] and of B after them, in one graph."""
    logits, messages = nets.net_a(x, a)
    return nats(logits, odd) + nats(nets.net_b(messages, b), threes)


def window(x: Tensor, odd: Tensor, a: Values, injected: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Loss of A on a window x [R, T, B, D] with odd counts [R, B], plus what pulls its message: `injected` of the
    message [R, B, H], as a constant. Also returns the message, cut off from A.
    """
    logits, messages = nets.net_a(x.unsqueeze(1), a)
    message = messages.squeeze(1)
    sent = message.detach()
    return nats(logits.squeeze(1), odd) + (message * injected(sent).detach()).sum(), sent


def arriving(messages: Tensor, threes: Tensor, b: Values) -> tuple[Tensor, Tensor]:
    """Loss of B after messages [R, T, B, H] that know nothing of A, and its gradient at them, the target of M."""
    messages = messages.detach().requires_grad_()
    loss = nats(nets.net_b(messages, b), threes)
    return loss, torch.autograd.grad(loss, messages, retain_graph=True)[0]


def as_long(push: Tensor, own: Tensor) -> Tensor:
    """`push` [R, B, H] with the RMS over lanes and units that each run's δ̂ `own` has. A control of ours."""
    return push * (rms(own) / rms(push).clamp_min(1e-30))


def asked(y: Tensor) -> tuple[Tensor, Tensor]:
    """Of labels [R, T, T, B] (windows, steps, lanes): odd digits of each window [R, T, B], threes of all [R, B]."""
    return (y % 2).sum(2), (y == 3).sum((1, 2))


def nats(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy summed over runs and all else; logits [R, …, C], y [R, …]."""
    return cross_entropy(logits.flatten(0, -2), y.flatten(), reduction="sum")
