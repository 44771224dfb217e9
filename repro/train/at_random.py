"""Runs of DNI's Figure 7: fully connected nets whose layers act at random times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch

from repro.errors import BadValueError, UnknownNameError
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.at_random import Acts, reached, spread
from repro.rules.backward import Rule, classify
from repro.rules.controls import Skip
from repro.rules.dni import NetModel
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.rules.unlocked import InputModel, Unlocked
from repro.train.batches import stream
from repro.train.fcn import FCNLearner
from repro.train.given import Given
from repro.train.images import gather
from repro.train.learner import Kept
from repro.train.loop import Context, Result, fit
from repro.train.rows import RunRow
from repro.train.selective import SelectiveAdam

RULES, FORWARDS = ("bprop", "dni", "cdni"), ("locked", "unlocked")
CLASSES = 10


class AtRandomLearner(FCNLearner):
    """R nets of N layers, each of which acts with probability p in each step; p is the run's own.

    Settings `layers`, `rule` (one of `RULES`) and `forward`: "locked" (an ordinary forward pass, updates alone are
    decoupled) or "unlocked" (synthetic inputs too). Parameter `p_update`: p, or 0 for that of the seed (`spread`).
    `BadValueError` for a p above 1, `UnknownNameError` for another rule or forward pass.
    """

    def _rule(self, name: str) -> Rule:
        """The rule of the locked forward pass; the unlocked one has its own, `unlocked`."""
        given, forward, layers = self.given, self.given.setting("forward"), self.given.setting("layers")
        for kind, value, known in (("learning rule", name, RULES), ("forward", forward, FORWARDS)):
            if value not in known:
                raise UnknownNameError(kind, value, known)
        self.p = [p or spread(s) for p, s in zip(given.params("p_update"), given.seeds, strict=True)]
        if max(self.p) > 1:
            raise BadValueError(f"p_update is {max(self.p)}; expected a probability, at most 1")
        self.acts = Acts(given.seeds, self.p, layers, self.ctx.device)
        self.width: int = given.param("width")
        self.unlocked: Unlocked | None = None
        if name == "bprop":
            return Rule()
        labels = CLASSES if name == "cdni" else 0
        hidden, runs = given.param(f"{name}_sg_hidden"), len(given.runs)
        if forward == "unlocked":
            self.unlocked = self._unlocked(layers, hidden, labels)
            return Rule()
        self.sg = SyntheticGradients(
            self.width, layers - 1, runs, hidden, labels, None, self.ctx.device, self.dtype
        )
        self.sg.init([stream(s, "init-sg") for s in given.seeds])
        return EveryLayer(self.sg, CLASSES)

    def _unlocked(self, layers: int, hidden: Sequence[int], labels: int) -> Unlocked:
        depth, above = self.given.param("input_hidden"), range(2, layers + 1)
        sgs = {k - 1: NetModel(self._model(self.width + labels, hidden, f"sg{k}"), labels) for k in above}
        inputs = {k: InputModel(self._model(self.x.shape[1], depth, f"input{k}")) for k in above}
        return Unlocked(self.net, sgs, inputs, self.acts.now)

    def _model(self, inputs: int, hidden: Sequence[int], name: str) -> Net:
        """(linear → batch norm → ReLU) × the hidden layers → linear, at first zero; updated as one."""
        sizes, runs = (inputs, *hidden), len(self.given.runs)
        segments = [Dense(i, o, norm="first") for i, o in pairwise(sizes)]
        last = Dense(sizes[-1], self.width, "none", std=0)
        net = Net([*segments, last], runs, self.ctx.device, self.dtype)
        net.params.blocks = [(0, net.params.flat.shape[1])]
        net.init([stream(s, f"init-{name}") for s in self.given.seeds])
        return net

    def _moments(self) -> list[int]:
        return sorted({max(1, round(at * self.steps)) for at in self.given.param("read_at")})

    def _optimizer(self) -> SelectiveAdam:
        return SelectiveAdam(self.params(), self.rates, eps=1e-8)

    def device(self) -> None:
        """Draw who acts; one Adam step of those, on a batch of each run."""
        x, y = gather(self.x, self.y, self.batches.take())
        self.acts.draw()
        if self.unlocked:
            loss, moves = self.unlocked.learn(x, y), self.unlocked.moves()
        elif self.sg:
            on = self.acts.now
            loss, _ = classify(self.net, Skip(self.rule, on), x, y)
            moves = [on, on[:, 1:]]  # M_{i+1} has a target where layer i + 1 acts
        else:
            moves = [reached(self.acts.now)]
            loss, _ = classify(self.net, Skip(self.rule, moves[0]), x, y)
        torch.mean(loss, 1, out=self.loss)
        self.optimizer.step(moves)

    def evaluate(self, t: int) -> list[RunRow]:
        """Errors in test mode, with the real activations passed on."""
        return [(r, k, t, "", e) for k, own in self.errors().items() for r, e in enumerate(own.tolist())]

    def final(self, t: int) -> list[RunRow]:
        """Each run's p."""
        return [(r, "p_update", t, "", p) for r, p in enumerate(self.p)]

    def params(self) -> Sequence[Params]:
        """Those of the nets, of the SG models, of the input models."""
        if self.unlocked:
            models = (*self.unlocked.models.values(), *self.unlocked.inputs.values())
            return [self.net.params, *(m.params for m in models)]
        return super().params()

    def kept(self) -> Mapping[str, Kept]:
        """Weights, running statistics, the models, Adam's moments, the number of draws."""
        own = self.unlocked.kept() if self.unlocked else self.rule.kept()
        return {**self.net.kept(), **own, "optimizer": self.optimizer, "acts": self.acts.count}


def run(given: Given, ctx: Context) -> Result:
    """Train; a row of the error at each of `read_at`, and each run's p."""
    return fit(AtRandomLearner(given, ctx), ctx)
