"""The tasks of meProp's tables 1 to 4: MNIST by an MLP, dependency parsing by another, tagging by an LSTM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from repro.errors import UnknownNameError
from repro.train import meprop_mlp, parsing, tagging
from repro.train.given import Given
from repro.train.loop import Context, Result

TASKS: Mapping[str, Callable[[Given, Context], Result]] = {
    "mnist": meprop_mlp.run,
    "parsing": parsing.run,
    "pos": tagging.run,
}


def run(given: Given, ctx: Context) -> Result:
    """Train the runs of one task, by their setting `task`."""
    task = given.setting("task")
    if task not in TASKS:
        raise UnknownNameError("task that is trained", task, TASKS)
    return TASKS[task](given, ctx)
