"""Is it the gradient? What the layers below the SG are given in its place, and what nets of 3, 5, 20 layers become.

Ours, beyond the paper: arXiv:1703.00522v1, Figure 4 is what it stands beside. Its nets of 20 and 50 layers learn
faster with an SG than by backpropagation.
"""

from __future__ import annotations

from dataclasses import replace

from repro.exhibits.sg import deep
from repro.spec import Arm, Deviation, Layout, because

DEPTHS = (3, 5, 20)
KINDS = {
    "negative": "−δ̂",
    "other": "δ̂ of another example",
    "mean": "mean of δ̂ over the batch",
    "noise": "Gaussian noise",
    "nothing": "nothing below the SG",
    "fixed": "a fixed map of h and y",
    "fixed_label": "a fixed vector a label",
}
"""What is injected besides δ̂ itself."""


def _control(kind: str, layers: int) -> Arm:
    base = deep.arm("sg", layers)
    setting, label = {**base.setting, "inject": kind}, f"{KINDS[kind]}, {layers} layers"
    name = f"{base.id}-{kind.replace('_', '-')}"
    return replace(base, id=name, label=label, series=KINDS[kind], setting=setting, reported={})


ARMS = tuple(
    a
    for n in DEPTHS
    for a in (deep.arm("bprop", n), deep.arm("sg", n), *(_control(kind, n) for kind in KINDS))
)
SEEDS, FIRST = tuple(range(110, 115)), (100, 101, 102)
"""Not those of the probes from which the findings were made; those of small profiles, on which SC-12 was added."""
_SMALL = deep.sized("a CPU", (5000, 1000, 60), steps=4000, width=128, evaluations=40, analyses=1)
PROFILES = deep.profiles(
    ("bprop-3", *(f"sg-3-{k}".replace("_", "-") for k in KINDS)),
    ("bprop-20", "sg-20", "sg-20-other", "sg-20-nothing", "sg-20-fixed-label"),
    smoke={"seeds": FIRST[:1]},
    quick={
        "seeds": FIRST,
        "overrides": deep.QUICK | because("30 s on one core", steps=500, evaluations=10),
    },
    cpu={"seeds": SEEDS, "overrides": deep.FAST | _SMALL, "budget": "≤ 1 h on 2 cores"},
    paper={"seeds": SEEDS},
)

DEVIATIONS = deep.deviations(
    Deviation(
        0,
        "size (cpu, quick)",
        "512 units, 100,000 steps, Adam at 3e-5",
        "cpu: 128 units, 4,000 steps at 3e-4; quick: 64 units, 500 steps at 1e-3",
        "2 cores; the question is who learns first",
        "findings hold at this length",
    ),
    Deviation(
        0,
        "the controls' size",
        "not asked",
        "noise has each example's own ‖δ̂‖; fixed maps have entries N(0, 1/(width + 10))",
        "Adam does not see the size of a gradient, only how it is spread over units",
    ),
    Deviation(
        0,
        "the label's share in the map of h and y",
        "not asked",
        "all entries alike: width units of h, each of variance 1 behind a batch norm, against one label entry of 1",
        "the form of the guess, drawn as it is",
        "about 1/(width + 1) of the injected power is the label's at the start, 1/129 at cpu: SC-11 compares the "
        "label with a map that is nearly of h alone, and does not say that h disturbs a label that is heard",
    ),
    Deviation(
        0,
        "another example",
        "not asked",
        "the one before in the batch, which is in random order: mostly of another class",
        "no draw is needed",
    ),
    shared=[d for d in deep.DEVIATIONS if d.what not in ("size (cpu, quick)", "seeds")],
)

EXHIBIT = deep.exhibit(
    id="sg/control",
    title="Is it the gradient? Controls of one synthetic gradient in deep nets",
    place="Figure 4 (ours, beside it)",
    shows="Training accuracy of nets of 3, 5 and 20 hidden layers whose lower layers learn from the synthetic "
    "gradient, or from something else in its place: its negative, that of another example, its mean over the batch, "
    "noise of its size, nothing, a fixed random map of h and the label, or of the label alone.",
    asides={
        "SC-2": "it: the net",
        "SC-3": "that: δ̂; worse: than its own",
        "SC-5": "its: δ̂'s",
        "SC-7": "its: δ̂'s",
        "SC-9": "that: a fixed random one for each label",
        "SC-12": "this: of its label",
    },
    arms=ARMS,
    metrics=deep.metrics("train_accuracy", "sg_error", "injected_cosine", "sg_cosine"),
    profiles=PROFILES,
    table=Layout("train_accuracy", ("layers",)),
    deviations=DEVIATIONS,
    algorithms=(
        ("what the layer under the SG consumes", "repro.rules.injected:Injected.consume"),
        ("a map that never learns", "repro.rules.injected:Fixed"),
    ),
)
