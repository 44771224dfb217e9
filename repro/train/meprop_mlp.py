"""Pieces of the meProp MNIST exhibits: an MLP whose backward pass keeps k entries of each gradient."""

from __future__ import annotations

from typing import Any

import torch

from repro.algorithms.meprop import MLP, Sparsify, random_k, top_k
from repro.errors import BadValueError
from repro.piece import Piece
from repro.train.batches import Batches, stream
from repro.train.images import error_rate, evenly, gather, load, runs_of
from repro.train.loop import Context, Result, Row, fit

READS = frozenset({"rule", "percent"})
"""Settings that are read once a piece."""


class MepropLearner:
    """R runs of one arm shape: settings `rule` and `percent`, k = percent of the `hidden` units.

    Rules: "dense" (backprop), "top" and "random" (meProp with h = `hidden`), "small" (backprop with h = k).
    """

    def __init__(self, piece: Piece, ctx: Context):
        self.data, self.runs, p = load(piece, ctx), runs_of(piece), piece.params
        settings, seeds = self.runs[0][1], [s for _, _, s in self.runs]
        if p["dev_images"] < 1:
            raise BadValueError(f"dev_images is {p['dev_images']}; expected 1 or more: they choose the epoch")
        dev_n = min(p["dev_images"], len(self.data.x_train) // 6)
        self.x, self.y = self.data.x_train[dev_n:], self.data.y_train[dev_n:]
        self.x_dev, self.y_dev = self.data.x_train[:dev_n], self.data.y_train[:dev_n]
        inputs, classes = self.x.shape[1], 10
        rule, k = settings["rule"], max(1, round(settings.get("percent", 100) * p["hidden"] / 100))
        hidden = [k if rule == "small" else p["hidden"]] * p["hidden_layers"]
        self.net = MLP((inputs, *hidden, classes), len(self.runs), ctx.device)
        self.net.init([stream(s, "init") for s in seeds])
        self.optimizer = self.net.stack.adam(p["learning_rate"], p["adam_eps"])
        self.batches = Batches(len(self.x), p["batch"], seeds, ctx.device)
        self.generators = [stream(s, "random-k") for s in seeds]
        self.sparsify = self._rule(rule, k)
        self.sparsify_output = self.sparsify if p["sparsify_output"] else lambda g: g
        self.best: list[tuple[float, int, float]] = [(-1.0, 0, 0.0)] * len(self.runs)

    def _rule(self, rule: str, k: int) -> Sparsify:
        if rule == "top":
            return lambda g: top_k(g, k)
        if rule == "random":
            return lambda g: random_k(g, k, self.generators)
        return lambda g: g  # "dense", "small"

    def step(self, t: int) -> None:
        """One Adam step on a batch of each run."""
        x, y = gather(self.x, self.y, self.batches.at(t))
        self.net.step(x, y, self.sparsify, self.sparsify_output)
        self.optimizer.step()

    def evaluate(self, t: int) -> list[Row]:
        """Dev accuracy of each run; test accuracy where dev is the best so far (test never chooses)."""
        dev = (100 - error_rate(self.net.predict, self.x_dev, self.y_dev)).tolist()
        test: list[float] | None = None
        rows: list[Row] = []
        for r, (arm, _, seed) in enumerate(self.runs):
            rows.append((arm, seed, "dev_accuracy", t, "", dev[r]))
            if dev[r] > self.best[r][0]:
                if test is None:
                    test = (100 - error_rate(self.net.predict, self.data.x_test, self.data.y_test)).tolist()
                self.best[r] = (dev[r], t, test[r])
        return rows

    def final(self) -> list[Row]:
        """The reported numbers: test accuracy at the best dev score, and the epoch where that was."""
        rows: list[Row] = []
        for (arm, _, seed), (_, t, test) in zip(self.runs, self.best, strict=True):
            rows.append((arm, seed, "test_accuracy", t, "", test))
            rows.append((arm, seed, "best_epoch", t, "", t / self.batches.per_epoch))
        return rows

    def state(self) -> dict[str, Any]:
        """Weights, Adam's moments, random-k generators, best scores."""
        return {
            "weights": self.net.stack.flat,
            "optimizer": self.optimizer.state_dict(),
            "generators": [g.get_state() for g in self.generators],
            "best": self.best,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore `state`."""
        self.net.stack.flat.copy_(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        for g, s in zip(self.generators, state["generators"], strict=True):
            g.set_state(s)
        self.best = [(float(a), int(b), float(c)) for a, b, c in state["best"]]

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """Hashes of initial weights and first batch of each run."""
        return {
            f"{arm}/{seed}": {"weights": self.net.stack.fingerprint(r), "batch": self.batches.fingerprint(r)}
            for r, (arm, _, seed) in enumerate(self.runs)
        }


def run(piece: Piece, ctx: Context) -> Result:
    """Carry out a piece: `epochs` of training, `evaluations` dev scores an epoch."""
    p = piece.params
    learner = MepropLearner(piece, ctx)
    steps = p["max_steps"] or round(p["epochs"] * learner.batches.per_epoch)
    with torch.no_grad():
        times = max(1, round(p["evaluations"] * steps / learner.batches.per_epoch))
        result = fit(learner, steps, evenly(steps, times), ctx)
    result.rows += learner.final()
    result.meta["info"] = {"inputs": learner.net.sizes[0], "train": len(learner.x), "dev": len(learner.x_dev)}
    return result
