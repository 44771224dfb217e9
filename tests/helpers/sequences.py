"""Small learners of recurrent nets for tests, by what they inject."""

import torch

from repro.record.run import Run
from repro.train.episodes import EpisodeLearner
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.text import TextLearner

KINDS = (
    "nothing",
    "synthetic",
    "negative",
    "other_lane",
    "other",
    "mean_lane",
    "fixed",
    "redrawn",
    "noise",
    "untrained",
)
PARAMS = {
    "batch": 6, "width": 8, "bits": 1, "steps": 60, "check": 10, "evaluations": 3, "probe": 12, "threshold": 0.15,
    "learning_rate": 1e-2, "factor": 0.1, "target_factor": 0.1, "sg_rate": 1.0, "sg_hidden": True,
    "aux_weight": 0.01, "forget_bias": 1.0, "redraw": 7, "peepholes": False,
}  # fmt: skip
TEXT = {
    k: PARAMS[k]
    for k in ("batch", "width", "learning_rate", "factor", "target_factor", "sg_rate", "sg_hidden", "aux_weight",
              "forget_bias", "redraw", "peepholes")
} | {"steps": 40, "validate": 10, "patience": 9, "evaluated": 400}  # fmt: skip


def given_of(kinds, seeds=(1,), text=False, params=None, **setting):
    own = {**(TEXT if text else PARAMS), **(params or {})}
    fixed = {"task": "ptb" if text else "copy", "window": 2, **setting}
    data = ("ptb_char", "invented_text") if text else (None, None)
    return Given([Run(k, s, {**fixed, "inject": k}, own, *data) for k in kinds for s in seeds])


def learner_of(*args, dtype=torch.float32, device="cpu", **more):
    family = TextLearner if more.get("text") else EpisodeLearner
    made = type("Typed", (family,), {"dtype": dtype})
    return made(given_of(*args, **more), Context(device, download=False))
