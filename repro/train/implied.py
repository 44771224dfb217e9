"""Runs of sg/fig2 and sg/fig9: nets on a 10 × 10 grid of points, learning from linear SGs whose implied loss is read.

Source: arXiv:1703.00522v1, section 4 and supplement C (Figures 2 and 9). A run's seed gives its labels and weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from repro.analysis.implied_loss import correlation, implied_loss, scaled
from repro.errors import UnknownNameError
from repro.nets.dense import Dense
from repro.nets.losses import softmax_error
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import backward
from repro.rules.dni import DNI, NetModel
from repro.rules.targets import OfMean
from repro.train.batches import stream
from repro.train.given import Given
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow

CLASSES, SIDE, NOISE = 2, 10, 0.1
POINTS = SIDE * SIDE
DATA, GIVEN, TARGETS = ("noisy", "random"), ("hy", "h", "y"), ("mean", "example")


def grid(extent: float) -> Tensor:
    """The 100 points [100, 2] of a regular grid on [−extent, extent]², row by row."""
    side = torch.linspace(-extent, extent, SIDE)
    return torch.stack(torch.meshgrid(side, side, indexing="ij"), -1).view(POINTS, 2)


def labels(kind: str, x: Tensor, seed: int) -> Tensor:
    """Classes [100] int64. "noisy": a random line through the origin, 10 % swapped; "random": fair coins."""
    if kind not in DATA:
        raise UnknownNameError("data", kind, DATA)
    rng = stream(seed, f"labels/{kind}")
    if kind == "random":
        return torch.randint(2, (POINTS,), generator=rng)
    side = (x @ torch.randn(2, generator=rng) > 0).long()
    swapped = torch.randperm(POINTS, generator=rng)[: round(NOISE * POINTS)]
    side[swapped] = 1 - side[swapped]
    return side


def squared_error(p: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Per-example ½‖p − onehot(y)‖² [R, B] and its gradient p − onehot(y) [R, B, C]; y [R, B] int64."""
    delta = p - one_hot(y, p.shape[-1]).to(p.dtype)
    return delta.square().sum(-1) / 2, delta


LOSSES: Mapping[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "mse": squared_error,
    "log": softmax_error,
}


class OfLabel:
    """A linear SG that does not see h: told h = 0 instead, so that its A stays 0."""

    def __init__(self, model: NetModel):
        self.model, self.params, self.net = model, model.params, model.net

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        """SG(y) = y B + C."""
        return self.model.predict(torch.zeros_like(h), y)

    def regress(self, error: Tensor) -> Tensor:
        """As that of the model."""
        return self.model.regress(error)

    def kept(self) -> dict[str, Tensor]:
        """The parameters."""
        return self.model.kept()


class ImpliedLearner(Learner):
    """R nets of 5 hidden layers. Settings: `data` (noisy, random), `loss` (mse, log); `at`: the layer after which the
    one SG stands, 0 for one after every hidden layer; `given`: what it sees (hy, h, y); `target`: whether it learns
    the gradient of the mean loss or of an example's own; `wide`: units a layer, 0 for `width`.
    """

    products_on_host = False

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        runs, layers = len(given.runs), given.param("layers")
        self.width: int = given.setting("wide") or given.param("width")
        self.error = LOSSES[given.setting("loss")]
        x = grid(given.param("extent"))
        drawn = [labels(k, x, s) for k, s in zip(given.settings("data"), given.seeds, strict=True)]
        self.y = torch.stack(drawn).to(ctx.device)
        self.x = x.to(ctx.device, self.dtype).expand(runs, POINTS, 2).contiguous()
        sizes = (2, *[self.width] * layers, CLASSES)
        made = [
            Dense(i, o, "none" if n == layers else "relu", std=1 / math.sqrt(i))
            for n, (i, o) in enumerate(pairwise(sizes))
        ]
        self.net = Net(made, runs, ctx.device, self.dtype)
        self.net.init([stream(s, "init") for s in given.seeds])
        at, self.sees, target = given.setting("at"), given.setting("given"), given.setting("target")
        if target not in TARGETS:
            raise UnknownNameError("target", target, TARGETS)
        self.models = {i: self._model() for i in ([at] if at else range(1, layers + 1))}
        unit = {i: m if target == "example" else OfMean(m, POINTS) for i, m in self.models.items()}
        self.rule = DNI(unit)
        self.steps = given.param("steps")
        self.evaluate_at = sorted({*(t for t in given.param("iterations") if t <= self.steps), self.steps})
        self.pictured = [
            s in run.params.get("pictured", ()) for s, run in zip(given.seeds, given.runs, strict=True)
        ]
        if any("pictured" in run.params for run in given.runs):
            given.params("pictured")
        self.optimizer = adam(self.params(), given.params("learning_rate"))

    def _model(self) -> NetModel | OfLabel:
        """SG(h, y) = h A + y B + C with A, B, C = 0 at the start; without what it is not given."""
        if self.sees not in GIVEN:
            raise UnknownNameError("what the SG is given", self.sees, GIVEN)
        seen = CLASSES if "y" in self.sees else 0
        net = Net([Dense(self.width + seen, self.width, "none", std=0.0)], len(self.given.runs),
                  self.ctx.device, self.dtype)  # fmt: skip
        model = NetModel(net, seen)
        return model if "h" in self.sees else OfLabel(model)

    def device(self) -> None:
        """One full-batch Adam step of nets and SGs."""
        tape = self.net.forward(self.x)
        _, delta = self.error(tape[-1], self.y)
        backward(self.net.segments, tape, self.y, delta, self.rule)
        self.net.params.flat_grad.mul_(1 / POINTS)
        self.optimizer.step()

    def evaluate(self, t: int) -> list[RunRow]:
        """True loss, accuracy, and of each SG the correlation of its implied loss with the true one."""
        tape = self.net.forward(self.x)
        true, _ = self.error(tape[-1], self.y)
        right = (tape[-1].argmax(-1) == self.y).double().mean(1) * 100
        losses = {"true": true} | {str(i): self.implied(i, tape[i]) for i in self.models}
        rows: list[RunRow] = []
        for r in range(len(self.given.runs)):
            rows.append((r, "true_loss", t, "", true[r].mean().item()))
            rows.append((r, "accuracy", t, "", right[r].item()))
            for name, own in losses.items():
                if name != "true":
                    found = round(correlation(own[r], true[r]).item(), 4)
                    rows.append((r, "correlation", t, name, found))
                if self.pictured[r]:
                    cells = enumerate(scaled(own[r]).tolist())
                    rows += [(r, "picture", t, f"{name};{cell}", round(v, 2)) for cell, v in cells]
        return rows

    def implied(self, i: int, h: Tensor) -> Tensor:
        """L̂ [R, 100] of the SG after layer i at its activations h."""
        p, width = self.models[i].params.p, self.width
        weights, y = p["W1"], one_hot(self.y, CLASSES).to(h.dtype)
        b = weights[:, width:] if "y" in self.sees else weights.new_zeros(len(h), CLASSES, width)
        return implied_loss(h, y, weights[:, :width], b, p["b1"])

    def params(self) -> Sequence[Params]:
        """Those of the nets and of the SGs."""
        return [self.net.params, *(m.params for m in self.models.values())]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, Adam's moments."""
        return {**self.net.kept(), **self.rule.kept(), "optimizer": self.optimizer}

    def first_batch(self, run: int) -> str:
        """The labels of its 100 points, as one number."""
        return f"{int(''.join(map(str, self.y[run].tolist())), 2):x}"


def run(given: Given, ctx: Context) -> Result:
    """Train: correlations at the paper's iterations and at the end."""
    return fit(ImpliedLearner(given, ctx), ctx)
