"""Which optimiser a run asks for: Adam, unless its setting says otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from repro.errors import UnknownNameError
from repro.nets.params import Params
from repro.train.adagrad import adagrad
from repro.train.given import Given
from repro.train.optim import Optimizer, adam

OPTIMIZERS = ("adam", "adagrad")


def optimizer_of(given: Given, params: Sequence[Params]) -> Optimizer:
    """By the setting `optimizer` (Adam without one), the parameter `learning_rate`, and `adam_eps` or `adagrad_eps`.

    `UnknownNameError` for another name.
    """
    name, rates = given.setting("optimizer", OPTIMIZERS[0]), given.params("learning_rate")
    if name not in OPTIMIZERS:
        raise UnknownNameError("optimiser", name, OPTIMIZERS)
    if name == "adagrad":
        return adagrad(params, rates, given.param("adagrad_eps"))
    return adam(params, rates, given.param("adam_eps"))
