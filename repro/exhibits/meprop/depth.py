"""What meProp's Tables 5 and 6 share: accuracy of deeper nets with dropout. Arms, parameters, metrics, deviations.

Source: arXiv:1706.06197v5, section 4, Tables 5 and 6.
"""

from __future__ import annotations

from repro.exhibits.meprop.fig4.spec import EXHIBIT as FIG4
from repro.spec import Arm, Deviation, Param

NAMES = {  # rule → label, series
    "dense": ("MLP, dense", "MLP"),
    "top": ("meProp, a pattern of each example's own", "meProp top-k"),
    "unified": ("meProp, one pattern a mini-batch", "meProp unified"),
    "random": ("entries by lot", "meProp random-k"),
    "unified_random": ("one pattern a mini-batch, by lot", "meProp random-k"),
}
METRICS = FIG4.metrics


def arm(rule: str, layers: int, percent: int | None = None, told: float | None = None) -> Arm:
    """An arm: `layers` hidden ones, k = `percent` of their units (None: all); `told`, the paper's accuracy."""
    label, series = NAMES[rule]
    setting = {"rule": rule, "layers": layers, **({} if percent is None else {"percent": percent})}
    numbers = {} if told is None else {"test_accuracy": told}
    k = "" if percent is None else f", k = {percent} % of h"
    return Arm(f"{rule}-{layers}", f"{label}{k}, {layers} hidden layers", series, setting, numbers)


def params(*own: Param, rules: tuple[str, ...]) -> tuple[Param, ...]:
    """`own`, and what both tables have in common with Figure 4; `rules`: those that keep k entries."""
    shared = ("learning_rate", "adam_eps", "epochs", "max_steps", "dev_images")
    output = Param(
        "sparsify_output",
        True,
        "section 4.1, output layer (the public code does not)",
        "top-k at the output layer too; no matter where k is 10 or more",
        only={"rule": rules},
    )
    return (*own, *(FIG4.param(name) for name in shared), output)


DROPOUT = Deviation(
    1,
    "where and how units are dropped",
    "not stated (public PyTorch code: behind each hidden ReLU, inverted; public C# v0.1.0: kept units are not "
    "rescaled, their gradients are)",
    "behind each hidden ReLU, inverted: kept units × 1 / (1 − p) in training, all of them as they are in tests; arms "
    "with a seed lose the same units at the same step",
    "the usual dropout",
    "at p = 0.1 the C# code's activations are a tenth smaller in training than in tests",
)
BIAS = Deviation(4, "bias gradient", "no biases in the equations", "dense", "the public code")
OUTPUT = Deviation(
    5,
    "output layer",
    "text: the same k; public code: never",
    "the same k, of which its 10 units are all kept",
    "the text is what is reproduced",
    "none where k is 10 or more",
)
