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
the rule says so. The modules stay yours and are trained in place; nothing in them is replaced, so the same blocks may
be put under one rule after another, saved, or trained without us. Frozen parameters (`requires_grad=False`) stay as
they are. Any mean loss; a block takes one tensor, of any shape, and returns one, and does not begin in place. Blocks
that are stacks of fully connected layers are computed by this library's kernels (`repro.nets.layered`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from repro.errors import BadValueError, UnknownNameError
from repro.nets.dense import Dense
from repro.nets.layered import LayeredSegment
from repro.nets.net import Log, Net, silent
from repro.nets.sparse import linear_maps
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI, NetModel
from repro.rules.feedback import DFA, random_feedback
from repro.rules.meprop import TopK
from repro.train.optim import Adam

Loss = Callable[[Tensor, Tensor], Tensor]
"""(output, target) → mean loss, a scalar."""
RULES = ("backprop", "dni", "dfa", "meprop")
READERS = {"sg_hidden": "dni", "labels": "dni", "k": "meprop"}
"""Option → the rule that reads it; 0 (or nothing) is as if it were not given."""


class Decoupled:
    """Blocks in training. `net`, `rule` and `optimizer` are those of the library, with a run axis of length 1.

    For a rule of yours that has models: `net = Net([ModuleSegment(b) for b in blocks], 1)`, and
    `Decoupled(net, rule, Adam([net.params, *(m.params for m in models)], [rate]), loss)`.
    """

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
    rule: str | Rule = "dni",
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
    conditioned on `labels` = C classes if given, then y [B] (arXiv:1608.05343). Examples of one shape; a linear model
    has as many weights as an example has numbers there, squared (for images `repro.rules.conv_sg` has small ones).
    "dfa": every block but the last learns from the output's error through a fixed random matrix (arXiv:1703.00522,
    Table 1). "meprop": in every `nn.Linear`, k entries of each example's (in sequences, each position's) output
    gradient are kept (arXiv:1706.06197); one with a `forward` of its own is left alone, and so is
    `nn.MultiheadAttention`'s. Or a `repro.rules.backward.Rule` of your own, without models or parameters (those
    `Decoupled` takes). Adam at `rate` trains blocks and models.
    `UnknownNameError` for another rule, `BadValueError` for a value that it cannot use or that no one would read.
    """
    blocks = list(blocks)
    _require_options(rule, rate, sg_hidden, labels, k)
    _require_trainable(blocks, sparse=rule == "meprop")
    dtype = next(p.dtype for b in blocks for p in _trained(b))
    segments = [LayeredSegment(b, TopK(int(k)) if rule == "meprop" else None) for b in blocks]
    net = Net(segments, 1, str(example.device), dtype)
    *widths, outputs = _widths(net, example)
    if isinstance(rule, Rule):
        return Decoupled(net, rule, Adam([net.params], [rate]), loss)
    rng, made, trained = torch.Generator().manual_seed(seed), Rule(), [net.params]
    if rule == "dni":
        models = {i: _model(n, sg_hidden, int(labels), net, rng) for i, n in enumerate(widths, 1)}
        made, trained = DNI(models), [net.params, *(m.params for m in models.values())]
    elif rule == "dfa":
        made = DFA(random_feedback(widths, outputs, outputs**-0.5, [rng], net.params.flat))
    return Decoupled(net, made, Adam(trained, [rate]), loss)


def _require_options(rule: object, rate: float, sg_hidden: Sequence[int], labels: int, k: int) -> None:
    """Each is a value that the rule can use, and one that it reads."""
    _require_no_models(rule)
    if not isinstance(rule, Rule) and rule not in RULES:
        raise UnknownNameError("learning rule", rule, RULES)
    for (name, reader), value in zip(READERS.items(), (sg_hidden, labels, k), strict=True):
        if value and rule != reader:
            named = type(rule).__name__ if isinstance(rule, Rule) else rule
            raise BadValueError(
                f'{name} is {value!r}, which "{named}" does not read; only "{reader}" does: leave it out'
            )
    if not _is(rate, lambda v: math.isfinite(v) and v > 0):
        raise BadValueError(f"rate is {rate!r}; expected a finite number above 0, like 1e-3")
    if not _is(sg_hidden, lambda widths: all(operator.index(w) >= 1 for w in widths)):
        raise BadValueError(
            f"sg_hidden is {sg_hidden!r}; expected widths, whole numbers from 1 up; () for a linear model"
        )
    if not _is(labels, lambda v: operator.index(v) >= 0):
        raise BadValueError(
            f"labels is {labels!r}; expected the number of classes; 0 for models that see no label"
        )
    if rule == "meprop" and not _is(k, lambda v: operator.index(v) >= 1):
        raise BadValueError(
            f"k is {k!r}; meprop needs the number of gradient entries to keep, a whole number from 1 up"
        )


def _require_no_models(rule: object) -> None:
    """Nothing but blocks is trained under a rule of one's own."""
    if getattr(rule, "models", None) or getattr(rule, "sg", None):
        raise BadValueError(
            f"{type(rule).__name__} has models, which nothing would train here; expected a rule without: put yours "
            "together as `help(repro.decouple.Decoupled)` says"
        )


def _is(value: Any, good: Callable[[Any], bool]) -> bool:
    try:
        return good(value)
    except TypeError:  # not even a number
        return False


def _trained(block: nn.Module) -> list[nn.Parameter]:
    return [p for p in block.parameters() if p.requires_grad]


def _require_trainable(blocks: Sequence[nn.Module], sparse: bool) -> None:
    """There is something to train, each parameter in one block; if `sparse`, a linear map."""
    if not blocks:
        raise BadValueError("blocks is empty; expected one module or more, like [nn.Linear(64, 10)]")
    owner: dict[nn.Parameter, int] = {}
    for n, block in enumerate(blocks, 1):
        if not isinstance(block, nn.Module):
            raise BadValueError(f"block {n} is {block!r}; expected an nn.Module")
        if any(is_lazy(v) for v in (*block.parameters(), *block.buffers())):
            raise BadValueError(
                f"block {n} has no shapes yet (a lazy module); expected one that has seen an input"
            )
        for parameter in _trained(block):
            if owner.setdefault(parameter, n) != n:
                raise BadValueError(
                    f"blocks {owner[parameter]} and {n} share a parameter, which only one of them would train; "
                    "expected each parameter in one block: join these blocks, or freeze it"
                )
    if not owner:
        raise BadValueError(
            f"no parameter of the {len(blocks)} blocks is trained; expected one or more: "
            "requires_grad=True where it is frozen"
        )
    if len(kinds := {str(p.dtype) for p in owner}) > 1:
        raise BadValueError(
            f"parameters are {' and '.join(sorted(kinds))}; expected one type: convert the blocks"
        )
    if sparse and not any(linear_maps(b) for b in blocks):
        raise BadValueError(
            'no block has an nn.Linear, all that "meprop" makes sparse; expected one: or take "backprop"'
        )


def _widths(net: Net, example: Tensor) -> list[int]:
    """How many numbers an example has behind each block; `BadValueError` if one does not pass on a tensor."""
    h, made = example.unsqueeze(0).clone(), []
    for i, segment in net.numbered():
        seen, before = h, h._version
        h = segment.predict(h)
        if not isinstance(h, Tensor):
            raise BadValueError(f"block {i} returns several tensors; expected one: wrap it in a module")
        if seen._version != before:
            raise BadValueError(
                f"block {i} changes its input in place; expected a first operation that leaves it alone, like "
                "nn.ReLU() for nn.ReLU(inplace=True)"
            )
        made.append(h[0, 0].numel())
    return made


def _model(width: int, hidden: Sequence[int], labels: int, net: Net, rng: torch.Generator) -> NetModel:
    """A synthetic-gradient model as DNI's: linear → batch norm → ReLU, and a last layer that starts at zero."""
    sizes, like = (width + labels, *hidden, width), net.params.flat
    inner = [Dense(i, o, norm="first") for i, o in pairwise(sizes[:-1])]
    made = Net([*inner, Dense(sizes[-2], width, "none", std=0.0)], 1, str(like.device), like.dtype)
    made.init([rng])
    return _Model(made, labels)


class _Model(NetModel):
    """The same, which says what it cannot take."""

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """δ̂ of the shape of h [1, B, …]; y [1, B]. `BadValueError` for labels or examples of another shape."""
        width = self.net.params.p["W1"].shape[1] - self.labels
        if self.labels and (y.dim() != 2 or y.is_floating_point()):
            raise BadValueError(
                f"targets are {str(y.dtype).removeprefix('torch.')} of shape {list(y.shape[1:])}; expected one whole "
                "number an example where models are to see the label: leave `labels` out"
            )
        if (found := h.flatten(2).shape[2]) != width:
            raise BadValueError(
                f"an example has {found} numbers behind a block, where the one that decouple saw had {width}; "
                "expected examples of one shape"
            )
        return super().predict(h, y)
