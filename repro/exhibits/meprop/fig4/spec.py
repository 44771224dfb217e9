"""meProp Figure 4: accuracy against the backprop ratio; top-k vs random-k; k vs hidden size. MNIST.

Source: arXiv:1706.06197v5, Figure 4 and section 4; numbers read off the authors' image (± 0.01 to 0.03).
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Layout, Metric, Param, Profile, because

PERCENT = (1, 2, 4, 8, 16, 32)
TOP = {1: 95.99, 4: 98.01, 8: 98.11, 16: 98.15, 32: 98.02}
RANDOM = {1: 86.8, 2: 90.4, 4: 92.2, 8: 94.15, 16: 96.0}
SMALL = {1: 90.66, 2: 94.11, 4: 96.44, 8: 97.09}
DENSE = 97.82


def _arm(rule: str, label: str, series: str, percent: int, reported: float | None) -> Arm:
    numbers = {} if reported is None else {"test_accuracy": reported}
    return Arm(f"{rule}-{percent}", label, series, {"rule": rule, "percent": percent}, numbers)


ARMS = (
    Arm("dense", "MLP, dense", "MLP", {"rule": "dense"}, {"test_accuracy": DENSE}),
    *(_arm("top", f"meProp, k = {r} % of h", "meProp top-k", r, TOP.get(r)) for r in PERCENT),
    *(_arm("random", f"random, k = {r} % of h", "meProp random-k", r, RANDOM[r]) for r in RANDOM),
    *(_arm("small", f"MLP with {r} % of h", "MLP with h = k", r, SMALL.get(r)) for r in (1, 2, 4, 8, 16)),
)

PARAMS = (
    Param("hidden", 500, "Table 1 (MLP h=500)", "units in each hidden layer, h; k is a percentage of it"),
    Param("hidden_layers", 2, "section 4", "hidden layers"),
    Param("batch", 10, "section 4", "images in a mini-batch"),
    Param("learning_rate", 1e-3, "section 4", "Adam's step size"),
    Param("adam_eps", 1e-8, "section 4", "Adam's ε; β = 0.9, 0.999"),
    Param(
        "epochs",
        20.0,
        "the public configurations; the paper does not say",
        "passes over the training images",
        assumed=True,
    ),
    Param("max_steps", 0, "for small profiles", "limit on optimiser steps", assumed=True, zero="no limit"),
    Param(
        "evaluations",
        11,
        "public C# code v0.1.0; the paper does not say",
        "dev scores an epoch",
        assumed=True,
    ),
    Param("dev_images", 5000, "section 4", "first training images, held out to choose the epoch"),
    Param(
        "sparsify_output",
        True,
        "section 4.1, output layer (the public code does not)",
        "top-k at the output layer too; matters for k < 10",
        only={"rule": ("top", "random")},
    ),
)

_SMALL = tuple(a.id for a in ARMS if a.setting["rule"] == "small")
_HEAVY = tuple(a.id for a in ARMS if a.id not in _SMALL)
_HUMP = (
    "dense",
    "top-4",
    "top-8",
    "top-16",
    "top-32",
)  # F4-5 and F4-6 hang on less than 0.3 points: ten seeds
_FEW = ("dense", *(f"{rule}-{percent}" for rule in ("top", "random", "small") for percent in (1, 4, 16)))
PROFILES = (
    Profile(
        "smoke",
        (0,),
        "digits",
        None,
        _FEW,
        {**because("seconds", hidden=50, max_steps=60), **because("small data", dev_images=200)},
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        (0, 1, 2),
        "mnist",
        "mnist5k",
        _FEW,
        {
            **because("one core, 30 s: k/h as in the paper", hidden=100),
            **because("one core, 30 s: less than half an epoch", max_steps=2500),
            **because("a short run", evaluations=2),
            **because("a sixth of the stand-in's 4,000 images, so that it fits them too", dev_images=600),
        },
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        (0, 1, 2),
        "mnist",
        together=_SMALL,
        more_seeds=dict.fromkeys(_HUMP, tuple(range(3, 10))),
        budget="the paper's full schedule: 86 runs of 5 to 15 core-minutes",
    ),
    Profile(
        "paper",
        (0, 1, 2, 3, 4),
        "mnist",
        more_seeds=dict.fromkeys(_HUMP, tuple(range(5, 20))),
        together=("*",),
        apart_on_cpu=_HEAVY,  # 650,000 weights a run: together they lose up to 15 % to cache misses
        budget="a GPU",
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "k at the output layer",
        "text: the same k; public code: never",
        "as the text says (matters for k < 10), for top-k and random-k alike",
        "the text is what is reproduced",
        "k = 5 alone: five of the ten output gradients are dropped",
    ),
    Deviation(
        2,
        "initial weights",
        "not stated",
        "N(0, 6/(fan-in + fan-out)), biases 0, as the public C# code",
        "the code closest to the figure",
    ),
    Deviation(
        3,
        "how often the dev set is scored",
        "not stated (public C#: 11 times an epoch)",
        "11 times an epoch",
        "the score at the best dev evaluation is the paper's protocol; that at the end of training stands beside it",
        "decides the score for small k, where the best of 220 picks the peak of a series that swings by many points: "
        "over the last 5 epochs at cpu random-k's dev accuracy at 1 % has mean 76.8, sd 5.7 (56 to 87, best 87), at "
        "4 % mean 88.6 (best 93.0); top-k's at 1 % mean 94.1, sd 1.8 (best 96.4); from 8 % on and for the dense net "
        "sd 0.2 (mean 98.0, best 98.4)",
    ),
    Deviation(
        4, "gradient clipping", "not stated (public C#: elements to ± 5)", "none", "the paper has none"
    ),
    Deviation(5, "epochs", "not stated (public configurations: 20)", "20", "the public configurations"),
    Deviation(6, "bias gradient", "no biases in the equations", "dense", "the public code"),
    Deviation(
        7,
        "seeds",
        "single runs",
        "cpu: 3 seeds, 10 for the five arms of the hump; paper profile: 5 and 20; mean, 95 % interval paired by seed",
        "F4-5 and F4-6 hang on < 0.3 points: these seeds were fixed before they ran",
        "an earlier cpu record has 5 for the hump's arms: two were added after three had not decided it",
    ),
    Deviation(
        8,
        "size (quick)",
        "h = 500, 20 epochs",
        "h = 100, 2,500 steps of 10 images, the same ratios",
        "30 s on one core",
        "small k starts badly and recovers only by epoch 15 (top-k is below random-k there): no claim is judged",
    ),
    Deviation(
        9,
        "ratio 16 % in the right panel",
        "axis ends at 10 %",
        "h = 80 is run as well",
        "completes the comparison",
    ),
    Deviation(10, "activation", "not stated for MNIST", "ReLU", "the public code"),
)

EXHIBIT = Exhibit(
    id="meprop/fig4",
    title="Accuracy against k: overfitting, top-k vs random-k, k vs hidden size",
    place="Figure 4",
    read="off the authors' image of it, ± 0.01 to 0.03 points",
    shows="Test accuracy on MNIST of a 784-500-500-10 MLP whose backward pass keeps only k of each 500 gradient "
    "entries, against the backprop ratio k/500: beside the dense net (left), beside k entries chosen at random "
    "(middle), and beside dense nets with only k hidden units (right).",
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric(
            "test_accuracy",
            "%",
            "correct test images at the evaluation with the best dev score",
            10.0,
            lower_is_better=False,
        ),
        Metric(
            "dev_accuracy",
            "%",
            "correct among the first 5,000 training images, held out",
            10.0,
            lower_is_better=False,
        ),
        Metric(
            "end_accuracy",
            "%",
            "correct test images at the end of training",
            10.0,
            lower_is_better=False,
        ),
        Metric("best_epoch", "epochs", "where the best dev score was reached"),
    ),
    profiles=PROFILES,
    table=Layout("test_accuracy", ("percent",), {"percent": "all"}),
    deviations=DEVIATIONS,
    algorithms=(
        ("top_k(g): keep the k entries of largest magnitude", "repro.kernels.topk:top_k"),
        ("∂L/∂W ← top_k(g) xᵀ and ∂L/∂x ← Wᵀ top_k(g)", "repro.nets.dense:Dense.pull"),
    ),
)
