"""Kind or length? What is injected at the border of a window, each kind at three lengths, its length measured.

Ours, beyond the paper, and beside `dni/rnn-control`: there every kind but two was injected at the length of its own
M's δ̂ alone, which nobody measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from repro.exhibits.dni.rnn_control import spec as control
from repro.exhibits.dni.rnn_control.spec import TASKS
from repro.spec import Arm, Deviation, Exhibit, Metric, Profile, because

WINDOW, WIDTHS = 2, (32, 256)
KINDS = {
    "synthetic": control.KINDS["synthetic"],
    "other": "δ̂ of the neighbouring lane",
    "fixed": control.KINDS["fixed"],
    "untrained": control.OTHERS["untrained"],
    "redrawn": control.KINDS["redrawn"],
    "noise": control.KINDS["noise"],
}
SHARES = {100: 0.1, 20: 0.02, 3: 0.003}
"""Percent of what DNI would inject, a tenth of the length of the arm's own M's δ̂ → the factor."""


def name(task: str, width: int, kind: str, percent: int = 100) -> str:
    """The id of an arm: "copy-32-noise-3"; nothing has no length."""
    end = "" if kind == "nothing" else f"-{percent}"
    return f"{task}-{width}-{kind}{end}".replace("_", "-")


def _arm(task: str, width: int, kind: str, percent: int) -> Arm:
    series = {**control.KINDS, **KINDS}[kind]
    factor = SHARES[percent]
    setting = {"task": task, "window": WINDOW, "width": width, "inject": kind, "bits": 1, "ahead": 0}
    setting |= {"sg_hidden": True, "factor": factor, "target_factor": factor, "lengths": True}
    share = "" if kind == "nothing" else f", {percent} % of its M's length"
    return Arm(
        name(task, width, kind, percent), f"{TASKS[task]}, {width} units: {series}{share}", series, setting
    )


def _arms() -> Iterator[Arm]:
    for width in WIDTHS:
        for task in TASKS:
            yield _arm(task, width, "nothing", 100)
            yield from (_arm(task, width, k, p) for p in SHARES for k in KINDS)


def _of(width: int, *which: tuple[str, int]) -> tuple[str, ...]:
    """Their ids, of both tasks."""
    return tuple(name(task, width, kind, percent) for task in TASKS for kind, percent in which)


ARMS = tuple(_arms())
PARAMS = tuple(p for p in control.PARAMS if p.name not in ("factor", "target_factor"))  # each arm has its own
SEEDS = tuple(range(113, 123))  # from none of which a statement was made
QUICK = (110, 111, 112)  # from none either; RL-5, RL-6 and RL-10 were changed after them
_SMALL = {
    **because("small nets learn at this rate in minutes", learning_rate=1e-3),
    **because("a CPU", batch=16, steps=30_000),
    **control.BARE,
}
_NONE, _WEAK = ("nothing", 100), tuple((k, 3) for k in KINDS)
_FEW = (_NONE, ("synthetic", 100), ("fixed", 3), ("noise", 3))
PROFILES = (
    Profile(
        "smoke",
        QUICK[:2],
        arms=_of(32, _NONE, *_WEAK),
        overrides={**_SMALL, **because("seconds", steps=200, evaluations=2)},
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        QUICK,
        arms=_of(32, *_FEW),
        overrides={**_SMALL, **because("30 s on one core", steps=5000, evaluations=5)},
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        SEEDS,
        arms=_of(32, _NONE, *((k, p) for p in SHARES for k in KINDS)),
        overrides=_SMALL,
        together=("*",),
        at_most=80,
        budget="≤ 1 h on 2 cores",
    ),
    Profile(
        "paper",
        SEEDS,
        arms=_of(256, _NONE, *((k, p) for p in SHARES for k in KINDS)),
        together=("*",),
        at_most=80,
        budget="a GPU",
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "size",
        "256 units, batch 256, 2.5 million iterations, Adam at 7e-5",
        "cpu: 32 units, batch 16, 30,000 windows, Adam at 1e-3",
        "a CPU",
        "levels end earlier; whether this is so at the paper's size is the paper profile's question",
    ),
    Deviation(2, "alphabet", "not stated", "1 bit a symbol, as −1 and +1", "the smallest", "unknown"),
    Deviation(
        3,
        "factor",
        "0.1 on δ̂",
        "0.1, 0.02 and 0.003, on what is injected and in M's target",
        "to tell the kind of what is injected from its length",
        "what this exhibit asks",
    ),
)


def _length(name: str, doc: str) -> Metric:
    return Metric(name, "nats", f"{doc}, a lane; mean since the last look", 0.0, may_diverge=True)


METRICS = (
    *(replace(m, at_end=m.name not in ("levels", "solved_at")) for m in control.METRICS),
    _length("injected_length", "‖factor · e‖ of the injected e"),
    replace(_length("sg_length", "‖δ̂‖ of the arm's own M, before the factor"), at_end=True),
)

EXHIBIT = Exhibit(
    id="dni/rnn-length",
    title="Is it the kind of push, or its length? More controls of DNI on recurrent nets",
    place="Table 1 and Figure 4 (ours, beside them)",
    shows=(
        "The number of levels of Copy and Repeat Copy that an LSTM solves by windows of two steps when something is "
        "injected at a window's end: the synthetic gradient, its neighbour's, a fixed random direction, an untrained "
        "model's, a direction that is redrawn, noise; each at three lengths, over the length that was measured."
    ),
    asides={
        "RL-3": "3 % of δ̂'s length; 'not behind' until cpu was seen",
        "RL-4": "it: DNI",
        "RL-6": "'it must persist' until cpu was seen: it has four fifths of the fixed one's gain, and is "
        "shorter by a factor of 1.4 to 1.7; on Copy four seeds of ten differ, by one level (by chance: p = 0.125)",
        "RL-7": "'by its length' until cpu was seen: in full the fixed one is as long and destroys nothing",
    },
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=METRICS,
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        ("e is δ̂ of the neighbouring lane", "repro.rules.recurrent:other"),
        ("‖f e‖ and ‖δ̂‖, means over lanes", "repro.rules.recurrent:Decoupled.lengths"),
    ),
    group_by=("task", "width"),
)
