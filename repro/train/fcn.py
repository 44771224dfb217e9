"""Runs of the DNI feed-forward exhibits: fully connected nets under one of five learning rules.

Errors of synthetic gradients along a run: `repro.analysis.fidelity`, on training images in training mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.analysis.fidelity import told, true_gradients
from repro.errors import BadValueError, UnknownNameError
from repro.nets.fcn import fcn
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import Rule, classify
from repro.rules.controls import NoBprop, Stale
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.images import error_rate, gather, load
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import Adam, MaskedAdam, adam
from repro.train.rows import RunRow
from repro.train.schedule import RateDrops, doubling, evenly

RULES = ("bprop", "no_bprop", "stale", "dni", "cdni")


class FCNLearner(Learner):
    """R nets of equal shape. Settings `layers`, `rule` (one of `RULES`), `decay` for stale, `after`: the one layer
    above which DNI, cDNI or No Bprop cuts the net (every hidden one unless set), `classifier`: factor on the
    classifier's initial weights (1 unless set).

    Parameter `sg_images`, 0 unless an exhibit has it: training images on which δ̂ is compared with the true gradient,
    before training, at each evaluation, and after 1, 2, 4, … steps before the first one. Parameter `train_images`, 0
    unless an exhibit has it: training images, the first, on which the training error is measured.
    Setting `sg`: "linear" for models without hidden layers whatever the parameters say, which such an arm leaves out.

    `BadValueError` when `hold_out` leaves no batch to train on, and for an `after` that is no hidden layer;
    `UnknownNameError` for another rule or another `sg`.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        self._split()
        self.net = self._net()
        self.net.init([stream(s, "init") for s in given.seeds])
        self.batches = Batches(len(self.x), given.param("batch"), given.seeds, ctx.device)
        self.sg: SyntheticGradients | None = None
        self.rule = self._rule(given.setting("rule"))
        self.steps = given.param("steps")
        self.looks = min(-(-given.param("sg_images", 0) // self.batches.batch), self.batches.per_epoch)
        self.evaluate_at = self._moments()
        self.drops = RateDrops(given.param("rate_drops"), self.steps)
        self.rates: list[float] = given.params("learning_rate")
        self.optimizer = self._optimizer()
        self.loss, self.sg_loss = (torch.zeros_like(self.net.params.flat[:, 0]) for _ in range(2))
        self.untrained = self._looked(0)

    def _split(self) -> None:
        data, hold_out = load(self.given, self.ctx), self.given.param("hold_out")
        self.shape = data.shape
        if hold_out < 0:
            raise BadValueError(f"hold_out is {hold_out}; expected 0 or more images")
        n = max(0, len(data.x_train) - hold_out)
        x_train = data.x_train.to(self.dtype)
        self.x, self.y = x_train[:n], data.y_train[:n]
        self.x_eval = x_train[n:] if hold_out else data.x_test.to(self.dtype)
        self.y_eval = data.y_train[n:] if hold_out else data.y_test
        self.metric = "validation_error" if hold_out else "test_error"
        self.fitted = self.given.param("train_images", 0)

    def _net(self) -> Net:
        given = self.given
        hidden = [given.param("width")] * (given.setting("layers") - 1)
        sizes, classifier = (self.x.shape[1], *hidden, 10), given.setting("classifier", 1.0)
        return fcn(sizes, len(given.runs), self.ctx.device, self.dtype, classifier)

    def _rule(self, name: str) -> Rule:
        given, runs = self.given, len(self.given.runs)
        if name == "bprop":
            return Rule()
        widths = [given.param("width")] * (given.setting("layers") - 1)
        after = given.setting("after", None)
        if after is not None and not 1 <= after <= len(widths):
            raise BadValueError(f"after is {after}; expected 1 to {len(widths)}, the number of hidden layers")
        if name == "no_bprop":
            return NoBprop(after)
        if name == "stale":
            return Stale(widths, runs, given.setting("decay"), self.net.params.flat)
        if name not in RULES:
            raise UnknownNameError("learning rule", name, RULES)
        labels = 10 if name == "cdni" else 0
        asked = given.param("sg_precision")
        precision = self.dtype if asked == "tf32" else getattr(torch, asked)
        self.sg = SyntheticGradients(
            widths[0], 1 if after else len(widths), runs, self._sg_hidden(name), labels, precision,
            self.ctx.device, self.dtype, asked == "tf32",
        )  # fmt: skip
        self.sg.init([stream(s, "init-sg") for s in given.seeds])
        return EveryLayer(self.sg, 10, layers=(after,) if after else None)

    def _moments(self) -> list[int]:
        """Steps after which something is measured; `tested`: those at which the error is."""
        self.tested = evenly(self.steps, self.given.param("evaluations"))
        early = doubling(self.tested[0]) if self.looks else []
        return sorted({*self.tested, *early})

    def _optimizer(self) -> Adam | MaskedAdam:
        return adam(self.params(), self.rates)

    def _sg_hidden(self, rule: str) -> Sequence[int]:
        if (kind := self.given.setting("sg", None)) is None:
            hidden: Sequence[int] = self.given.param(f"{rule}_sg_hidden")
            return hidden
        if kind != "linear":
            raise UnknownNameError("kind of SG model", kind, ("linear",))
        return ()

    def host(self, t: int) -> int:
        """Batches and rate of step t."""
        self.optimizer.set_rates([self.drops.rate(base, t) for base in self.rates])
        return min(self.batches.host(t), self.drops.next(t))

    def device(self) -> None:
        """One Adam step of nets and SG models on a batch of each run."""
        x, y = gather(self.x, self.y, self.batches.take())
        loss, sg_loss = classify(self.net, self.rule, x, y)
        torch.mean(loss, 1, out=self.loss)
        if sg_loss is not None:
            torch.mean(sg_loss, 1, out=self.sg_loss)
        self.optimizer.step()

    def evaluate(self, t: int) -> list[RunRow]:
        """Errors in test mode; loss of the last batch; mean L_SG of its SG models; errors of δ̂."""
        early = t in self.evaluate_at and t not in self.tested
        before = self.untrained if t == self.evaluate_at[0] else []
        return before + ([] if early else self._evaluated(t)) + self._looked(t)

    def errors(self) -> dict[str, Tensor]:
        """Percent wrong, [R] each, in test mode: of the test (or held-out) images, and of `train_images` if any."""
        found = {self.metric: error_rate(self.net.predict, self.x_eval, self.y_eval)}
        if self.fitted:
            found["train_error"] = error_rate(self.net.predict, self.x[: self.fitted], self.y[: self.fitted])
        return found

    def _evaluated(self, t: int) -> list[RunRow]:
        measured = {**self.errors(), "batch_loss": self.loss}
        if len(self.params()) > 1:
            measured["sg_loss"] = self.sg_loss
        values = {k: v.tolist() for k, v in measured.items()}
        return [(r, k, t, "", v[r]) for r in range(len(self.given.runs)) for k, v in values.items()]

    @torch.no_grad()
    def _looked(self, t: int) -> list[RunRow]:
        """How far each δ̂ is from the true gradient, by the layer it stands after, on the first training images."""
        if not self.looks or not isinstance(self.rule, EveryLayer):
            return []
        batch, found = self.batches.batch, []
        for n in range(self.looks):
            x, y = (v[n * batch : (n + 1) * batch].unsqueeze(0) for v in (self.x, self.y))
            runs = self.net.runs
            found.append(true_gradients(self.net, self.rule, x.expand(runs, -1, -1), y.expand(runs, -1)))
        said, true = (torch.cat(made, 2) for made in zip(*found, strict=True))
        values = {k: v.tolist() for k, v in told(said, true).items()}
        return [
            (r, k, t, str(i), float(f"{v[r][j]:.5g}"))
            for r in range(self.net.runs)
            for k, v in values.items()
            for j, i in enumerate(self.rule.layers)
        ]

    def params(self) -> Sequence[Params]:
        """Those of the nets, and of the SG models."""
        return [self.net.params, *([self.sg.params] if self.sg else [])]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, running statistics, the rule's memory, Adam's moments."""
        return {**self.net.kept(), **self.rule.kept(), "optimizer": self.optimizer}

    def first_batch(self, run: int) -> str:
        """Hash of its first batch's indices."""
        return self.batches.fingerprint(run)


def run(given: Given, ctx: Context) -> Result:
    """Train: `evaluations` rows of every metric on the way."""
    return fit(FCNLearner(given, ctx), ctx)
