"""A way in for engineers: train your own `nn.Module` blocks under a rule of these papers.

    import torch
    from torch import nn
    from repro.decouple import decouple

    blocks = [
        nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU()),
        nn.Sequential(nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU()),
        nn.Linear(128, 10),
    ]
    teacher = torch.randn(64, 10)
    net = decouple(blocks, torch.randn(1, 64), rule="dni", labels=10)
    for step in range(300):
        x = torch.randn(100, 64)
        loss = net.step(x, (x @ teacher).argmax(1))
    accuracy = (net.predict(x).argmax(1) == (x @ teacher).argmax(1)).float().mean()

Each block is a segment: it is updated by what the rule gives it, and gradients cross from block to block only where
the rule says so. The modules stay yours and are trained in place (meProp replaces the `forward` of each `nn.Linear`).
Any mean loss, any shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from repro.errors import BadValueError, UnknownNameError
from repro.nets.dense import Dense
from repro.nets.linear import linear
from repro.nets.net import Log, Net, silent
from repro.nets.segments import ModuleSegment
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI, NetModel
from repro.rules.feedback import DFA, random_feedback
from repro.rules.meprop import TopK
from repro.train.optim import Adam

Loss = Callable[[Tensor, Tensor], Tensor]
"""(output, target) → mean loss, a scalar."""
RULES = ("backprop", "dni", "dfa", "meprop")


class Decoupled:
    """Blocks in training. `net`, `rule` and `optimizer` are those of the library, with a run axis of length 1."""

    def __init__(self, net: Net, rule: Rule, optimizer: Adam, loss: Loss):
        self.net, self.rule, self.optimizer, self.loss = net, rule, optimizer, loss

    def step(self, x: Tensor, y: Tensor, log: Log = silent) -> Tensor:
        """One update of all blocks (and SG models) by a batch x [B, …], y [B, …]; returns its mean loss, a scalar."""
        tape = self.net.forward(x.unsqueeze(0), log=log)
        with torch.enable_grad():
            output = tape[-1][0].detach().requires_grad_()
            loss = self.loss(output, y)
        (error,) = torch.autograd.grad(loss, output)
        # rules see an example's own gradient, as DNI's targets are; the mean is taken afterwards
        backward(self.net.segments, tape, y.unsqueeze(0), error.unsqueeze(0) * len(x), self.rule, log)
        self.net.params.flat_grad.mul_(1 / len(x))
        self.optimizer.step()
        return loss.detach()

    def predict(self, x: Tensor) -> Tensor:
        """Outputs of x [B, …], blocks in evaluation mode."""
        made: Tensor = self.net.predict(x.unsqueeze(0))[0]
        return made


def decouple(
    blocks: Sequence[nn.Module],
    example: Tensor,
    rule: str = "dni",
    *,
    loss: Loss = nn.functional.cross_entropy,
    rate: float = 1e-3,
    sg_hidden: Sequence[int] = (),
    labels: int = 0,
    k: int = 0,
    seed: int = 0,
) -> Decoupled:
    """Put `blocks` under `rule`; `example` [B, …] is an input, to learn the shapes from.

    "backprop". "dni": a synthetic gradient after every block but the last, linear or with `sg_hidden` layers,
    conditioned on `labels` = C classes if given (arXiv:1608.05343). "dfa": every block learns from the output's error
    through a fixed random matrix (arXiv:1703.00522, Table 1). "meprop": in every `nn.Linear`, k entries of each
    example's output gradient are kept (arXiv:1706.06197). Adam at `rate` trains blocks and models.
    `UnknownNameError` for another rule, `BadValueError` for "meprop" without k.
    """
    if rule not in RULES:
        raise UnknownNameError("learning rule", rule, RULES)
    if rule == "meprop":
        if k < 1:
            raise BadValueError(f"k is {k}; meprop needs the number of gradient entries to keep, 1 or more")
        for block in blocks:
            _sparsify(block, TopK(k))
    dtype = next(p for b in blocks for p in b.parameters()).dtype
    net = Net([ModuleSegment(b) for b in blocks], 1, str(example.device), dtype)
    *widths, outputs = _widths(net, example)
    rng, made, trained = torch.Generator().manual_seed(seed), Rule(), [net.params]
    if rule == "dni":
        models = {i: _model(n, sg_hidden, labels, net, rng) for i, n in enumerate(widths, 1)}
        made, trained = DNI(models), [net.params, *(m.params for m in models.values())]
    elif rule == "dfa":
        made = DFA(random_feedback(widths, outputs, outputs**-0.5, [rng], net.params.flat))
    return Decoupled(net, made, Adam(trained, [rate]), loss)


def _widths(net: Net, example: Tensor) -> list[int]:
    """How many numbers an example has behind each block."""
    h, made = example.unsqueeze(0), []
    for segment in net.segments:
        h = segment.predict(h)
        made.append(h[0, 0].numel())
    return made


def _model(width: int, hidden: Sequence[int], labels: int, net: Net, rng: torch.Generator) -> NetModel:
    """A synthetic-gradient model as DNI's: linear → batch norm → ReLU, and a last layer that starts at zero."""
    sizes, like = (width + labels, *hidden, width), net.params.flat
    inner = [Dense(i, o, norm="first") for i, o in pairwise(sizes[:-1])]
    made = Net([*inner, Dense(sizes[-2], width, "none", std=0.0)], 1, str(like.device), like.dtype)
    made.init([rng])
    return NetModel(made, labels)


def _sparsify(block: nn.Module, keep: TopK) -> None:
    """Let every linear map in `block` use `keep` of its output gradient; the bias gets the dense one."""

    def forward(module: nn.Linear, x: Tensor) -> Tensor:
        y = linear(x.flatten(0, -2), module.weight.T, keep).view(*x.shape[:-1], module.out_features)
        return y if module.bias is None else y + module.bias

    for module in block.modules():
        if isinstance(module, nn.Linear):
            module.forward = partial(forward, module)  # type: ignore[method-assign]
