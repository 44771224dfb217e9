"""The work of the tiny exhibit: a few numpy operations a step, through the one training loop."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from repro.train.loop import fit

READS = frozenset({"factor"})


class Walker:
    """One run; every step is written to the file TINY_LOG, so that tests see what was really computed."""

    def __init__(self, piece):
        self.p, (self.seed,) = piece.params, piece.seeds
        self.arm, self.factor = piece.arms[0]["id"], piece.arms[0]["settings"]["factor"]
        self.name = f"{self.arm}/{self.seed}"
        self.height = 0.0

    def step(self, t):
        with Path(os.environ["TINY_LOG"]).open("a") as log:
            log.write(f"{self.name} {t} {os.getpid()}\n")
        if self.p["fail"] == self.name and t == self.p["steps"] // 2:
            self._fail()
        noise = np.random.default_rng((self.seed, t)).normal(0, 1e-3)
        self.height += self.p["rate"] * self.factor * (1 - self.height) + float(noise)
        time.sleep(self.p["pause"])

    def _fail(self):
        again = Path(os.environ["TINY_LOG"]).with_suffix(".failed")
        if self.p["how"] == "once" and again.exists():
            return
        again.touch()
        if self.p["how"] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError("the tiny work was told to fail")

    def evaluate(self, t):
        return [(self.arm, self.seed, "height", t, "", self.height)]

    def state(self):
        return {"height": self.height}

    def load(self, state):
        self.height = state["height"]

    def fingerprints(self):
        return {self.name: {"weights": f"{self.height:.6f}"}}


def run(piece, ctx):
    """Carry out a piece: one arm, one seed."""
    steps = piece.params["steps"]
    return fit(Walker(piece), steps, (steps // 2, steps), ctx)


def draw(exhibit, record, view):
    """A bar an arm."""
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().bar(view.arms(), [view.mean(a, "height") for a in view.arms()])
    return figure
