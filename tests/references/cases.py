"""Which families are recorded, at which sizes; and the runs that are trained together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import families as F

SEEDS = (0, 3, 5)
LARGE = {"layers": 3, "inputs": 512, "width": 256, "batch": 32, "rate": 3e-4}
"""From here on a float32 net goes through the fused batch norm and oneDNN's product."""

Build = Callable[..., F.Trained]
"""build(seeds, dtype, shuffled=…)"""

CASES: dict[str, Build] = {
    "bprop": partial(F.fully_connected, rule="bprop"),
    "no_bprop": partial(F.fully_connected, rule="no_bprop"),
    "stale": partial(F.fully_connected, rule="stale"),
    "dni": partial(F.fully_connected, rule="dni"),
    "cdni-drops": partial(F.fully_connected, rule="cdni", drops=((0.4, 0.1), (0.8, 0.5))),
    "bp-lambda": partial(F.fully_connected, rule="dni", mix=0.25),
    "bprop-large": partial(F.fully_connected, rule="bprop", **LARGE),
    "dni-large": partial(F.fully_connected, rule="dni", sg_hidden=(512,), **LARGE),
    "meprop-dense": partial(F.meprop, rule="dense"),
    "meprop-top": partial(F.meprop, rule="top"),
    "meprop-top-output": partial(F.meprop, rule="top", at_output=True),
    "meprop-random": partial(F.meprop, rule="random"),
    "meprop-random-output": partial(F.meprop, rule="random", at_output=True),
    "meprop-dropout": partial(F.meprop, rule="top", layers=3),
    "meprop-dropout-unified": partial(F.meprop, rule="unified", layers=4),
    "meprop-dropout-unified-random": partial(F.meprop, rule="unified_random", layers=2),
    "linear-shallow-mse": partial(F.linear, loss="mse", deep=False, data="linear"),
    "linear-shallow-log": partial(F.linear, loss="log", deep=False, data="noisy", drops=((0.4, 0.1),)),
    "linear-shaped-log": partial(F.linear, loss="log", deep=False, data="linear", shaped=True),
    "linear-deep-mse": partial(F.linear, loss="mse", deep=True, data="noisy"),
    "linear-deep-log": partial(F.linear, loss="log", deep=True, data="random"),
}

ROUGH: dict[str, Build] = {"dni-bfloat16": partial(F.fully_connected, rule="dni", precision="bfloat16")}
"""Too coarse to be followed freely: one step at a time, from the states that `dni` goes through."""
