"""TODO: what it is, in one line.

Source: TODO: the pinned version, and the places in it where the settings stand.
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Metric, Param, Profile, because

# One arm a curve or a cell. `setting` tells arms apart, and its keys are what claims look for; `reported` holds the
# paper's numbers. `params`: the paper's own values for this arm; `dataset`: its data set if it is not the profile's.
ARMS = (
    Arm("bprop", "backpropagation", "Bprop", {"rule": "bprop", "layers": 3}, {"test_error": 2.0}),
    Arm("no_bprop", "no gradient", "No Bprop", {"rule": "no_bprop", "layers": 3}, {"test_error": 9.3}),
)

# The paper's values, each with its place. Where the paper is silent: `assumed=True`, and the source says why ours.
# `only`: the settings of the arms that have the parameter. One that the work does not read is an error.
PARAMS = (
    Param("width", 256, "Table 0", "units in each hidden layer"),
    Param("batch", 256, "Table 0", "images in a mini-batch"),
    Param("steps", 500_000, "Table 0", "iterations"),
    Param("learning_rate", 3e-5, "Table 0", "Adam's step size"),
    Param("rate_drops", ((0.6, 0.1),), "Table 0", "(fraction of the steps, factor on the learning rate)"),
    Param("evaluations", 100, "the curve's resolution", "test errors along a run", assumed=True),
    Param("hold_out", 0, "none", "training images to test on instead", assumed=True, zero="none"),
)

# All four, from seconds to the paper's own size; what differs from the paper has its reason. At `paper` only what is
# assumed may differ. `together`: arms whose runs train side by side ("*": all).
_SMALL = because("seconds", steps=20, evaluations=2, width=32, batch=64, learning_rate=1e-3)
_QUICK = because("one core, 30 s", steps=300, evaluations=3, batch=64, learning_rate=1e-3)
_CPU = because("60 min on 2 cores", steps=5000, evaluations=25, batch=64, learning_rate=1e-3)
PROFILES = (
    Profile("smoke", (0,), "digits", overrides=_SMALL, together=("*",), budget="≤ 15 s"),
    Profile(
        "quick", (0, 1), "mnist", "mnist5k", overrides=_QUICK, together=("*",), budget="≤ 30 s on one core"
    ),
    Profile("cpu", (0, 1, 2), "mnist", overrides=_CPU, budget="≤ 60 min on 2 cores"),
    Profile("paper", (0, 1, 2), "mnist", together=("*",), budget="a GPU"),
)

# Every difference from the paper, numbered: what, theirs, ours, why, and the effect if it is known.
DEVIATIONS = (Deviation(1, "TODO: optimiser", "not stated", "Adam", "the usual choice"),)

EXHIBIT = Exhibit(
    id="dni/skeleton",
    title="TODO: the finding, in one line",
    place="Figure 0",
    read="TODO: off the curves, ± 0.1 points; nothing if they are printed there",
    shows="TODO: what the paper's figure or table shows, in a sentence or two that one can read without the paper.",
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("test_error", "%", "wrongly classified test images", 90.0),
        Metric("validation_error", "%", "the same on held-out images", 90.0),
        # at_end: neither its claim nor its figure reads the course, so the record holds the last value of a run
        Metric("batch_loss", "nats", "cross-entropy of the last training batch", 2.303, at_end=True),
    ),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    # an equation, and the "module:name" whose source the notebook shows beside it
    algorithms=(("δ_i through layer i + 1 alone, from what it consumed", "repro.rules.backward:backward"),),
)
