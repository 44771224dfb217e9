"""Runs on text, character by character, with early stopping: arXiv:1608.05343v2, Table 1, Figures 4, 16."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from repro.data import load_text
from repro.data.streams import Windows
from repro.errors import BadValueError
from repro.kernels.lstm import LSTMWindow, bmm
from repro.nets.recurrent import RecurrentNet, nats
from repro.train.given import Given
from repro.train.loop import Context, Result, fit
from repro.train.recurrent import RecurrentLearner
from repro.train.rows import RunRow

PASS = 50
"""Steps of a window of the evaluation, whose state runs through the whole text."""
LANES = 64
"""Lanes in which a text is evaluated: it is cut into so many pieces, each from a zero state."""


class TextLearner(RecurrentLearner):
    """R runs on the characters of one text. Validation every `validate` windows.

    A run ends when its validation bpc has not fallen for `patience` validations; its number is the test bpc at the
    best one. It trains on, unseen, until all that train together have ended. `evaluated`: characters of the
    validation and of the test text that are read, 0 for all.
    """

    def __init__(self, given: Given, ctx: Context):
        first, self.task = given.runs[0], given.setting("task")
        if first.dataset is None:
            raise BadValueError(f"run {first.name} has no text to train on")
        text = load_text(
            first.dataset, ctx.device, data_dir=ctx.data_dir, stand_in=first.stand_in, download=ctx.download
        )
        self.vocabulary = len(text.vocabulary)
        super().__init__(given, ctx, self.vocabulary, self.vocabulary, "symbols")
        self.steps, self.patience = given.param("steps"), given.param("patience")
        every, most = given.param("validate"), given.param("evaluated") or None
        self.evaluate_at = sorted({*range(every, self.steps, every), self.steps})
        self.valid, self.test = text.valid[:most], text.test[:most]
        self.windows = Windows(text.train, self.batch, self.window, given.seeds, ctx.device)
        self.eye = torch.eye(self.vocabulary, device=ctx.device, dtype=self.dtype)
        runs = len(given.runs)
        self.plain = {
            "best": [math.inf] * runs,
            "test": [math.inf] * runs,
            "at": [0] * runs,
            "waited": [0] * runs,
        }

    def host(self, t: int) -> int:
        """The window of step t, and what controls draw."""
        return min(super().host(t), self.windows.host(t))

    def device(self) -> None:
        """Read a window of each run, train on it."""
        tokens = self.windows.take().transpose(1, 2)  # [R, T + 1, B]
        self.x.copy_(self.eye[tokens])
        self.y.copy_(tokens[:, 1:].flatten(1, 2))
        super().device()

    def after(self, t: int) -> bool:
        """Finished when all have stopped."""
        return super().after(t) or all(w >= self.patience for w in self.plain["waited"])

    def evaluate(self, t: int) -> list[RunRow]:
        """Validation bpc of the runs that go on; test bpc where it is the best so far; what M has learned."""
        plain, rows = self.plain, list[RunRow]()
        going = [r for r, waited in enumerate(plain["waited"]) if waited < self.patience]
        if not going:
            return []
        valid = bits_per_symbol(self.net, self.valid, self.eye)
        better = [r for r in going if valid[r] < plain["best"][r]]
        test = bits_per_symbol(self.net, self.test, self.eye) if better else []
        for r in going:
            rows.append((r, "validation_bpc", t, "", valid[r]))
            plain["waited"][r] = 0 if r in better else plain["waited"][r] + 1
            if r in better:
                plain["best"][r], plain["test"][r], plain["at"][r] = valid[r], test[r], t
        for name, values in self.quality().items():
            rows += [(r, name, t, "", float(values[r])) for r in going]
        return rows

    def final(self, t: int) -> list[RunRow]:
        """Test bpc at the lowest validation bpc, as the paper reports it, and where that was."""
        runs = range(len(self.given.runs))
        rows: list[RunRow] = [(r, "bpc", t, "", self.plain["test"][r]) for r in runs]
        return rows + [(r, "best_at", t, "", float(self.plain["at"][r])) for r in runs]

    def first_batch(self, run: int) -> str:
        """Hash of its first windows."""
        return self.windows.fingerprint(run)


def bits_per_symbol(net: RecurrentNet, tokens: Tensor, eye: Tensor) -> Sequence[float]:
    """Mean bits a symbol [R] of the text `tokens` [N], read in `LANES` pieces whose states start at zero."""
    lanes = min(LANES, len(tokens) // 2)
    each = len(tokens) // lanes
    pieces = tokens[: lanes * each].view(lanes, each).T  # [L, lanes]
    w, v, runs = net.p["W"], net.p["V"], len(net.p["W"])
    core = LSTMWindow(runs, PASS, lanes, net.inputs, net.hidden, w)
    total, h = w.new_zeros(runs, dtype=torch.float64), net.hidden
    for a in range(0, each - 1, PASS):
        x, y = pieces[a : a + PASS], pieces[a + 1 : a + PASS + 1]
        core.x[:, : len(x)].copy_(eye[x].unsqueeze(0))
        core.forward(w, net.p.get("peep"))
        seen = core.xh[:, 1 : len(y) + 1, :, : h + 1].flatten(1, 2)
        total += nats(bmm(seen, v), y.reshape(1, -1).expand(runs, -1), None).sum(1)
        core.carry()
    return (total / (lanes * (each - 1) * math.log(2))).tolist()


def run(given: Given, ctx: Context) -> Result:
    """Train until validation no longer improves."""
    return fit(TextLearner(given, ctx), ctx)
