"""What the training loop drives: R runs that train together, one learner a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from repro.nets.params import Params
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.optim import Optimizer
from repro.train.rows import RunRow

Kept = Tensor | Optimizer | torch.Generator


class Learner:
    """R runs, in the order of `given.runs`, for at most `steps` steps, evaluated after each of `evaluate_at`.

    A family overrides `host`, `device`, `evaluate`, `kept` and `params`; what `kept` and `plain` name is
    checkpointed. `plain`: JSON values such as best scores. `dtype`: of weights and data (tests of laws use float64).
    """

    dtype = torch.float32
    captures = True
    """Whether `device` may be captured as a CUDA graph."""
    products_on_host = True
    """Whether `host` or `after` multiply matrices on the device, for which they wait: `repro.train.captured.turn`."""

    def __init__(self, given: Given, ctx: Context):
        self.given, self.ctx = given, ctx
        self.steps = 0
        self.evaluate_at: Sequence[int] = ()
        self.plain: dict[str, Any] = {}

    def host(self, t: int) -> int:
        """Prepare training step t (0-based): indices, rates, random draws – all that a CUDA graph cannot hold.

        What it prepares depends on t and on what `kept` names. Returns the first step t' > t before which the host is
        needed again; of the steps in between, `after` sees the last one.
        """
        return t + 1

    def device(self) -> None:
        """Carry the step out, by what `host` left in static buffers: no host data, no new Python numbers."""

    def after(self, t: int) -> bool:
        """What follows step t on the host. True: training is finished (a family may end early)."""
        return t + 1 >= self.steps

    def step(self, t: int) -> bool:
        """`host(t)`, `device()`, `after(t)`."""
        self.host(t)
        with torch.no_grad():
            self.device()
        return self.after(t)

    def evaluate(self, t: int) -> list[RunRow]:
        """Rows measured after t steps."""
        return []

    def final(self, t: int) -> list[RunRow]:
        """Rows that are known at the end alone, after t steps."""
        return []

    def kept(self) -> Mapping[str, Kept]:
        """Everything that the next step depends on, by name; tensors keep their addresses."""
        raise NotImplementedError

    def params(self) -> Sequence[Params]:
        """All parameters that are trained; the first are those whose start `beginnings` shows."""
        raise NotImplementedError

    def first_batch(self, run: int) -> str:
        """A text that tells the first batch of a run from another."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """`kept` and `plain`, to be saved."""
        return {"kept": {k: _saved(v) for k, v in self.kept().items()}, "plain": self.plain}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned, in place."""
        mine = self.kept()
        assert mine.keys() == state["kept"].keys(), "the checkpoint belongs to another learner"
        for name, saved in state["kept"].items():
            _restore(mine[name], saved)
        self.plain = state["plain"]

    def prints(self) -> list[str]:
        """A hash of each run's weights as they are now."""
        return ["-".join(p.fingerprint(r) for p in self.params()) for r in range(len(self.given.runs))]

    def beginnings(self) -> list[dict[str, str]]:
        """Hashes of each run's weights and first batch; called before the first step."""
        first = self.params()[0]
        return [
            {"weights": first.fingerprint(r), "batch": self.first_batch(r)}
            for r in range(len(self.given.runs))
        ]


def _saved(kept: Kept) -> Any:
    if isinstance(kept, Optimizer):
        return kept.kept()
    return kept.get_state() if isinstance(kept, torch.Generator) else kept


def _restore(kept: Kept, saved: Any) -> None:
    if isinstance(kept, Optimizer):
        for name, mine in kept.kept().items():
            mine.copy_(saved[name])
    elif isinstance(kept, torch.Generator):
        kept.set_state(saved)
    else:
        kept.copy_(saved)
