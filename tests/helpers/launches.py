"""How many kernels a training step of a recurrent net would launch on a GPU, counted on a CPU: no times.

    PYTHONPATH=.:tests/helpers python tests/helpers/launches.py

Every operator call that is no view counts as one launch; our kernels are counted where they would be started, and
nothing is computed in their place. What an operator launches beyond one kernel (some sums do) is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import torch
from sequences import learner_of
from torch.utils._python_dispatch import TorchDispatchMode

from repro.kernels import adam_triton, lstm, lstm_triton, products, products_triton
from repro.train import optim

FREE = ("empty", "empty_like", "new_empty", "detach", "_unsafe_view")
"""Operators that start nothing, beside views."""


class Launches(TorchDispatchMode):
    """Counts operators by name."""

    def __init__(self, seen: Counter[str]):
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.removeprefix("aten::")
        view = any(r.alias_info is not None and not r.alias_info.is_write for r in func._schema.returns)
        if not view and name not in FREE:
            self.seen[name] += 1
        return func(*args, **(kwargs or {}))


class Kernel:
    """Stands in for a kernel of ours: its launches are counted, nothing runs."""

    def __init__(self, name: str, seen: Counter[str]):
        self.name, self.seen = name, seen

    def __getitem__(self, grid: Any) -> Callable[..., None]:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.seen[self.name] += 1


@contextmanager
def gpu(core: bool) -> Iterator[Counter[str]]:
    """What is launched inside, as on a GPU with kernels of ours; `core`: those of the LSTM as well."""
    seen: Counter[str] = Counter()
    ours = {
        "product": (products_triton, "product_kernel"),
        "Adam": (adam_triton, "step"),
        "core": (lstm_triton, "forward_kernel"),
        "core, back": (lstm_triton, "backward_kernel"),
        "peepholes": (lstm_triton, "peephole_kernel"),
    }
    with ExitStack() as stack:
        for name, (where, kernel) in ours.items():
            stack.enter_context(mock.patch.object(where, kernel, Kernel(name, seen)))
        for door, open_ in ((products, True), (lstm, core)):
            stack.enter_context(mock.patch.object(door, "triton", lambda a, o=open_: o))
        stack.enter_context(mock.patch.object(optim, "by_kernel", lambda params: True))
        yield seen


def of_step(kinds: tuple[str, ...], core: bool, **more: Any) -> Counter[str]:
    """Of `device()`, which is what a graph captures, for runs of these kinds."""
    with gpu(core) as seen, torch.no_grad():
        learner = learner_of(kinds, **more)
        learner.host(0)
        learner.device()
        seen.clear()
        with Launches(seen):
            learner.device()
    return seen


STEPS: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("truncated BPTT", "bptt", 20, {"peepholes": False}),
    ("truncated BPTT, peepholes", "bptt", 20, {}),
    ("DNI", "synthetic", 2, {"peepholes": False}),
    ("DNI, peepholes", "synthetic", 2, {}),
    ("DNI, peepholes", "synthetic", 5, {}),
    ("… and an auxiliary head", "synthetic", 2, {"aux": True}),
    ("… and another factor in the target", "synthetic", 2, {"target_factor": 1.0}),
)
"""What it is called, what is injected, window, settings."""
GROUPS = {
    "product": ("product",),
    "cores": ("core", "core, back", "peepholes"),
    "Adam": ("Adam",),
}


HEAD = "| step | T | before | now | products | cores | Adam | the rest |\n|---|---|---|---|---|---|---|---|"


def table() -> Iterator[str]:
    """The rows of docs/performance.md, below `HEAD`."""
    for name, kind, window, more in STEPS:
        setting = {"peepholes": True, "window": window, **more}
        before, now = (of_step((kind,), core, **setting) for core in (False, True))
        own = [sum(now[k] for k in kernels) for kernels in GROUPS.values()]
        cells = (name, window, before.total(), now.total(), *own, now.total() - sum(own))
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    print("\n".join([HEAD, *table()]))
