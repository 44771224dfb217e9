"""Understanding SG, Figure 4: training accuracy of nets of 3, 5, 20 and 50 hidden layers, Bprop and one SG.

Source: arXiv:1703.00522v1, section 5, Figure 4.
"""

from __future__ import annotations

from repro.exhibits.sg import deep
from repro.spec import Deviation, Layout, because

DEPTHS, ACTS = (3, 5, 20, 50), ("relu", "sigmoid")
AT = {  # thousands of steps of the numbers below
    "relu": (10, 11, 12, 13, 14, 16, 20, 25, 32, 40, 50, 56, 63, 80, 100),
    "sigmoid": (10, 11, 12, 14, 16, 20, 22, 25, 28, 32, 40, 50, 63, 80, 100),
}
TOLD = {  # % of the training images right, digitised ± 0.01, from the first that is not below the axis, 99.5 %
    ("relu", "bprop", 3): "99.76 99.91 99.97 99.99 100 100 100 100 100 100 100 100 100 100",
    ("relu", "bprop", 5): "99.67 99.92 99.97 99.98 99.99 99.98 99.98 99.99 100 100 100 100 100 100 100",
    ("relu", "bprop", 20): "99.57 99.68 99.80 99.86 99.91 99.94 99.95 99.96 99.97 99.98 99.97",
    ("relu", "bprop", 50): "99.56 99.74 99.79 99.67 99.77 99.83 99.89",
    ("relu", "sg", 3): "99.50 99.63 99.82 99.95 99.98 99.99 100 100 100 100 100 100",
    ("relu", "sg", 5): "99.51 99.72 99.82 99.89 99.95 99.98 99.99 99.99 99.99 99.99 99.99 99.99 99.99 99.99",
    ("relu", "sg", 20): "99.69 99.85 99.91 99.94 99.96 99.97 99.98 99.99 99.98 99.98 99.98 99.99 99.99",
    ("relu", "sg", 50): "99.70 99.84 99.89 99.91 99.91 99.91 99.93 99.94",
    ("sigmoid", "bprop", 3): "99.59 99.74 99.87 99.94 99.97 99.99 100 99.98 99.94 100",
    ("sigmoid", "bprop", 5): "99.65 99.83 99.95 99.96 99.97 99.96 99.96 99.96 99.91 99.96 99.98 100",
    ("sigmoid", "bprop", 20):
        "99.59 99.74 99.79 99.74 99.73 99.77 99.79 99.89 99.94 99.92 99.9 99.92 99.84 99.94 99.96",
    ("sigmoid", "bprop", 50): "99.50 99.52 99.57 99.59 99.71 99.75 99.78 99.83",
    ("sigmoid", "sg", 3): "99.53 99.68 99.75 99.83 99.82",
    ("sigmoid", "sg", 5): "99.50 99.62 99.70 99.80 99.87 99.92 99.93 99.98 99.98",
    ("sigmoid", "sg", 20): "99.58 99.75 99.82 99.91 99.93 99.94 99.95 99.84 99.86 99.97 99.97 99.98 99.97",
}  # fmt: skip
"""SG with 50 sigmoid layers leaves the axis and comes back: no line."""

ARMS = (
    *(deep.arm(rule, n, act) for act in ACTS for n in DEPTHS for rule in ("bprop", "sg")),
    *(deep.arm("sg", n, target="mean") for n in (3, 20)),
)
_50 = ("bprop-50", "sg-50")
_SHALLOW = ("bprop-3", "sg-3", "bprop-5", "sg-5")
"""Of F4-3, which three seeds at `cpu` had not decided."""
_LONG = because("50 layers do not learn in 20,000 steps at 3e-4", width=64, learning_rate=1e-3, steps=30_000)
PROFILES = deep.profiles(
    ("bprop-3-sigmoid", "sg-3-mean", "sg-5-sigmoid"),
    ("bprop-3", "sg-3", "bprop-20", "sg-20"),
    [a.id for a in ARMS if a.setting["layers"] < 50 or a.id in _50],
    quick={"overrides": deep.QUICK | because("20 layers need a thousand", steps=1000, evaluations=50)},
    cpu={
        "arm_overrides": dict.fromkeys(_50, _LONG),
        "more_seeds": dict.fromkeys(_SHALLOW, tuple(range(23, 29))),
    },
)

DEVIATIONS = deep.deviations(
    Deviation(
        0,
        "place of the SG in nets of 3 and 5 layers",
        '"in the middle of the hidden stack"',
        "after layer 2 of 3 and 3 of 5 (stated elsewhere: 11 of 20, 21 of 50)",
        "not stated",
    ),
    Deviation(
        0,
        "smoothing",
        "not stated; drops of the printed curves last ten vertices",
        "claims and thick lines: mean of the last ten evaluations; thin lines: as measured",
        "read from the figure",
    ),
    Deviation(
        0,
        "50 layers (cpu)",
        "512 units, Adam at 3e-5; relu and sigmoid",
        "64 units, 30,000 steps at 1e-3; relu alone",
        "some thousand core-seconds",
        "ten times the paper's product of rate and steps; compared with each other, not with nets of other depths",
    ),
    Deviation(
        0,
        "seeds of nets of 3 and 5 layers (cpu, ReLU)",
        "one run",
        "nine, six of them added since three had not decided F4-3",
        "an error bar",
    ),
    of=PROFILES,
)

EXHIBIT = deep.exhibit(
    id="sg/fig4",
    title="Learning curves of nets of 3 to 50 layers with and without a synthetic gradient",
    place="Figure 4 (section 5)",
    read="off the curves, ± 0.01 points",
    shows="Training accuracy on MNIST along training of nets of 3, 5, 20 and 50 hidden layers of ReLU and sigmoid "
    "units, by backpropagation and with one linear synthetic gradient in the middle.",
    arms=ARMS,
    metrics=deep.metrics("train_accuracy", at_end=("sg_error", "sg_cosine")),
    profiles=PROFILES,
    table=Layout("train_accuracy", ("act", "layers", "target"), {"target": "example"}),
    deviations=DEVIATIONS,
    algorithms=(
        deep.ALGORITHMS[0],
        ("SG(h, y) = h A + y B + C, zero at the start", "repro.rules.dni:NetModel"),
    ),
    asides={
        "F4-3": "decided at the highest level that all reach, with 5 layers 99.9 %: SG +1,444 [-468, +3,357] steps; "
        "at 99.5 %, the paper's, +1,533 [1,345, 1,722] and with 3 layers +3,467 [3,005, 3,928]: there it would hold"
    },
)
