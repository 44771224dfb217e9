"""Runs of the meProp MNIST exhibits: an MLP whose backward pass keeps k entries of each gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from repro.errors import BadValueError, UnknownNameError
from repro.nets.fcn import mlp
from repro.nets.linear import Keep
from repro.nets.losses import softmax_error
from repro.nets.net import Net
from repro.nets.params import Params
from repro.rules.backward import Rule, backward
from repro.rules.meprop import Draws
from repro.train.batches import Batches, stream
from repro.train.best import BestByDev, trained
from repro.train.given import Given
from repro.train.images import error_rate, gather, load
from repro.train.keeps import KEEPS, keeps
from repro.train.learner import Kept
from repro.train.loop import Context, Result
from repro.train.optimizers import optimizer_of

RULES = ("dense", "top", "random", "small")
CLASSES = 10


class MepropLearner(BestByDev):
    """R nets of equal shape. Settings `rule` and, for all but dense, `percent`: k = percent of the `hidden` units.

    Rules: "dense" (backprop), "top" and "random" (meProp with h = `hidden`), "small" (backprop with h = k).
    The optimiser: see `repro.train.optimizers`.
    """

    products_on_host = False
    rules: Sequence[str] = RULES
    keeps = KEEPS

    def __init__(self, given: Given, ctx: Context):
        super().__init__(given, ctx)
        self._split()
        rule, hidden = given.setting("rule"), given.param("hidden")
        if rule not in self.rules:
            raise UnknownNameError("learning rule", rule, self.rules)
        self.k = hidden if rule == "dense" else max(1, round(given.setting("percent") * hidden / 100))
        width = self.k if rule == "small" else hidden
        self.sizes = (self.x.shape[1], *[width] * self._depth(), CLASSES)
        self.batches = Batches(len(self.x), given.param("batch"), given.seeds, ctx.device)
        self.keep = self._keep(rule)
        self.net = self._net()
        self.net.init([stream(s, "init") for s in given.seeds])
        self.rule, self.optimizer = Rule(), optimizer_of(given, self.params())
        self.schedule()

    def _depth(self) -> int:
        """Hidden layers."""
        depth: int = self.given.param("hidden_layers")
        return depth

    def _net(self) -> Net:
        """Nets of `sizes`, whose maps keep what `keep` says."""
        return mlp(self.sizes, len(self.given.runs), self.ctx.device, self.dtype, self.keep)

    def _split(self) -> None:
        """The first `dev_images` choose the epoch and are not trained on; 0: a sixth of the images."""
        data, asked = load(self.given, self.ctx), self.given.param("dev_images")
        sixth = len(data.x_train) // 6
        if not 0 <= asked <= sixth:
            raise BadValueError(
                f"dev_images is {asked}; expected 1 to {sixth}, a sixth of the {len(data.x_train)} training images, "
                f"or 0 for just that"
            )
        n = asked or sixth
        x = data.x_train.to(self.dtype)
        self.x, self.y, self.x_dev, self.y_dev = x[n:], data.y_train[n:], x[:n], data.y_train[:n]
        self.x_test, self.y_test = data.x_test.to(self.dtype), data.y_test

    def _keep(self, rule: str) -> list[Keep | None]:
        """What each linear map keeps of its output gradient; `draws`: what entries by lot are chosen by."""
        self.draws: Draws | None
        sizes = self.sizes, self.batches.batch, self.ctx.device
        made, self.draws = keeps(self.given, rule, self.k, *sizes, self.keeps)
        return made

    def device(self) -> None:
        """One step of the optimiser on a batch of each run, by new draws."""
        if self.draws:
            self.draws.draw()
        x, y = gather(self.x, self.y, self.batches.take())
        tape = self.net.forward(x)
        _, delta = softmax_error(tape[-1], y)
        backward(self.net.segments, tape, y, delta.div_(y.shape[-1]), self.rule)  # the mean over the batch
        self.optimizer.step()

    def score(self, part: str) -> list[float]:
        """Accuracy of each run."""
        x, y = (self.x_dev, self.y_dev) if part == "dev" else (self.x_test, self.y_test)
        made: list[float] = (100 - error_rate(self.net.predict, x, y)).tolist()
        return made

    def params(self) -> Sequence[Params]:
        """Those of the nets."""
        return [self.net.params]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, the optimiser's moments, how many steps random-k has drawn."""
        drawn = {"random-k": self.draws.count} if self.draws else {}
        return {**self.net.kept(), "optimizer": self.optimizer, **drawn}

    def info(self) -> dict[str, int]:
        """Sizes that the data and the settings come to."""
        return {
            "inputs": self.sizes[0],
            "train": len(self.x),
            "dev": len(self.x_dev),
            "k": self.k,
            "width": self.sizes[1],
        }


def run(given: Given, ctx: Context) -> Result:
    """Train for `epochs` (or `max_steps`) with `evaluations` dev scores an epoch."""
    return trained(MepropLearner(given, ctx))
