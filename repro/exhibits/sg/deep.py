"""What the MNIST exhibits share: arms, parameters, metrics, the paper's curves as digitised, deviations.

Source: arXiv:1703.00522v1, section 5 and supplement C. An exhibit that names the same arm at the same size shows the
same run, which is trained once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from repro.errors import UnknownNameError
from repro.spec import Arm, Deviation, Exhibit, Metric, Override, Param, Profile, because

SERIES = {"bprop": "Bprop", "sg": "SG", "sg_star": "SG*", "dfa": "DFA"}
AFTER = {3: 2, 5: 3, 20: 11, 50: 21}
"""Hidden layers → the layer after which the one SG stands: stated for 20 and 50, assumed for 3 and 5."""
ENDS = {  # Figure 4 at 100,000 steps, % of the training images right: act, rule → by hidden layers
    ("relu", "bprop"): {3: 100.0, 5: 100.0, 20: 99.97, 50: 99.89},
    ("relu", "sg"): {3: 100.0, 5: 99.99, 20: 99.99, 50: 99.94},
    ("sigmoid", "bprop"): {3: 100.0, 5: 100.0, 20: 99.96, 50: 99.83},
    ("sigmoid", "sg"): {3: 99.82, 5: 99.98, 20: 99.97, 50: 99.98},
}


def numbers(text: str) -> tuple[float, ...]:
    """Numbers between blanks: a digitised series."""
    return tuple(map(float, text.split()))


def arm(rule: str, layers: int = 20, act: str = "relu", target: str = "example", l2: float = 0.0) -> Arm:
    """An arm; what is usual in it does not appear in its id: "sg-20", "sg_star-20-mean", "sg-20-l2-1e-05"."""
    setting: dict[str, Any] = {"rule": rule, "layers": layers, "act": act}
    setting |= {"after": AFTER[layers]} if rule == "sg" else {}
    setting |= {"target": target} if rule in ("sg", "sg_star") else {}
    setting |= {"l2": l2} if l2 else {}
    name, label = f"{rule}-{layers}", f"{SERIES[rule]}, {layers} layers"
    for said, text in (
        (act != "relu", act),
        (target != "example" and "target" in setting, target),
        (l2, f"l2-{l2:g}"),
    ):
        name, label = (f"{name}-{text}", f"{label}, {text}") if said else (name, label)
    told = ENDS.get((act, rule), {}).get(layers)
    return Arm(name, label, SERIES[rule], setting, {} if told is None else {"train_accuracy": told})


def _ours(name: str, value: Any, doc: str, why: str = "not stated") -> Param:
    return Param(name, value, why, doc, assumed=True)


PARAMS = (
    Param("width", 512, "supplement C", "units in each hidden layer"),
    _ours(
        "batch",
        100,
        "images in a mini-batch",
        'not stated; fits the unit of Figure 8\'s "Train MSE" (weakly)',
    ),
    Param("steps", 100_000, "Figure 4", "iterations (Figures 3, 5, 7, 8 do not say when they stop)"),
    Param("learning_rate", 3e-5, "supplement C", "Adam's, for nets and synthetic gradients alike"),
    _ours("evaluations", 100, "along a run", "Figure 4 has a vertex every 1,000 steps"),
    _ours("eval_images", 60_000, "training images on which accuracy is measured"),
    _ours("analyses", 4, "times at which norms and representations are looked at; the last at the end"),
    Param("rdm_images", 400, "section 5", "training images of a dissimilarity matrix, as many of each class"),
    _ours("probe_images", 10_000, "training images from which the probes learn"),
    _ours("probe_steps", 3000, "of the classifier probe's training, 500 images each"),
)


def sized(why: str, probes: tuple[int, int, int], **values: Any) -> dict[str, Override]:
    """Overrides of a profile: `probes` = images for accuracy, images for probes, steps of the classifier probe."""
    names = ("eval_images", "probe_images", "probe_steps")
    return because(why, **dict(zip(names, probes, strict=True)), **values)


FAST = because("a fifth of the steps", learning_rate=3e-4)
SHORT = because("a short run", learning_rate=1e-3)
SMOKE = SHORT | sized("seconds", (200, 100, 5), steps=10, evaluations=2, analyses=1, width=16, batch=20)
QUICK = SHORT | sized("30 s on one core", (1000, 500, 60), steps=600, evaluations=12, analyses=1, width=64)
CPU = FAST | sized("2 hours of 2 cores", (5000, 5000, 600), steps=20_000, width=128)
SEEDS = (20, 21, 22)
"""Not those of the probes in which sizes were explored."""
Arms = Sequence[str]
"""Ids; none: every arm."""


def profiles(smoke: Arms, quick: Arms, cpu: Arms = (), /, **other: Mapping[str, Any]) -> tuple[Profile, ...]:
    """The four profiles: which arms each runs (`paper`: every one) and, by its name, what is not as usual in it."""
    usual = (
        Profile("smoke", SEEDS[:1], "digits", None, tuple(smoke), SMOKE, budget="≤ 15 s"),
        Profile("quick", SEEDS, "mnist", "mnist5k", tuple(quick), QUICK, budget="≤ 30 s on one core"),
        Profile("cpu", SEEDS, "mnist", None, tuple(cpu), CPU, budget="≤ 2 h on 2 cores"),
        Profile("paper", SEEDS, "mnist", budget="a GPU"),
    )
    return tuple(replace(p, together=("*",), **other.get(p.name, {})) for p in usual)


def _by_layer(name: str, unit: str, doc: str, chance: float | None, lower: bool = True) -> Metric:
    return Metric(name, unit, f"{doc}; index: hidden layer", chance, lower_is_better=lower)


METRICS = (
    Metric(
        "train_accuracy", "%", "training images classified rightly, in test mode", 10.0, lower_is_better=False
    ),
    _by_layer("block_distance", "", "mean squared difference of same-class RDM entries from the last's", 0.0),
    _by_layer("dissimilarity_within", "", "1 − correlation of two images of a class, mean", 0.0),
    Metric("dissimilarity", "", "the same of two classes, mean; index: hidden layer; class; class", 1.0),
    _by_layer("weight_share", "", "‖W_l‖² over its sum over hidden-to-hidden matrices", None),
    Metric("weight_norm", "", "that sum", None),
    _by_layer(
        "probe_accuracy", "%", "of a linear classifier on the layer, on its own training images", 10.0, False
    ),
    _by_layer(
        "image_error", "", "squared error of the best linear map to the image, summed over pixels", 52.7
    ),
    Metric(
        "sg_error", "", "‖δ̂ − δ‖²/‖δ‖² over the last 100 batches or so; 1: as bad as 0", 1.0, may_diverge=True
    ),
    Metric(
        "injected_cosine", "", "of what a control injects and δ", 0.0, lower_is_better=False, may_diverge=True
    ),
    Metric("sg_cosine", "", "of δ̂ and δ", 0.0, lower_is_better=False, may_diverge=True),
)


def metrics(*names: str, at_end: Sequence[str] = ()) -> tuple[Metric, ...]:
    """Those of the metrics that an exhibit shows, so that its record holds no others; of some the end alone."""
    for name in {*names, *at_end} - {m.name for m in METRICS}:
        raise UnknownNameError("metric", name, [m.name for m in METRICS])
    return tuple(replace(m, at_end=m.name in at_end) for m in METRICS if m.name in (*names, *at_end))


ALGORITHMS = (
    ("θ_≤k learns from SG(h_k, y); SG regresses to ∂L/∂h_k, held constant", "repro.rules.dni:DNI.consume"),
    ("SG*: after every layer, bootstrapped", "repro.rules.every_layer:EveryLayer.consume"),
    ("DFA: layer i uses (∂L/∂p) A_iᵀ", "repro.rules.feedback:DFA.consume"),
)

DEVIATIONS = (
    Deviation(
        1,
        "size (cpu, quick)",
        "512 units, 100,000 steps, Adam at 3e-5",
        "",  # of each exhibit's own profiles: see `deviations`
        "2 cores",
        "at most twice the paper's product of rate and steps, a quarter of its width",
    ),
    Deviation(
        2,
        "unit of the SG's target",
        "∂L/∂h; whether L is the batch's mean is not said",
        "the gradient of each example's own loss; beside it, as arms of their own, that of the mean",
        "Adam does not see the size of a gradient, but the size of what its steps have to reach",
        "targets of the mean are 100 times smaller, and slower to learn at this rate",
    ),
    Deviation(
        3,
        "initial weights",
        "not stated (SG: 0)",
        "N(0, 1/fan-in), biases 0, γ = 1, β = 0; DFA's A_i ~ N(0, 1/width)",
        "a common choice; Adam does not see the size of A_i",
    ),
    Deviation(
        4,
        "order in a layer; where h is taken",
        "units followed by batch norm; whether h is before or behind it is not said",
        "linear → units → batch norm; h is the layer's output, behind it",
        "the text's order",
    ),
    Deviation(
        5,
        "accuracy",
        "training accuracy; on which images and with which statistics of the batch norms is not said",
        "cpu: the first 5,000 training images (quick: 1,000), running statistics (momentum 0.1)",
        "one of the usual forms",
        "0.02 % is the smallest step",
    ),
    Deviation(6, "batch; Adam's β and ε", "not stated", "100; 0.9, 0.999 and 1e-8", "the usual defaults"),
    Deviation(7, "seeds", "one run, no spread", "3 seeds; no claim rests on one", "an error bar"),
)
STOP = Deviation(0, "stop", "not stated", "the end of Figure 4's runs", "the only length stated")


def sizes(of: Sequence[Profile]) -> str:
    """ "cpu: 128 units, 20,000 steps at 3e-4; quick: …": what the arms of these profiles share."""
    told = {}
    for p in of:
        if p.name in ("cpu", "quick"):
            width, steps, rate = (p.overrides[k].value for k in ("width", "steps", "learning_rate"))
            told[p.name] = f"{p.name}: {width} units, {steps:,} steps at {rate:.0e}".replace("e-0", "e-")
    return "; ".join(told[name] for name in ("cpu", "quick"))


def deviations(
    *own: Deviation, of: Sequence[Profile] = (), shared: Sequence[Deviation] = DEVIATIONS
) -> tuple[Deviation, ...]:
    """Those that the exhibits share and an exhibit's own, numbered in this order.

    `of`: the profiles whose sizes are told, where they are not the usual ones.
    """
    size = sizes(of or profiles((), ()))
    both = [replace(d, ours=d.ours or size) for d in (*shared, *own)]
    return tuple(replace(d, number=n) for n, d in enumerate(both, 1))


def exhibit(**own: Any) -> Exhibit:
    """An exhibit that trains deep nets: their parameters, and what is its own."""
    return Exhibit(kind="training", params=PARAMS, **own)
