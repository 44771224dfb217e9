"""Pieces of sg/table2: equal linear nets by backpropagation and with a synthetic gradient, artificial data.

Data: arXiv:1703.00522v1, supplement C. The seed of a run is its data set: draw, labels and initial weights.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from repro.algorithms.linear_sg import LinearNet, LinearSG, backprop_step, loss_gradient, sg_step
from repro.piece import Piece
from repro.train.batches import stream
from repro.train.images import runs_of
from repro.train.loop import Context, Result, Row, fit

READS = frozenset({"dim", "deep", "loss"})
"""Settings that are read once a piece."""
VARIES = frozenset({"data"})
"""Settings that are read for each run."""


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


class PairLearner:
    """R pairs of nets with equal data and initial weights: one by backpropagation, one with SG at layer `at`.

    Arm settings: `data` (linear, noisy, random), `dim`, `deep`, `loss` (mse, log).
    """

    def __init__(self, piece: Piece, ctx: Context):
        self.runs, self.p = runs_of(piece), piece.params
        setting, seeds = self.runs[0][1], [s for _, _, s in self.runs]
        dim, samples = setting["dim"], 100 if setting["dim"] == 2 else 1000
        drawn = [draw(s["data"], dim, samples, seed) for _, s, seed in self.runs]
        self.x = torch.stack([x.T for x, _ in drawn]).to(ctx.device)  # [R, k, S]: samples are columns
        self.y = torch.stack([y.T for _, y in drawn]).to(ctx.device)  # [R, 2, S]
        hidden = [self.p["width"]] * self.p["deep_layers"] if setting["deep"] else []
        self.kind: str = setting["loss"]
        self.at = self.p["sg_after"] if setting["deep"] else 1
        sizes = (dim, *hidden, 2)
        self.bp = LinearNet(sizes, len(self.runs), ctx.device)
        self.net = LinearNet(sizes, len(self.runs), ctx.device)
        self.bp.init([stream(s, "init") for s in seeds])
        self.net.stack.flat.copy_(self.bp.stack.flat)
        self.sg = LinearSG(self.net, sizes[self.at], 2)
        self.rate = self.p["deep_learning_rate"] if setting["deep"] else self.p["learning_rate"]
        self.stacks = (self.bp.stack, self.net.stack, self.sg.stack)
        self.optimizers = [s.adam(self.rate) for s in self.stacks]

    def step(self, t: int) -> None:
        """One full-batch Adam step of both nets and the SG."""
        rate = self.rate
        for at, factor in self.p["rate_drops"]:
            rate *= factor if t >= at * self.p["steps"] else 1
        backprop_step(self.bp, self.kind, self.x, self.y)
        sg_step(self.net, self.sg, self.at, self.kind, self.x, self.y)
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()

    def evaluate(self, t: int) -> list[Row]:
        """Loss of both nets on their data, and the gap SG − backprop, of every run."""
        bp = loss_gradient(self.kind, self.bp.forward(self.x), self.y)[0].tolist()
        sg = loss_gradient(self.kind, self.net.forward(self.x), self.y)[0].tolist()
        rows: list[Row] = []
        for r, (arm, _, seed) in enumerate(self.runs):
            rows.append((arm, seed, "loss_bp", t, "", bp[r]))
            rows.append((arm, seed, "loss_sg", t, "", sg[r]))
            rows.append((arm, seed, "gap", t, "", sg[r] - bp[r]))
        return rows

    def state(self) -> dict[str, Any]:
        """Weights of both nets and the SG, and Adam's moments."""
        return {
            "flat": [s.flat for s in self.stacks],
            "optimizers": [o.state_dict() for o in self.optimizers],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore `state`."""
        for mine, saved in zip(self.stacks, state["flat"], strict=True):
            mine.flat.copy_(saved)
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """Hashes of initial weights, and the data set's label sum, of each run."""
        ones = self.y[:, 1].sum(1).tolist()
        return {
            f"{arm}/{seed}": {"weights": self.bp.stack.fingerprint(r), "batch": f"{ones[r]:.0f} of class 1"}
            for r, (arm, _, seed) in enumerate(self.runs)
        }


def run(piece: Piece, ctx: Context) -> Result:
    """Carry out a piece: `steps` full-batch steps, losses at 1 %, 10 % and 100 % of them."""
    steps = piece.params["steps"]
    with torch.no_grad():
        return fit(PairLearner(piece, ctx), steps, (steps // 100, steps // 10, steps // 2, steps), ctx)
