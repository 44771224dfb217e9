"""Runs of sg/schematics: one logged step of a small net under a rule, and what each layer's update depends on.

Source: arXiv:1703.00522v1, Figure 1, sections 2 and 6. The log says when (`repro.rules.backward`): its ticks follow
from what a rule says that it needs. Whether that is so is found here by changing one thing at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.net import Log, Net, silent
from repro.nets.params import normal_
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI, NetModel
from repro.rules.feedback import DFA, Kickback, random_feedback
from repro.rules.unified import Propagated
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.implied import squared_error
from repro.train.loop import Context, Result
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.unified import Spy

RULES = ("bprop", "sg", "sg_star", "sg_prop", "dfa", "fa", "kickback")
Found = Iterator[tuple[str, str, float]]
"""metric, index, value."""


def edges(
    rule: Rule, i: int, tape: Sequence[Tensor], y: Tensor, delta: Tensor, arriving: Tensor
) -> dict[str, bool]:
    """On what does that which layer i consumes depend? Each thing is changed alone, the others stay.

    "above": what arrives from layer i + 1 (from the loss, at the last layer); "error": ∂L/∂p of the output, straight;
    "h": the layer's own output; "label": y, other than through the loss. Arguments as `Rule.begin` and `Rule.consume`
    have them.
    """

    def consumed(tape: Sequence[Tensor], y: Tensor, delta: Tensor, arriving: Tensor) -> Tensor:
        rule.begin(tape, y, delta)
        made: Tensor = rule.consume(i, arriving).clone()
        return made

    base = consumed(tape, y, delta, arriving)
    changed = {
        "above": consumed(tape, y, delta, 2 * arriving + 1),
        "error": consumed(tape, y, other(delta), arriving),
        "h": consumed([*tape[:i], 2 * tape[i] + 1, *tape[i + 1 :]], y, delta, arriving),
        "label": consumed(tape, (y + 1) % delta.shape[-1], delta, arriving),
    }
    return {what: not torch.equal(base, made) for what, made in changed.items()}


def other(delta: Tensor) -> Tensor:
    """Another gradient of the loss, in whose sum over outputs the difference stays."""
    return 2 * delta + torch.arange(delta.shape[-1]).to(delta)


class Schematic:
    """A net of `modules` layers of one run, its rule and its SGs; float64, on the CPU."""

    def __init__(self, setting: Mapping[str, Any], param: Mapping[str, Any], seed: int):
        name, self.modules, width = setting["rule"], param["modules"], param["width"]
        self.seed, self.classes, self.batch, self.alpha = (
            seed,
            param["classes"],
            param["batch"],
            param["alpha"],
        )
        self.sizes = (width, *[width] * (self.modules - 1), self.classes)
        acts = [*["relu"] * (self.modules - 1), "none"]
        layers = [Dense(i, o, act) for (i, o), act in zip(pairwise(self.sizes), acts, strict=True)]
        self.net = self._drawn(layers, "init")
        self.models: dict[int, NetModel] = {}
        if name in ("sg", "sg_star", "sg_prop"):
            after = range(1, self.modules) if name == "sg_star" else [param["sg_after"]]
            labels = self.classes if setting["given"] == "hy" else 0
            self.models = {
                k: NetModel(self._drawn([Dense(width + labels, width, "none", std=0.0)], "sg"), labels)
                for k in after
            }
        self.rule = self._rule(name, width)
        self.optimizer = adam(
            [self.net.params, *(m.params for m in self.models.values())], [param["learning_rate"]]
        )
        self.draw = stream(self.seed, "examples")
        self.teacher = torch.randn(width, self.classes, generator=self.draw).double()

    def _drawn(self, layers: Sequence[Dense], purpose: str) -> Net:
        made = Net(layers, 1, dtype=torch.float64)
        made.init([stream(self.seed, purpose)])
        return made

    def _rule(self, name: str, width: int) -> Rule:
        like, widths = self.net.params.flat, [width] * (self.modules - 1)
        rngs = [stream(self.seed, "feedback")]
        if name == "fa":
            for segment in self.net.segments[1:]:
                assert isinstance(segment, Dense)
                segment.feedback = like.new_zeros(1, segment.outputs, segment.inputs)
                normal_(segment.feedback, 1 / math.sqrt(segment.inputs), rngs)
        made: Mapping[str, Callable[[], Rule]] = {
            "bprop": Rule,
            "fa": Rule,
            "sg": lambda: DNI(self.models),
            "sg_star": lambda: DNI(self.models),
            "sg_prop": lambda: Propagated(self.models, self.alpha),
            "dfa": lambda: DFA(random_feedback(widths, self.classes, 1 / math.sqrt(width), rngs, like)),
            "kickback": lambda: Kickback(widths, self.classes, 1, like),
        }
        if name not in made:
            raise UnknownNameError("learning rule", name, RULES)
        return made[name]()

    def examples(self) -> tuple[Tensor, Tensor]:
        """Inputs N(0, 1) [1, B, I] and the classes [1, B] that a random linear teacher gives them."""
        x = torch.randn(1, self.batch, self.sizes[0], generator=self.draw).double()
        return x, (x @ self.teacher).argmax(-1)

    def step(
        self,
        x: Tensor,
        y: Tensor,
        rule: Rule,
        log: Log = silent,
        loss: Callable[[Tensor], Tensor] = lambda d: d,
    ) -> tuple[list[Tensor], Tensor]:
        """All gradients of one step; `loss` changes that of the loss. Returns the tape and the gradient as it was."""
        tape = self.net.forward(x, log=log)
        _, delta = squared_error(tape[-1], y)
        backward(self.net.segments, tape, y, loss(delta), rule, log)
        return tape, delta

    def gradients(self) -> dict[str, Tensor]:
        """Each layer's and each SG's, in one row."""
        flat = self.net.params.flat_grad
        own = {f"layer;{i}": flat[:, a:b].clone() for i, (a, b) in enumerate(self.net.params.blocks, 1)}
        return own | {f"sg;{i}": m.params.flat_grad.clone() for i, m in self.models.items()}

    def true_gradients(self, x: Tensor, y: Tensor) -> list[Tensor]:
        """∂L/∂h_i of the layers, from the first, by autograd of L = ½‖p − y‖² of each example."""
        p, hs = self.net.params.p, [x.clone().requires_grad_()]
        with torch.enable_grad():
            for i in range(1, self.modules + 1):
                a = hs[-1] @ p[f"W{i}"] + p[f"b{i}"].unsqueeze(1)
                hs.append(a if i == self.modules else torch.relu(a))
            loss = (hs[-1] - one_hot(y, self.classes)).square().sum() / 2
            return list(torch.autograd.grad(loss, hs[1:]))


def measured(it: Schematic, steps: int) -> Found:
    """Of the step after `steps` of them: its log, and what moves what."""
    for _ in range(steps):
        it.step(*it.examples(), it.rule)
        it.optimizer.step()
    x, y = it.examples()
    events: list[tuple[str, int, int]] = []
    it.step(x, y, it.rule, lambda *event: events.append(event))
    yield from _logged(events, it.modules)
    before = it.gradients()
    it.step(x, y, it.rule, loss=other)
    yield from (
        ("moved", k, float((g - before[k]).norm() / before[k].norm())) for k, g in it.gradients().items()
    )
    spy, true = Spy(it.rule), it.true_gradients(x, y)
    tape, delta = it.step(x, y, spy)  # it wants everything that arrives, also where the rule looks at none
    with torch.no_grad():
        for i in range(1, it.modules + 1):
            yield "off", str(i), float((spy.consumed[i] - true[i - 1]).norm() / true[i - 1].norm())
            found = edges(it.rule, i, tape, y, delta, spy.arrived[i])
            yield from (("edge", f"{what};{i}", float(v)) for what, v in found.items())


def _logged(events: Sequence[tuple[str, int, int]], modules: int) -> Found:
    """The log as rows: ticks, and how many of them each layer waited."""
    yield from (("tick", f"{kind};{i}", float(t)) for kind, i, t in events if kind != "wait")
    waits = [i for kind, i, _ in events if kind == "wait"]
    yield from (("waits", str(i), float(waits.count(i))) for i in range(1, modules + 1))


def run(given: Given, ctx: Context) -> Result:
    """Rows of each run's step."""
    settings = {name: given.settings(name, None) for name in ("rule", "given")}
    names = ("modules", "sg_after", "width", "classes", "batch", "alpha", "steps", "learning_rate")
    params = {name: given.params(name) for name in names}
    given.refuse_unread()
    rows: list[RunRow] = []
    for r, seed in enumerate(given.seeds):
        own, sizes = ({k: v[r] for k, v in of.items()} for of in (settings, params))
        found = measured(Schematic(own, sizes, seed), sizes["steps"])
        rows += [(r, metric, sizes["steps"], index, float(f"{v:.3g}")) for metric, index, v in found]
        ctx.progress((r + 1) / len(given.runs))
    return Result(rows)
