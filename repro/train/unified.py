"""Runs of sg/table1: a small net on images under each of the six rules, and the rules as one framework.

Source: arXiv:1703.00522v1, section 6 and Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.nets.params import Params, normal_
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI, NetModel
from repro.rules.feedback import DFA, Kickback, random_feedback
from repro.rules.unified import COLUMNS, Propagated, locks, surrogate
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.images import error_rate, gather, load
from repro.train.implied import LOSSES
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.schedule import evenly

CLASSES = 10
RULES = (*COLUMNS, "prop", "frozen")
"""Those of Table 1; ∂L_SG/∂h alone (footnote 5); and hidden layers that do not learn."""


class Spy(Rule):
    """Any rule, which notes what each segment was offered and what it consumed."""

    def __init__(self, rule: Rule):
        self.rule, self.arrived, self.consumed = rule, dict[int, Tensor](), dict[int, Tensor]()

    def begin(self, tape: Sequence[Any], y: Any, delta: Any) -> None:
        """As the rule."""
        self.rule.begin(tape, y, delta)

    def consume(self, i: int, arriving: Any) -> Any:
        """As the rule."""
        self.arrived[i], self.consumed[i] = arriving, self.rule.consume(i, arriving)
        return self.consumed[i]


class UnifiedLearner(Learner):
    """R nets of relu layers. Settings: `rule`, one of `RULES`, and `loss` (log, mse)."""

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        data, runs = load(given, ctx), len(given.runs)
        self.x, self.y = data.x_train.to(self.dtype), data.y_train
        n = given.param("eval_images")
        self.x_eval, self.y_eval = self.x[:n], self.y[:n]
        self.width, self.layers, self.batch = (given.param(k) for k in ("width", "layers", "batch"))
        sizes = (self.x.shape[1], *[self.width] * self.layers, CLASSES)
        made = [
            Dense(i, o, "relu" if n < self.layers else "none", std=1 / math.sqrt(i))
            for n, (i, o) in enumerate(pairwise(sizes))
        ]
        self.net = Net(made, runs, ctx.device, self.dtype)
        self.net.init([stream(s, "init") for s in given.seeds])
        self.error = LOSSES[given.setting("loss")]
        self.batches = Batches(len(self.x), self.batch, given.seeds, ctx.device)
        self.models: dict[int, NetModel] = {}
        self.alpha = 1.0
        self.name: str = given.setting("rule")
        self.rule = self._rule()
        self.steps = given.param("steps")
        self.evaluate_at = evenly(self.steps, given.param("evaluations"))
        self.optimizer = adam(self.params(), given.params("learning_rate"))

    def _rule(self) -> Rule:
        like, runs, widths = self.net.params.flat, len(self.given.runs), [self.width] * self.layers
        if self.name in ("sg", "sg_prop", "prop"):
            return self._with_sg()
        rngs = [stream(s, "feedback") for s in self.given.seeds]
        if self.name == "fa":
            for segment in self.net.segments[1:]:
                assert isinstance(segment, Dense)
                segment.feedback = like.new_zeros(runs, segment.outputs, segment.inputs)
                normal_(segment.feedback, 1 / math.sqrt(segment.inputs), rngs)
        if self.name in ("bprop", "fa"):
            return Rule()
        if self.name == "kickback":
            return Kickback(widths, CLASSES, runs, like)
        if self.name == "frozen":
            return DFA({i: like.new_zeros(runs, CLASSES, self.width) for i in range(1, self.layers + 1)})
        if self.name == "dfa":
            return DFA(random_feedback(widths, CLASSES, 1 / math.sqrt(self.width), rngs, like))
        raise UnknownNameError("learning rule", self.name, RULES)

    def _with_sg(self) -> Rule:
        """One linear SG(h, y), zero at the start."""
        made = Dense(self.width + CLASSES, self.width, "none", std=0.0)
        model = NetModel(Net([made], len(self.given.runs), self.ctx.device, self.dtype), CLASSES)
        self.models = {self.given.param("sg_after"): model}
        if self.name == "sg":
            return DNI(self.models)
        self.alpha = self.given.param("alpha")
        return Propagated(self.models, self.alpha, self.name == "prop")

    def host(self, t: int) -> int:
        """Batches of step t."""
        return self.batches.host(t)

    def device(self) -> None:
        """One Adam step on a batch of each run."""
        self._pass(*gather(self.x, self.y, self.batches.take()), self.rule)
        self.optimizer.step()

    def _pass(self, x: Tensor, y: Tensor, rule: Rule) -> tuple[list[Tensor], Tensor]:
        tape = self.net.forward(x)
        _, delta = self.error(tape[-1], y)
        backward(self.net.segments, tape, y, delta, rule)
        self.net.params.flat_grad.mul_(1 / y.shape[-1])
        return tape, delta

    def evaluate(self, t: int) -> list[RunRow]:
        """Accuracy on training images."""
        right = 100 - error_rate(self.net.predict, self.x_eval, self.y_eval)
        return [(r, "train_accuracy", t, "", v) for r, v in enumerate(right.tolist())]

    # the framework --------------------------------------------------------------------------------------------

    def final(self, t: int) -> list[RunRow]:
        """Of each hidden layer that the rule serves: the surrogate against autograd and beside the true gradient."""
        runs, rows = len(self.given.runs), []
        x, y = (v[: self.batch].expand(runs, *v[: self.batch].shape).contiguous() for v in (self.x, self.y))
        with torch.no_grad():
            spy = Spy(self.rule)
            tape, delta = self._pass(x, y, spy)
            for i in self.served():
                used, true = spy.consumed[i], self.true_gradient(tape, y, i)
                found = {"cosine": _cosine(used, true), "surrogate_size": _norm(used) / _norm(true)}
                if self.name in COLUMNS:
                    by_autograd = self.surrogate(i, tape, y, delta, spy)
                    found["identity"] = _norm(used - by_autograd) / _norm(by_autograd).clamp_min(
                        1e-6 * _norm(true)
                    )
                rows += [
                    (r, k, t, str(i), float(f"{v:.4g}")) for k, vs in found.items() for r, v in enumerate(vs)
                ]
            at = self.served()[0]
            asked = locks(self.rule, at, tape, y, delta, spy.arrived[at]) if self.name in COLUMNS else {}
        return rows + [(r, "cell", t, name, float(v)) for name, v in asked.items() for r in range(runs)]

    def served(self) -> list[int]:
        """The layers whose ∂L/∂h the rule replaces."""
        return [*self.models] or list(range(1, self.layers + 1))

    def true_gradient(self, tape: Sequence[Tensor], y: Tensor, i: int) -> Tensor:
        """∂L/∂h_i of each example's own loss, by autograd of the net above."""
        with torch.enable_grad():
            h = at = tape[i].detach().requires_grad_()
            p = self.net.params.p
            for j in range(i + 1, self.layers + 2):
                h = h @ p[f"W{j}"] + p[f"b{j}"].unsqueeze(1)
                h = torch.relu(h) if j <= self.layers else h
            onehot = F.one_hot(y, CLASSES).to(h.dtype)
            log = -(onehot * torch.log_softmax(h, -1)).sum()
            loss = log if self.error is LOSSES["log"] else (h - onehot).square().sum() / 2
            (made,) = torch.autograd.grad(loss, at)
        return made

    def surrogate(self, i: int, tape: Sequence[Tensor], y: Tensor, delta: Tensor, spy: Spy) -> Tensor:
        """Table 1's, by autograd of L_SG alone: module and target as the column has them."""
        column = COLUMNS[self.name]
        above = spy.consumed[i + 1]
        if column.at == "h":
            gradient = self.true_gradient(tape, y, i)
        else:
            gradient = delta if column.at == "p" or i == self.layers else above * (tape[i + 1] > 0)
        return surrogate(column, tape[i], self._module(i, y), gradient, self.alpha)

    def _module(self, i: int, y: Tensor) -> Callable[[Tensor], Tensor]:
        if self.name == "bprop":
            return lambda h: h
        if i in self.models:
            p, onehot = self.models[i].params.p, F.one_hot(y, CLASSES).to(self.x.dtype)
            return lambda h: torch.cat([h, onehot], -1) @ p["W1"] + p["b1"].unsqueeze(1)
        if self.name == "fa":
            back = self.net.segments[i].feedback  # type: ignore[attr-defined]
        else:
            assert isinstance(self.rule, DFA)
            back = self.rule.back[i]
        return lambda h: h @ back.mT

    # what is kept ---------------------------------------------------------------------------------------------

    def params(self) -> Sequence[Params]:
        """Those of the nets and of the SG."""
        return [self.net.params, *(m.params for m in self.models.values())]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, the rule's state, Adam's moments."""
        return {**self.net.kept(), **self.rule.kept(), "optimizer": self.optimizer}

    def first_batch(self, run: int) -> str:
        """Hash of its first batch's indices."""
        return self.batches.fingerprint(run)


def _norm(v: Tensor) -> Tensor:
    return v.square().sum((1, 2)).sqrt()


def _cosine(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum((1, 2)) / (_norm(one) * _norm(other)).clamp_min(1e-30)


def run(given: Given, ctx: Context) -> Result:
    """Train: accuracy on the way, the framework's identities at the end."""
    return fit(UnifiedLearner(given, ctx), ctx)
