"""Runs of recurrent nets under BPTT, DNI and its controls: what Copy, Repeat Copy and text have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.data.streams import stream
from repro.nets.params import Params
from repro.nets.recurrent import Head, RecurrentNet
from repro.rules.recurrent import Decoupled, Injection, truncated
from repro.train.given import Given
from repro.train.learner import Kept, Learner
from repro.train.loop import Context
from repro.train.optim import Optimizer, adam

WATCH = 10
"""Every so many windows M is compared with its own target."""
TRUNCATED = "bptt"
"""The injection that stands for no synthetic gradient at all: no extra core, no M."""


class RecurrentLearner(Learner):
    """R LSTMs of one shape. Settings `window` (T), `width`, `inject` (one of `INJECTIONS` or "bptt"), `aux`.

    What an arm may set for itself beside the parameter of that name: `factor`, `target_factor`, `forget_bias`,
    `learning_rate`, `sg_rate`, `sg_hidden`, `peepholes`; on the copy tasks `bits` and `threshold`. `lengths`: whether
    the length of what is injected is measured, which not every arm does: rows are part of a result. A family gives
    `x`, `y` and `answer` of a step in `host`.
    """

    def __init__(self, given: Given, ctx: Context, inputs: int, outputs: int, loss: str):
        super().__init__(given, ctx)
        self.window, self.batch = given.setting("window"), given.param("batch")
        self.width, runs = self.one("width"), len(given.runs)
        self.kinds: list[str] = given.settings("inject")
        self.plain_bptt = all(k == TRUNCATED for k in self.kinds)
        self.net = RecurrentNet(
            runs, self.window, self.batch, inputs, self.width, outputs, loss, not self.plain_bptt,
            self.one("peepholes"), ctx.device, self.dtype,
        )  # fmt: skip
        self.net.init([stream(s, "init") for s in given.seeds], self.own("forget_bias"))
        self.sg, self.aux = self._heads(given.setting("aux", False))
        self.rates: list[float] = self.own("learning_rate")
        self.optimizers = self._optimizers()
        like = self.net.p["W"]
        self.draws: dict[str, Tensor] = {}
        if self.sg is not None:
            self.inject = Injection(self.kinds)
            self.rule = self._rule(self.sg)
            self.watched = like.new_zeros(4, runs)
            self.lengths = like.new_zeros(3, runs) if given.setting("lengths", False) else None
            self._draw_buffers()
        self.x = like.new_zeros(runs, self.window + 1, self.batch, inputs)
        lanes = self.window * self.batch
        asked = loss == "bits"
        self.y = (
            like.new_zeros(runs, lanes, outputs) if asked else like.new_zeros(runs, lanes, dtype=torch.int64)
        )
        self.answer = like.new_zeros(runs, lanes, 1) if asked else None
        self._t = 0

    def own(self, name: str) -> list[Any]:
        """The setting of that name of each run, or the parameter where its arm has none."""
        of_arm = self.given.settings(name, None)
        shared = self.given.params(name) if name in self.given.runs[0].params else of_arm
        return [b if a is None else a for a, b in zip(of_arm, shared, strict=True)]

    def one(self, name: str) -> Any:
        """`own` where all runs share it."""
        values = self.own(name)
        assert len(set(values)) == 1, f"runs that train together differ in {name}: {values}"
        return values[0]

    def _heads(self, aux: bool) -> tuple[Head | None, Head | None]:
        given, runs = self.given, len(self.given.runs)
        names = ("factor", "target_factor", "sg_rate", "sg_hidden")
        values = {name: self.own(name) for name in names}
        self.aux_weight, self.redraw = given.param("aux_weight"), given.param("redraw")
        if self.plain_bptt:
            return None, None
        width = self.width if self.one("sg_hidden") else 0
        made = []
        for name, parts in (("init-sg", 2), ("init-aux", 1)) if aux else (("init-sg", 2),):
            head = Head(runs, parts, self.batch, self.width, width, self.net.p["W"])
            head.init([stream(s, name) for s in given.seeds])
            made.append(head)
        self.factors = {k: torch.tensor(values[k]).to(self.net.p["W"]).view(-1, 1, 1) for k in names[:2]}
        return made[0], made[1] if aux else None

    def _rule(self, sg: Head) -> Decoupled:
        return Decoupled(
            self.net, sg, self.factors["factor"], self.factors["target_factor"], self.aux, self.aux_weight
        )

    def _optimizers(self) -> list[Optimizer]:
        main = [*self.net.params.values(), *(self.aux.params.values() if self.aux else ())]
        made: list[Optimizer] = [adam(main, self.rates)]
        if self.sg is not None:
            own = [r * s for r, s in zip(self.rates, self.own("sg_rate"), strict=True)]
            made.append(adam(list(self.sg.params.values()), own))
        return made

    # what controls draw -----------------------------------------------------------------------------------------

    def _draw_buffers(self) -> None:
        like, runs = self.net.p["W"], len(self.kinds)
        ones = ("direction", "redrawn")
        self.draws = {k: like.new_zeros(runs, 1, 2 * self.width) for k in ones}
        self.draws |= {k: like.new_zeros(runs, self.batch, 2 * self.width) for k in ("noise", "oracle")}
        self.draws["lane"] = torch.zeros(runs, self.batch, 1, dtype=torch.int64, device=like.device)
        for r, seed in enumerate(self.given.seeds):
            self._directions("direction", r, stream(seed, "direction"))
        if "untrained" in self.kinds:
            assert self.sg is not None
            drawn = [
                torch.randn(self.width + 1, 2 * self.width, generator=stream(s, "map"))
                for s in self.given.seeds
            ]
            self.draws |= {"map": torch.stack(drawn).to(like), "h": self.sg.x[:, 1]}

    def _directions(self, name: str, r: int, generator: torch.Generator) -> None:
        drawn = torch.randn(1, 2 * self.width, generator=generator)
        self.draws[name][r].copy_(drawn / drawn.square().mean().sqrt())

    def draw(self, t: int) -> None:
        """What the controls of step t need, each run's from its own seed and t alone."""
        for r, (kind, seed) in enumerate(zip(self.kinds, self.given.seeds, strict=True)):
            if kind == "redrawn" and (t % self.redraw == 0 or self._t != t):
                self._directions("redrawn", r, stream(seed, f"direction/{t // self.redraw}"))
            elif kind == "noise":
                made = torch.randn(self.batch, 2 * self.width, generator=stream(seed, f"noise/{t}"))
                self.draws["noise"][r].copy_(made)
            elif kind == "other_lane":
                by = 1 + int(torch.randint(self.batch - 1, (), generator=stream(seed, f"lane/{t}")))
                self.draws["lane"][r, :, 0] = (torch.arange(self.batch) + by) % self.batch

    # a step -----------------------------------------------------------------------------------------------------

    def host(self, t: int) -> int:
        """Draws of step t; a family adds its data."""
        if self.sg is not None:
            self.draw(t)
        self._t = t + 1
        return t + 1

    def after(self, t: int) -> bool:
        """Now and then M is compared with its target."""
        if self.sg is not None and (t + 1) % WATCH == 0:
            self._watch()
        return super().after(t)

    def device(self) -> None:
        """One window: forward, backward, Adam."""
        self.net.forward(self.x[:, : self.window] if self.sg is None else self.x)
        if self.sg is None:
            truncated(self.net, self.y, self.answer)
        else:
            self.rule.backward(self.inject, self.draws, self.y, self.answer)
        for optimizer in self.optimizers:
            optimizer.step()

    def _watch(self) -> None:
        p, g = self.rule.predicted[:, 0], self.rule.target
        pairs = ((self.rule.error, self.rule.error), (g, g), (p, p), (p, g))
        self.watched += torch.stack([(a * b).sum((1, 2)) for a, b in pairs])
        if self.lengths is not None:
            self.lengths[:2] += self.rule.lengths()
            self.lengths[2] += 1

    def quality(self) -> dict[str, Tensor]:
        """Since the last call: how well M met its own target, R² and cosine [R]; lengths, where they are measured."""
        if self.sg is None:
            return {}
        error, target, own, both = self.watched
        found = {
            "sg_r2": 1 - error / target.clamp_min(1e-30),
            "sg_cosine": both / (target * own).sqrt().clamp_min(1e-30),
            "sg_target": (target / self.batch).sqrt(),
        }
        self.watched.zero_()
        if self.lengths is not None:
            injected, guessed = self.lengths[:2] / self.lengths[2]
            found |= {"injected_length": injected, "sg_length": guessed}
            self.lengths.zero_()
        return found

    # what is kept -----------------------------------------------------------------------------------------------

    def heads(self) -> dict[str, Head]:
        """M and the auxiliary head, where there are."""
        return {k: v for k, v in (("sg", self.sg), ("aux", self.aux)) if v is not None}

    def params(self) -> Sequence[Params]:
        """The core's, the output layer's, the heads'."""
        return [*self.net.params.values(), *(p for h in self.heads().values() for p in h.params.values())]

    def kept(self) -> Mapping[str, Kept]:
        """Weights, carried state, Adam's moments, what the comparison of M with its target has summed."""
        found: dict[str, Kept] = dict(self.net.kept())
        found |= {f"{name}-{k}": v for name, head in self.heads().items() for k, v in head.kept().items()}
        found |= {f"adam{n}": o for n, o in enumerate(self.optimizers)}
        if self.sg is None:
            return found
        return found | {"watched": self.watched} | ({} if self.lengths is None else {"lengths": self.lengths})
