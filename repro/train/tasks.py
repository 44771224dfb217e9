"""The tasks of meProp's tables 1 to 4: MNIST by an MLP, dependency parsing by another, tagging by an LSTM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from repro.errors import UnknownNameError
from repro.train import meprop_dropout, meprop_mlp, parsing, parsing_dropout, tagging, tagging_dropout
from repro.train.given import Given
from repro.train.loop import Context, Result

Work = Callable[[Given, Context], Result]
TASKS: Mapping[str, Work] = {"mnist": meprop_mlp.run, "parsing": parsing.run, "pos": tagging.run}
DROPPED: Mapping[str, Work] = {
    "mnist": meprop_dropout.run,
    "parsing": parsing_dropout.run,
    "pos": tagging_dropout.run,
}
EXTRAS = {"": TASKS, "dropout": DROPPED}
"""What is added to the nets (Table 4) → who trains them."""


def run(given: Given, ctx: Context) -> Result:
    """Train the runs of one task, by their settings `task` and, if they have it, `extra`.

    `UnknownNameError` for one that nobody trains.
    """
    task, extra = given.setting("task"), given.setting("extra", "")
    if extra not in EXTRAS:
        raise UnknownNameError("addition to a net", extra, EXTRAS)
    known = EXTRAS[extra]
    if task not in known:
        raise UnknownNameError("task that is trained", task, known)
    return known[task](given, ctx)
