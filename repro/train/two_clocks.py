"""Runs of two recurrent nets on two clocks: jointly by backpropagation, or decoupled with a synthetic gradient.

Source: arXiv:1608.05343v2, section 3.2, Figure 5; supplement (v1 A.4). A says after every T images how many were odd,
and sends a message; B says after T messages how many threes were among the T² images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from repro.errors import UnknownNameError
from repro.nets import two_clocks as nets
from repro.nets.params import Params, normal_
from repro.rules.injected import PLAIN
from repro.rules.two_clocks import arriving, as_long, asked, joint, window
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.images import load
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.schedule import evenly

UNTRAINED = "untrained"
RULES = {
    "bprop": None,
    "no_bprop": "nothing",
    "dni": "own",
    "dni_negative": "negative",
    "dni_other": "other",
    "dni_untrained": UNTRAINED,
}
"""Rule → what A takes for δ̂ where the nets are decoupled, one of `PLAIN`, or what a second model says that never
learns, as long as δ̂ (ours); None: one graph through both."""
Inject = Callable[[Tensor, Tensor], Tensor]
"""(δ̂, the message it is of) → what is injected, all [R, B, H]."""
LANES = 500
"""Sequences that are tested side by side, on whose statistics batch norms rest."""


class TwoClocks(Learner):
    """R pairs of nets. Setting `rule`, one of `RULES`.

    A step is T² images of each lane: one update of B and of M, T of A where decoupled, one where not.
    """

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        self.window, self.lanes = given.param("window"), given.param("batch")
        data, hold_out, runs = load(given, ctx), given.param("hold_out"), len(given.runs)
        n = len(data.x_train) - hold_out
        self.x, self.y = data.x_train[:n].to(self.dtype), data.y_train[:n]
        held = (data.x_train[n:], data.y_train[n:]) if hold_out else (data.x_test, data.y_test)
        self.x_eval, self.y_eval = held[0].to(self.dtype), held[1]
        self.named = "validation_error" if hold_out else "test_error"
        t, width = self.window, given.param("width")
        make = partial(Params, runs=runs, device=ctx.device, dtype=self.dtype)
        shapes = nets.m_shapes(width, given.param("sg_hidden"))
        self.a = make(nets.a_shapes(self.x.shape[1], width, t + 1))
        self.b, self.m, still = make(nets.b_shapes(width, t * t + 1)), make(shapes), make(shapes)
        for name, params in zip("abm", self.params(), strict=True):
            nets.init(params, [stream(s, f"init-{name}") for s in given.seeds])
        self.inject = self._inject(given.setting("rule"), still)
        self.batches = Batches(n, self.lanes * t * t, given.seeds, ctx.device)
        self.factor, self.steps = given.param("factor"), given.param("steps")
        self.evaluate_at = evenly(self.steps, given.param("evaluations"))
        rates = given.params("learning_rate")
        self.optimizers = [adam([p], rates) for p in self.params()]
        self.watched = self.a.flat.new_zeros(4, runs)
        self.streams = self._streams(given.param("test_sequences"))

    def _inject(self, rule: str, still: Params) -> Inject | None:
        """`still`: a model of M's form that never learns, and says something from the start."""
        if rule not in RULES:
            raise UnknownNameError("learning rule", rule, RULES)
        kind = RULES[rule]
        if kind == UNTRAINED:
            generators = [stream(s, "still") for s in self.given.seeds]
            nets.init(still, generators)
            normal_(still.p["M2"], still.p["M2"].shape[1] ** -0.5, generators)
            return lambda own, message: as_long(nets.model(message, still.p), own)
        return None if kind is None else lambda own, message: PLAIN[kind](own, own, own)

    def _streams(self, sequences: int) -> Tensor:
        """Indices [chunks, T, T, LANES] of the images that are tested, the same for all runs: shuffled passes."""
        chunk = LANES * self.window**2
        chunks, n = max(1, sequences // LANES), len(self.y_eval)
        generator = stream(0, "tested")
        drawn = [torch.randperm(n, generator=generator) for _ in range(-(-chunks * chunk // n))]
        at = torch.cat(drawn)[: chunks * chunk].to(self.y_eval.device)
        return at.view(chunks, self.window, self.window, LANES)

    # a step ---------------------------------------------------------------------------------------------------

    def host(self, t: int) -> int:
        """Images of step t."""
        return self.batches.host(t)

    def device(self) -> None:
        """T² images of each lane."""
        at = self.batches.take().view(-1, self.window, self.window, self.lanes)
        x, (odd, threes) = self.x[at], asked(self.y[at])
        if self.inject is None:
            with torch.enable_grad():
                a, b = leaves(self.a), leaves(self.b)
                loss = joint(x, odd, threes, a, b)
            self._learn(loss, (self.a, a), (self.b, b))
        else:
            self._decoupled(x, odd, threes, self.inject)

    def _decoupled(self, x: Tensor, odd: Tensor, threes: Tensor, inject: Inject) -> None:
        """A learns after each window, from its own loss and what is injected; B and M after T messages."""
        sent = list[Tensor]()
        for w in range(self.window):
            a = leaves(self.a)
            with torch.enable_grad():
                loss, message = window(
                    x[:, w], odd[:, w], a, lambda m: inject(nets.model(m, self.m.p), m) * self.factor
                )
            sent.append(message)
            self._learn(loss, (self.a, a))
        messages, b, m = torch.stack(sent, 1), leaves(self.b), leaves(self.m)
        with torch.enable_grad():
            loss, target = arriving(messages, threes, b)
            predicted = nets.model(messages, m)
            wrong = (predicted - target).square().sum()
        self._learn(loss, (self.b, b))
        self._watch(predicted.detach(), target)
        self._learn(wrong, (self.m, m))

    def _learn(self, loss: Tensor, *parts: tuple[Params, dict[str, Tensor]]) -> None:
        """Move these nets along the gradient of the loss, which is a sum over lanes, as its mean."""
        grads = iter(torch.autograd.grad(loss, [v for _, own in parts for v in own.values()]))
        for params, own in parts:
            for name in own:
                torch.mul(next(grads), 1 / self.lanes, out=params.g[name])
            self.optimizers[self.params().index(params)].step()

    def _watch(self, own: Tensor, target: Tensor) -> None:
        pairs = ((own - target, own - target), (target, target), (own, own), (own, target))
        self.watched += torch.stack([(a * b).sum((1, 2, 3)) for a, b in pairs])

    # what is measured -----------------------------------------------------------------------------------------

    def evaluate(self, t: int) -> list[RunRow]:
        """Percent of wrong counts of A and of B; where decoupled, R² and cosine of δ̂ since the last time."""
        found = dict(zip(("a", "b"), self._errors(), strict=True))
        measured = {f"{self.named}_{k}": v for k, v in found.items()}
        if self.inject is not None:
            error, target, own, both = self.watched
            measured["sg_r2"] = 1 - error / target.clamp_min(1e-30)
            measured["sg_cosine"] = both / (target * own).sqrt().clamp_min(1e-30)
            self.watched.zero_()
        values = {k: v.tolist() for k, v in measured.items()}
        return [(r, k, t, "", v[r]) for r in range(len(self.given.runs)) for k, v in values.items()]

    @torch.no_grad()
    def _errors(self) -> Tensor:
        """[2, R]."""
        wrong = self.watched.new_zeros(2, len(self.given.runs), dtype=torch.float64)
        for at in self.streams:
            odd, threes = asked(self.y_eval[at].unsqueeze(0))
            logits, messages = nets.net_a(self.x_eval[at].unsqueeze(0), self.a.p)
            wrong[0] += (logits.argmax(-1) != odd).double().mean((1, 2))
            wrong[1] += (nets.net_b(messages, self.b.p).argmax(-1) != threes).double().mean(1)
        return wrong * (100 / len(self.streams))

    # what is kept ---------------------------------------------------------------------------------------------

    def params(self) -> Sequence[Params]:
        """Those of A, of B, of M."""
        return [self.a, self.b, self.m]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, Adam's moments, what the quality of δ̂ is told from."""
        own: dict[str, Kept] = {name: p.flat for name, p in zip("abm", self.params(), strict=True)}
        moments = {f"adam-{name}": o for name, o in zip("abm", self.optimizers, strict=True)}
        return own | moments | {"watched": self.watched}

    def first_batch(self, run: int) -> str:
        """Hash of the indices of its first images."""
        return self.batches.fingerprint(run)


def leaves(params: Params) -> dict[str, Tensor]:
    """The parameters as leaves of a graph, in the same memory."""
    return {k: v.detach().requires_grad_() for k, v in params.p.items()}


def run(given: Given, ctx: Context) -> Result:
    """Train: `evaluations` rows of every metric on the way."""
    return fit(TwoClocks(given, ctx), ctx)
