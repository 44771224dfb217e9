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
from repro.rules.meprop import Draws, RandomK, TopK
from repro.train.batches import Batches, stream
from repro.train.given import Given
from repro.train.images import error_rate, gather, load
from repro.train.learner import Kept, Learner
from repro.train.loop import Context, Result, fit
from repro.train.optim import adam
from repro.train.rows import RunRow
from repro.train.schedule import evenly

RULES = ("dense", "top", "random", "small")
CLASSES = 10


class MepropLearner(Learner):
    """R nets of equal shape. Settings `rule` and, for all but dense, `percent`: k = percent of the `hidden` units.

    Rules: "dense" (backprop), "top" and "random" (meProp with h = `hidden`), "small" (backprop with h = k).
    """

    products_on_host = False
    rules: Sequence[str] = RULES

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
        self.rule, self.optimizer = (
            Rule(),
            adam(self.params(), given.params("learning_rate"), given.param("adam_eps")),
        )
        an_epoch = self.batches.per_epoch
        epochs, at_most = given.param("epochs"), given.param("max_steps")
        self.steps = min(full := round(epochs * an_epoch), at_most or full)
        times = max(1, round(given.param("evaluations") * self.steps / an_epoch))
        self.evaluate_at = evenly(self.steps, times)
        self.plain["best"] = [[-1.0, 0, 0.0] for _ in given.runs]  # dev accuracy, step, test accuracy

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
        """What each linear map keeps of its output gradient; `draws`: what random-k chooses by."""
        self.draws: Draws | None = None
        if rule not in ("top", "random"):
            return [None] * (len(self.sizes) - 1)
        widths = self.sizes[1:] if self.given.param("sparsify_output") else self.sizes[1:-1]
        made: list[Keep | None] = [TopK(self.k) for _ in widths]
        if rule == "random":
            thinned = [n for n in widths if n > self.k]  # the others are kept whole, which takes no draw
            self.draws = Draws(self.given.seeds, self.batches.batch, thinned, self.ctx.device)
            scores = iter(self.draws.scores)
            made = [RandomK(self.k, next(scores)) if n > self.k else None for n in widths]
        return made + [None] * (len(self.sizes) - 1 - len(made))

    def host(self, t: int) -> int:
        """Batches of step t."""
        return self.batches.host(t)

    def device(self) -> None:
        """One Adam step on a batch of each run, by new draws."""
        if self.draws:
            self.draws.draw()
        x, y = gather(self.x, self.y, self.batches.take())
        tape = self.net.forward(x)
        _, delta = softmax_error(tape[-1], y)
        backward(self.net.segments, tape, y, delta.div_(y.shape[-1]), self.rule)  # the mean over the batch
        self.optimizer.step()

    def evaluate(self, t: int) -> list[RunRow]:
        """Dev accuracy of each run; test accuracy where dev is the best so far (test never chooses)."""
        dev = (100 - error_rate(self.net.predict, self.x_dev, self.y_dev)).tolist()
        best = self.plain["best"]
        better = [r for r, score in enumerate(dev) if score > best[r][0]]
        if better:
            test = (100 - error_rate(self.net.predict, self.x_test, self.y_test)).tolist()
            for r in better:
                best[r] = [dev[r], t, test[r]]
        return [(r, "dev_accuracy", t, "", score) for r, score in enumerate(dev)]

    def final(self, t: int) -> list[RunRow]:
        """Test accuracy at the best dev score, the epoch where that was, and test accuracy at the end."""
        rows: list[RunRow] = []
        ends = (100 - error_rate(self.net.predict, self.x_test, self.y_test)).tolist()
        for r, ((_, at, test), end) in enumerate(zip(self.plain["best"], ends, strict=True)):
            rows.append((r, "test_accuracy", at, "", test))
            rows.append((r, "best_epoch", at, "", at / self.batches.per_epoch))
            rows.append((r, "end_accuracy", t, "", end))
        return rows

    def params(self) -> Sequence[Params]:
        """Those of the nets."""
        return [self.net.params]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, Adam's moments, how many steps random-k has drawn."""
        drawn = {"random-k": self.draws.count} if self.draws else {}
        return {**self.net.kept(), "optimizer": self.optimizer, **drawn}

    def first_batch(self, run: int) -> str:
        """Hash of its first batch's indices."""
        return self.batches.fingerprint(run)

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
    learner = MepropLearner(given, ctx)
    result = fit(learner, ctx)
    result.meta["info"] = learner.info()
    return result
