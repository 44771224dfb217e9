"""Runs of sg/table2: equal linear nets by backpropagation and with a synthetic gradient, artificial data.

Data: arXiv:1703.00522v1, supplement C. The seed of a run is its data set: draw, labels and initial weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from repro.errors import BadValueError
from repro.nets.fcn import linear_net
from repro.nets.losses import mean_error, mean_loss
from repro.nets.params import Params
from repro.rules.backward import Rule, backward
from repro.rules.dni import DNI, Model
from repro.rules.linear_sg import LinearSG, ShapedSG
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.schedule import RateDrops


def draw(kind: str, dim: int, samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """One data set: X [S, k] ~ N(0, I_k) and one-hot labels [S, 2].

    "linear": side of a random hyperplane through the origin (standard normal parameters); "noisy": the same
    with 10 % of the labels swapped; "random": fair coins.
    """
    rng = stream(seed, f"data/{kind if kind == 'random' else 'linear'}/{dim}")
    x = torch.randn(samples, dim, generator=rng)
    if kind == "random":
        label = torch.randint(2, (samples,), generator=rng)
    else:
        label = (x @ torch.randn(dim, generator=rng) > 0).long()
        if kind == "noisy":
            swapped = torch.randperm(samples, generator=rng)[: samples // 10]
            label[swapped] = 1 - label[swapped]
    return x, torch.nn.functional.one_hot(label, 2).to(x.dtype)


class PerSample:
    """A linear SG whose target is the gradient of each sample's own loss, S times that of their mean.

    It is divided by S where it is consumed. `samples` [R]: S, or 1 for runs whose target is the mean loss's.
    """

    def __init__(self, sg: LinearSG, samples: Tensor):
        self.sg, self.params, self.samples = sg, sg.params, samples.view(-1, 1, 1)

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(h, y) / S."""
        return self.sg.predict(h, y) / self.samples

    def regress(self, error: Tensor) -> Tensor:
        """As that of `sg`, towards S ∂L/∂h."""
        return self.sg.regress(error * self.samples)

    def kept(self) -> dict[str, Tensor]:
        """The parameters."""
        return self.sg.kept()


class PairLearner(Learner):
    """R pairs of nets with equal data and initial weights: one by backpropagation, one with SG at segment `at`.

    Settings: `data` (linear, noisy, random), `dim`, `deep`, `loss` (mse, log); `rate` and `target` ("batch": the
    mean loss's gradient; "sample": each sample's own) of arms that vary them; `shape` ("sigmoid") of an SG that is
    not linear; `precision` ("float64") of what is not computed in float32. `BadValueError` for an `sg_after` that is
    no hidden layer.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        if named := given.setting("precision", None):
            self.dtype = getattr(torch, named)
        runs, dim, deep = len(given.runs), given.setting("dim"), given.setting("deep")
        samples = 100 if dim == 2 else 1000
        drawn = [
            draw(data, dim, samples, s) for data, s in zip(given.settings("data"), given.seeds, strict=True)
        ]
        self.x = torch.stack([x.T for x, _ in drawn]).to(
            ctx.device, self.dtype
        )  # [R, k, S]: samples are columns
        self.y = torch.stack([y.T for _, y in drawn]).to(ctx.device, self.dtype)  # [R, 2, S]
        self.kind: str = given.setting("loss")
        hidden = [given.param("width")] * given.param("deep_layers") if deep else []
        self.at: int = given.param("sg_after") if deep else 1
        if deep and not 1 <= self.at <= len(hidden):
            raise BadValueError(
                f"sg_after is {self.at}; expected 1 to {len(hidden)}, the number of deep_layers"
            )
        sizes = (dim, *hidden, 2)
        self.bp, self.net = (linear_net(sizes, runs, ctx.device, self.dtype) for _ in range(2))
        self.bp.init([stream(s, "init") for s in given.seeds])
        self.net.params.flat.copy_(self.bp.params.flat)
        self.sg = self._sg(sizes[self.at])
        self.true, self.rule = Rule(), DNI({self.at: self._model(samples)})
        self.rates: list[float] = given.settings("rate", 0.0)
        if not any(self.rates):
            self.rates = given.params("deep_learning_rate" if deep else "learning_rate")
        self.optimizer = adam(self.params(), self.rates)
        steps = self.steps = given.param("steps")
        self.drops = RateDrops(given.param("rate_drops"), steps, whole=False)
        self.evaluate_at = (steps // 100, steps // 10, steps // 2, steps)

    def _sg(self, width: int) -> LinearSG:
        kind = {"linear": LinearSG, "sigmoid": ShapedSG}[self.given.setting("shape", "linear")]
        made = kind(width, 2, len(self.given.runs), self.ctx.device, self.dtype)
        if isinstance(made, ShapedSG):
            made.init([stream(s, "init-sg") for s in self.given.seeds], self.given.param("sg_scale"))
        return made

    def _model(self, samples: int) -> Model:
        targets = self.given.settings("target", "batch")
        if set(targets) == {"batch"}:
            return self.sg
        scale = [samples if t == "sample" else 1 for t in targets]
        return PerSample(self.sg, torch.tensor(scale, device=self.ctx.device, dtype=self.dtype))

    def host(self, t: int) -> int:
        """The rate of step t."""
        self.optimizer.set_rates([self.drops.rate(base, t) for base in self.rates])
        return self.drops.next(t)

    def device(self) -> None:
        """One full-batch Adam step of both nets and the SG."""
        for net, rule in ((self.bp, self.true), (self.net, self.rule)):
            tape = net.forward(self.x)
            delta = mean_error(self.kind, tape[-1], self.y)
            backward(net.segments, tape, self.y, delta, rule)
        self.optimizer.step()

    def evaluate(self, t: int) -> list[RunRow]:
        """Loss of both nets on their data, and the gap SG − backprop, of every run."""
        nets = (self.bp, self.net)
        bp, sg = (mean_loss(self.kind, net.predict(self.x), self.y)[0].tolist() for net in nets)
        rows: list[RunRow] = []
        for r in range(len(self.given.runs)):
            found = {"loss_bp": bp[r], "loss_sg": sg[r], "gap": sg[r] - bp[r]}
            rows += [(r, metric, t, "", value) for metric, value in found.items()]
        return rows

    def params(self) -> Sequence[Params]:
        """Those of both nets and of the SG."""
        return [self.bp.params, self.net.params, self.sg.params]

    def kept(self) -> Mapping[str, Kept]:
        """Weights of both nets and the SG, Adam's moments."""
        names = ("bp", "net", "sg")
        flat = {k: p.flat for k, p in zip(names, self.params(), strict=True)}
        return {**flat, "optimizer": self.optimizer}

    def first_batch(self, run: int) -> str:
        """The data set's sum of labels."""
        return f"{self.y[run, 1].sum().item():.0f} of class 1"


def run(given: Given, ctx: Context) -> Result:
    """Train: losses at 1 %, 10 %, 50 % and 100 % of the steps."""
    return fit(PairLearner(given, ctx), ctx)
