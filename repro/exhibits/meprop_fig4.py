"""meProp Figure 4: accuracy against the backprop ratio; top-k vs random-k; k vs hidden size. MNIST.

Source: arXiv:1706.06197v5, Figure 4 and section 4; numbers read off the authors' image (± 0.01 to 0.03).
"""

from __future__ import annotations

from repro.exhibits.meprop_fig4_claims import CLAIMS, DEVIATIONS
from repro.spec import Arm, Exhibit, Metric, Override, Param, Profile

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
        "assumed: the public configurations; the paper does not say",
        "passes over the training images",
    ),
    Param("max_steps", 0, "assumed: a limit for small profiles; 0 = none", "optimiser steps"),
    Param("evaluations", 11, "assumed: public C# code v0.1.0; the paper does not say", "dev scores an epoch"),
    Param("dev_images", 5000, "section 4", "first training images, held out to choose the epoch"),
    Param(
        "sparsify_output",
        True,
        "section 4.1, output layer (the public code does not)",
        "top-k at the output layer too; matters for k < 10",
    ),
)

_HEAVY = tuple(a.id for a in ARMS if not a.id.startswith("small"))
_SMALL_ARMS = tuple(a.id for a in ARMS if a.id.startswith("small"))
_HUMP = ("dense", "top-4", "top-8", "top-16", "top-32")  # F4-5 and F4-6 hang on less than 0.3 points
_FEW = (
    "dense",
    "top-1",
    "top-4",
    "top-16",
    "random-1",
    "random-4",
    "random-16",
    "small-1",
    "small-4",
    "small-16",
)

PROFILES = (
    Profile(
        "smoke",
        (0,),
        "digits",
        None,
        _FEW,
        {
            "hidden": Override(50, "seconds"),
            "max_steps": Override(60, "seconds"),
            "dev_images": Override(200, "small data"),
        },
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        (0, 1, 2),
        "mnist",
        "digits",
        _FEW,
        {
            "hidden": Override(100, "one core, 30 s: k/h as in the paper"),
            "max_steps": Override(2500, "one core, 30 s: less than half an epoch"),
            "evaluations": Override(2, "a short run"),
        },
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        (0, 1, 2),
        "mnist",
        together=_SMALL_ARMS,
        more_seeds={arm: (3, 4) for arm in _HUMP},
        budget="≤ 75 min on 2 cores: the paper's full schedule",
    ),
    Profile(
        "paper",
        (0, 1, 2, 3, 4),
        "mnist",
        together=("*",),
        cpu_apart=_HEAVY,  # 650,000 weights a run: together they lose up to 15 % to cache misses
        budget="a GPU",
    ),
)

EXHIBIT = Exhibit(
    id="meprop/fig4",
    title="Accuracy against k: overfitting, top-k vs random-k, k vs hidden size",
    place="Figure 4",
    shows=(
        "Test accuracy on MNIST of a 784-500-500-10 MLP whose backward pass keeps only k of each "
        "500 gradient "
        "entries, against the backprop ratio k/500: beside the dense net (left), beside k entries chosen at "
        "random (middle), and beside dense nets with only k hidden units (right)."
    ),
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric(
            "test_accuracy", "%", "correct test images at the evaluation with the best dev score", 10.0, False
        ),
        Metric("dev_accuracy", "%", "correct among the first 5,000 training images, held out", 10.0, False),
        Metric("best_epoch", "epochs", "where the best dev score was reached"),
    ),
    profiles=PROFILES,
    claims=CLAIMS,
    deviations=DEVIATIONS,
    work="repro.train.meprop_mlp:run",
    draw="repro.plotting.meprop:draw_fig4",
    algorithms=(
        ("top_k(g): keep the k entries of largest magnitude", "repro.algorithms.meprop:top_k"),
        ("∂L/∂W ← top_k(g) xᵀ and ∂L/∂x ← Wᵀ top_k(g)", "repro.algorithms.meprop:MLP.step"),
    ),
)
