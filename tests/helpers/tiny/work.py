"""The work of the tiny exhibit: a few numpy operations a step, through the one training loop."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from repro.train.loop import fit


class Walker:
    """R runs; every step of each is written to the file TINY_LOG, so that tests see what was really computed."""

    captures = False

    def __init__(self, given):
        self.given = given
        self.runs, self.steps = given.runs, given.param("steps")
        self.evaluate_at = (self.steps // 2, self.steps)
        self.rates = [r * f for r, f in zip(given.params("rate"), given.settings("factor"), strict=True)]
        self.pause, self.fail, self.how = (given.param(name) for name in ("pause", "fail", "how"))
        self.heights = [0.0] * len(self.runs)
        self.noise = list(self.heights)

    def host(self, t):
        """Draw the noise of step t, of each run by itself."""
        with Path(os.environ["TINY_LOG"]).open("a") as log:
            log.writelines(f"{run.name} {t} {os.getpid()}\n" for run in self.runs)
        if t == self.steps // 2 and self.fail in [run.name for run in self.runs]:
            self._fail()
        self.noise = [float(np.random.default_rng((run.seed, t)).normal(0, 1e-3)) for run in self.runs]

    def device(self):
        """Walk a step."""
        moves = zip(self.heights, self.rates, self.noise, strict=True)
        self.heights = [h + rate * (1 - h) + noise for h, rate, noise in moves]
        time.sleep(self.pause)

    def step(self, t):
        """One step; never finished before the last."""
        self.host(t)
        self.device()
        return False

    def _fail(self):
        again = Path(os.environ["TINY_LOG"]).with_suffix(".failed")
        if self.how == "once" and again.exists():
            return
        again.touch()
        if self.how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError("the tiny work was told to fail")

    def evaluate(self, t):
        """(run, metric, step, index, value) of each run."""
        return [(r, "height", t, "", height) for r, height in enumerate(self.heights)]

    def final(self, t):
        """Nothing that was not measured on the way."""
        return []

    def state(self):
        """All that the next step depends on."""
        return {"heights": self.heights}

    def load(self, state):
        """Restore `state`."""
        self.heights = list(state["heights"])

    def prints(self):
        """A fingerprint of each run as it stands."""
        return [f"{height:.12f}" for height in self.heights]

    def beginnings(self):
        """What each run began with."""
        return [{"weights": print_} for print_ in self.prints()]


def work(given, ctx):
    """Carry out a group of runs."""
    return fit(Walker(given), ctx)
