"""Pieces of the DNI feed-forward exhibits: fully connected nets under one of five learning rules."""

from __future__ import annotations

from typing import Any

import torch

from repro.algorithms.backprop import StaleGradients, backprop, no_bprop
from repro.algorithms.dni import SyntheticGradients, dni
from repro.errors import BadValueError
from repro.models.fcn import FCN
from repro.models.stack import joint_adam
from repro.piece import Piece
from repro.train.batches import Batches, stream
from repro.train.images import error_rate, evenly, gather, load, runs_of
from repro.train.loop import Context, Result, Row, fit

READS = frozenset({"rule", "layers", "decay"})
"""Settings that are read once a piece."""


class FCNLearner:
    """R runs of one arm shape: settings `layers`, `rule` (bprop, no_bprop, stale, dni, cdni), `decay` for stale.

    `BadValueError` when `hold_out` leaves no batch to train on.
    """

    def __init__(self, piece: Piece, ctx: Context):
        self.data, self.runs, self.p = load(piece, ctx), runs_of(piece), piece.params
        p, settings, seeds = self.p, self.runs[0][1], [s for _, _, s in self.runs]
        if p["hold_out"] < 0:
            raise BadValueError(f"hold_out is {p['hold_out']}; expected 0 or more images")
        n = max(0, len(self.data.x_train) - p["hold_out"])
        self.x, self.y = self.data.x_train[:n], self.data.y_train[:n]
        held = p["hold_out"] > 0
        self.x_eval = self.data.x_train[n:] if held else self.data.x_test
        self.y_eval = self.data.y_train[n:] if held else self.data.y_test
        self.metric = "validation_error" if held else "test_error"
        hidden = [p["width"]] * (settings["layers"] - 1)
        self.net = FCN((self.x.shape[1], *hidden, 10), len(seeds), ctx.device)
        self.net.init([stream(s, "init") for s in seeds])
        self.batches = Batches(len(self.x), p["batch"], seeds, ctx.device)
        self.rule: str = settings["rule"]
        self.sg: SyntheticGradients | None = None
        self.stale: StaleGradients | None = None
        self.drops = [(round(at * p["steps"]), factor) for at, factor in p["rate_drops"]]
        self.loss = self.sg_loss = torch.zeros(len(seeds), device=ctx.device)
        if self.rule in ("dni", "cdni"):
            self._add_models(seeds)
        elif self.rule == "stale":
            self.stale = StaleGradients(self.net, settings["decay"])
        stacks = [self.net.stack, self.sg.stack] if self.sg else [self.net.stack]
        self.optimizer = joint_adam(stacks, p["learning_rate"])

    def _add_models(self, seeds: list[int]) -> None:
        label = self.rule == "cdni"
        hidden = self.p["cdni_sg_hidden" if label else "dni_sg_hidden"]
        precision = getattr(torch, self.p["sg_precision"])
        self.sg = SyntheticGradients(self.net, hidden, 10 if label else 0, precision)
        self.sg.init([stream(s, "init-sg") for s in seeds])

    def step(self, t: int) -> None:
        """One Adam step of nets and SG models on a batch of each run."""
        rate = self.p["learning_rate"]
        for at, factor in self.drops:
            rate *= factor if t >= at else 1
        x, y = gather(self.x, self.y, self.batches.at(t))
        if self.sg is not None:
            loss, sg_loss = dni(self.net, self.sg, x, y)
            self.sg_loss = sg_loss.mean(1)
        elif self.stale is not None:
            loss = self.stale.step(self.net, x, y)
        else:
            loss = (backprop if self.rule == "bprop" else no_bprop)(self.net, x, y)
        self.loss = loss.mean(1)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()

    def evaluate(self, t: int) -> list[Row]:
        """Error on the test (or held-out) images; loss of the last batch; mean L_SG of its SG models."""
        error = error_rate(self.net.predict, self.x_eval, self.y_eval).tolist()
        loss, sg_loss = self.loss.tolist(), self.sg_loss.tolist()
        rows: list[Row] = []
        for r, (arm, _, seed) in enumerate(self.runs):
            rows.append((arm, seed, self.metric, t, "", error[r]))
            rows.append((arm, seed, "batch_loss", t, "", loss[r]))
            if self.sg is not None:
                rows.append((arm, seed, "sg_loss", t, "", sg_loss[r]))
        return rows

    def _tensors(self) -> list[torch.Tensor]:
        kept = [self.net.stack.flat, *self.net.mean.values(), *self.net.var.values()]
        kept += [self.sg.stack.flat] if self.sg else []
        return kept + (self.stale.s if self.stale else [])

    def state(self) -> dict[str, Any]:
        """Weights, running statistics, stale averages, Adam's moments."""
        return {"tensors": self._tensors(), "optimizer": self.optimizer.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Restore `state`."""
        for mine, saved in zip(self._tensors(), state["tensors"], strict=True):
            mine.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """Hashes of initial weights and first batch of each run."""
        return {
            f"{arm}/{seed}": {"weights": self.net.stack.fingerprint(r), "batch": self.batches.fingerprint(r)}
            for r, (arm, _, seed) in enumerate(self.runs)
        }


def run(piece: Piece, ctx: Context) -> Result:
    """Carry out a piece: `steps` of training, `evaluations` rows of every metric on the way."""
    learner = FCNLearner(piece, ctx)
    steps = piece.params["steps"]
    with torch.no_grad():
        return fit(learner, steps, evenly(steps, piece.params["evaluations"]), ctx)
