"""Runs on Copy and Repeat Copy with a curriculum: arXiv:1608.05343v2, section 3.1, Table 1 and Figure 4 (left)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from repro.analysis.future import agreement, by_run, future, gain, life, mean_share, offline_r2
from repro.data.streams import Episodes, stream
from repro.data.streams.tasks import channels, t_task
from repro.nets.recurrent import nats
from repro.train.given import Given
from repro.train.learner import Kept
from repro.train.loop import Context, Result, fit
from repro.train.recurrent import RecurrentLearner
from repro.train.rows import RunRow
from repro.train.schedule import evenly

LAGS = (2, 8)
"""Steps over which the gain of gradients is measured."""
AT_ONCE = 8
"""Runs that are probed at once: a long pass keeps all its gates."""


class EpisodeLearner(RecurrentLearner):
    """R runs, each at its own level. Setting `task`: "copy" or "repeat_copy"; `ahead`: steps that an oracle sees.

    Every `check` windows a run whose error over them (bits a bit asked for, on the training stream) is below
    `threshold` has solved its level and goes on to the next. `probe`: steps of the pass in which evaluations look at
    the true gradient of the future; 0 for none.
    """

    def __init__(self, given: Given, ctx: Context):
        self.given, self.task = given, given.setting("task")
        self.bits = self.one("bits")
        super().__init__(given, ctx, channels(self.task, self.bits), self.bits, "bits")
        self.check, self.steps = given.param("check"), given.param("steps")
        self.thresholds: list[float] = self.own("threshold")
        self.ahead, self.probe = given.setting("ahead", 0), given.param("probe")
        times = evenly(self.steps, given.param("evaluations"))
        self.evaluate_at = sorted(
            {max(1, round(t / self.check)) * self.check for t in times if t < self.steps} | {self.steps}
        )
        runs = len(given.runs)
        self.episodes = Episodes(
            self.task, self.batch, self.check * self.window, given.seeds, [1] * runs, self.bits, ctx.device
        )
        like = self.net.p["W"]
        self.seen = like.new_zeros(runs, self.check, self.window * self.batch, self.bits)
        self.plain = {"promotions": [[] for _ in range(runs)], "error": [1.0] * runs, "changes": []}
        self.chunk, self.at = -1, torch.zeros(1, dtype=torch.int64, device=ctx.device)
        self.all: tuple[Tensor, Tensor, Tensor] = (like, like, like)

    # data -------------------------------------------------------------------------------------------------------

    def _load_chunk(self, n: int) -> None:
        """All windows up to the next check, time before lanes: x [R, L + 1 + ahead, B, C], y, answer [R, L, B, ·]."""
        self.episodes.host(n)
        now = self.episodes.take()
        parts = [now]
        if self.ahead:
            beyond = self.episodes.at(n + 1)
            parts.append(beyond._replace(x=beyond.x[:, :, 1:]))
        length = self.check * self.window + self.ahead
        x, y, answer = (
            torch.cat(v, 2).transpose(1, 2).to(self.dtype)
            for v in ([p.x for p in parts], [p.y for p in parts], [p.answer.unsqueeze(-1) for p in parts])
        )
        self.all = (
            x[:, : length + 1].contiguous(),
            y[:, :length].contiguous(),
            answer[:, :length].contiguous(),
        )
        self.chunk = n

    def host(self, t: int) -> int:
        """Data and draws of step t."""
        due = super().host(t)
        n, j = divmod(t, self.check)
        if n != self.chunk:
            self._load_chunk(n)
        a, b = j * self.window, (j + 1) * self.window
        x, y, answer = self.all
        self.x.copy_(x[:, a : b + 1])
        self.y.copy_(y[:, a:b].flatten(1, 2))
        assert self.answer is not None
        self.answer.copy_(answer[:, a:b].flatten(1, 2))
        self.at.fill_(j)
        if self.ahead:
            with torch.no_grad():
                self._look_ahead(b)
        return due

    def device(self) -> None:
        """A window; its logits are kept until the next check."""
        super().device()
        self.seen.index_copy_(1, self.at, self.net.logits.unsqueeze(1))

    def _look_ahead(self, t: int) -> None:
        """The true gradient of the losses of the `ahead` steps from t on, at the state where the window ends."""
        net = self.net
        net.forward(self.x)
        x, y, answer = (v[:, t : t + self.ahead] for v in self.all)
        state = tuple(v.clone() for v in net.core.state(self.window))
        there = future(
            net.p["W"],
            net.p["V"],
            net.p.get("peep"),
            (state[0], state[1]),
            x,
            y.flatten(1, 2),
            answer.flatten(1, 2),
        )
        self.draws["oracle"].copy_(there.gradient[0])

    def after(self, t: int) -> bool:
        """Levels rise at checks."""
        done = super().after(t)
        if (t + 1) % self.check == 0:
            self._promote(t + 1)
        return done

    def _promote(self, t: int) -> None:
        _, y, answer = (v[:, : self.check * self.window] for v in self.all)
        flat = (v.reshape(len(v), self.check, -1, v.shape[3]) for v in (y, answer))
        lost = nats(self.seen, *flat).sum((1, 2))
        errors = (lost / (answer.sum((1, 2, 3)) * self.bits * math.log(2))).tolist()
        levels = self.episodes.levels_at(t // self.check)
        self.plain["error"] = errors
        for r, (error, threshold) in enumerate(zip(errors, self.thresholds, strict=True)):
            if error < threshold:
                self.plain["promotions"][r].append((t, t_task(self.task, levels[r])))
                self.episodes.set_level(r, levels[r] + 1, t // self.check)
        self.plain["changes"] = [list(c) for c in self.episodes.history]

    # what is measured -------------------------------------------------------------------------------------------

    def evaluate(self, t: int) -> list[RunRow]:
        """Largest T_task solved so far, error at the level at hand, what M has learned, the future, the state."""
        runs = range(len(self.given.runs))
        solved = [max((v for _, v in own), default=0) for own in self.plain["promotions"]]
        levels = [len(own) for own in self.plain["promotions"]]
        rows: list[RunRow] = [(r, "solved", t, "", float(solved[r])) for r in runs]
        rows += [(r, "levels", t, "", float(levels[r])) for r in runs]
        rows += [(r, "error", t, "", self.plain["error"][r]) for r in runs]
        measured = self.quality() | (self._probe(t) if self.probe else {})
        for name, values in measured.items():
            rows += [(r, name, t, "", float(v)) for r, v in enumerate(values.tolist()) if math.isfinite(v)]
        return rows

    def final(self, t: int) -> list[RunRow]:
        """When each level was solved: index T_task, value the step."""
        own = enumerate(self.plain["promotions"])
        return [(r, "solved_at", t, str(v), float(at)) for r, steps in own for at, v in steps]

    def _probe(self, t: int) -> dict[str, Tensor]:
        """Looks at the stream's next steps with frozen weights, some runs at a time."""
        ahead = self.episodes.at(t // self.check)
        length = min(self.probe, self.check * self.window)
        x = ahead.x[:, :, :length].transpose(1, 2).to(self.dtype)
        y = ahead.y[:, :, :length].transpose(1, 2).flatten(1, 2).to(self.dtype)
        answer = ahead.answer[:, :, :length, None].transpose(1, 2).flatten(1, 2).to(self.dtype)
        parts = []
        for a in range(0, len(x), AT_ONCE):
            rows = slice(a, a + AT_ONCE)
            parts.append(self._probed(rows, x[rows], y[rows], answer[rows]))
        return {k: torch.cat([p[k] for p in parts]) for k in parts[0]}

    def _probed(self, rows: slice, x: Tensor, y: Tensor, answer: Tensor) -> dict[str, Tensor]:
        net = self.net
        w, v = (net.p[k][rows] for k in ("W", "V"))
        peep = net.p["peep"][rows] if "peep" in net.p else None
        h, c = (s[rows] for s in net.core.state(0))
        there = future(w, v, peep, (h, c), x, y, answer)
        outputs, gradient = (
            part[: len(part) // 2] for part in there[:2]
        )  # the later half has little future left
        found = {"future_offline_r2": offline_r2(outputs, gradient), "future_mean": mean_share(gradient)}
        found["future_rms"] = by_run(gradient).square().mean((1, 2)).sqrt()
        if self.sg is not None:
            predicted = self.sg.of(by_run(outputs), rows)
            found |= {f"future_{k}": v for k, v in agreement(predicted, by_run(gradient)).items()}
        found |= life(there.core)
        for lag in LAGS:
            generator = stream(0, f"gain/{lag}")
            found[f"gain_{lag}"] = gain(there.core, w, lag, lambda out, g=generator: self._normal(out, g))  # type: ignore[misc]
        return found

    @staticmethod
    def _normal(out: Tensor, generator: torch.Generator) -> Tensor:
        """The same vector for every run, so that runs probed together and apart agree."""
        return out.copy_(torch.randn(out.shape[1:], generator=generator))

    # what is kept -----------------------------------------------------------------------------------------------

    def kept(self) -> Mapping[str, Kept]:
        """With the logits since the last check."""
        return {**super().kept(), "seen": self.seen}

    def load(self, state: dict[str, Any]) -> None:
        """Restore, levels too."""
        super().load(state)
        self.episodes.load([(int(s), int(r), int(v)) for s, r, v in self.plain["changes"]])
        self.chunk = -1

    def first_batch(self, run: int) -> str:
        """Hash of its first windows."""
        return self.episodes.fingerprint(run)


def run(given: Given, ctx: Context) -> Result:
    """Train: rows at `evaluations` checks, promotions at the end."""
    return fit(EpisodeLearner(given, ctx), ctx)
