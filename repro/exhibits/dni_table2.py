"""DNI's every-layer table and training curves: FCNs of 3 to 6 layers, MNIST (CIFAR-10 and CNNs declared).

Source: arXiv:1608.05343v2, supplementary Table 2 (v1: Table 1 and the plot beside it); v1 3.1 and A.1.
"""

from __future__ import annotations

from typing import Any

from repro.exhibits.dni_table2_claims import CLAIMS
from repro.exhibits.dni_table2_deviations import DEVIATIONS
from repro.spec import Arm, Exhibit, Metric, Override, Param, Profile

DEPTHS = (3, 4, 5, 6)
DEEP = 21
SERIES = {"no_bprop": "No Bprop", "bprop": "Bprop", "stale": "stale gradients", "dni": "DNI", "cdni": "cDNI"}
REPORTED: dict[
    tuple[str, str], dict[str, tuple[float, ...]]
] = {  # (data, net): rule → error (%) by depth, from 3 layers on
    ("mnist", "fcn"): {
        "no_bprop": (9.3, 12.6, 16.2, 21.4),
        "bprop": (2.0, 1.8, 1.8, 1.8),
        "dni": (1.9, 2.2, 3.4, 4.3),
        "cdni": (2.2, 1.9, 1.7, 1.6),
        "stale": (9.1, 11.8, 15.4, 19.0),
    },
    ("cifar10", "fcn"): {
        "no_bprop": (54.9, 57.2, 59.6, 61.9),
        "bprop": (43.5, 43.0, 41.7, 42.0),
        "dni": (42.5, 45.0, 46.9, 49.7),
        "cdni": (48.5, 45.1, 43.5, 46.8),
    },
    ("mnist", "cnn"): {"no_bprop": (0.9, 2.8), "bprop": (0.8, 0.6), "dni": (0.9, 0.7), "cdni": (1.0, 0.8)},
    ("cifar10", "cnn"): {
        "no_bprop": (28.7, 38.1),
        "bprop": (17.9, 15.7),
        "dni": (19.5, 19.5),
        "cdni": (19.0, 16.4),
    },
}
EXTRA: dict[tuple[str, str], dict[str, Any]] = {
    ("mnist", "fcn"): {},
    ("cifar10", "fcn"): {"dataset": "cifar10"},
    ("mnist", "cnn"): {"net": "cnn"},
    ("cifar10", "cnn"): {"net": "cnn", "dataset": "cifar10"},
}
WIDTHS = {("cifar10", "fcn"): 1000, ("mnist", "cnn"): 64, ("cifar10", "cnn"): 128}  # MNIST's FCN: PARAMS


def _arm(data: str, net: str, rule: str, layers: int, reported: float) -> Arm:
    settings: dict[str, Any] = {"rule": rule, "layers": layers, **EXTRA[data, net]}
    params = {"width": Override(WIDTHS[data, net], "v1 A.1")} if (data, net) in WIDTHS else {}
    if (data, net) == ("cifar10", "fcn") and rule in ("dni", "cdni"):
        params[f"{rule}_sg_hidden"] = Override((4000,), "v1 A.1")
    if rule == "stale":
        settings["decay"] = 0.9
    plain = (data, net) == ("mnist", "fcn")
    name = f"{rule}-{layers}" if plain else f"{data}-{net}-{rule}-{layers}"
    label = f"{SERIES[rule]}, {layers} layers" + ("" if plain else f", {data.upper()} {net.upper()}")
    return Arm(name, label, SERIES[rule], settings, {"test_error": reported}, params)


ARMS = (
    *(
        _arm(data, net, rule, layers, error)
        for (data, net), table in REPORTED.items()
        for rule, errors in table.items()
        for layers, error in enumerate(errors, 3)
    ),
    _arm("mnist", "fcn", "cdni", DEEP, 2.0),
    _arm("mnist", "fcn", "bprop", DEEP, 2.0),
)

PARAMS = (
    Param("width", 256, "v1 A.1", "units in each hidden layer (MNIST)"),
    Param("batch", 256, "v1 A.1", "images in a mini-batch"),
    Param("steps", 500_000, "v1 A.1", "iterations"),
    Param("learning_rate", 3e-5, "v1 A.1", "Adam's step size, for nets and SG models alike"),
    Param(
        "rate_drops",
        ((0.6, 0.1), (0.8, 0.1)),
        "v1 A.1 (÷ 10 at 300k and at 400k of 500k)",
        "(fraction of the steps, factor on the learning rate)",
    ),
    Param("dni_sg_hidden", (1024, 1024), "v1 A.1", "hidden layers of DNI's SG models, linear → BN → ReLU"),
    Param("cdni_sg_hidden", (), "v1 A.1", "hidden layers of cDNI's SG models: none, linear"),
    Param(
        "sg_precision",
        "float32",
        "assumed: the paper does not say",
        "SG models' matrix products",
        ("float32", "bfloat16"),
    ),
    Param("evaluations", 100, "assumed: the curves' resolution", "test errors along a run"),
    Param("hold_out", 0, "assumed: 0; n > 0 tests on the last n training images instead", "images"),
)

_RATE = "a short run; chosen on held-out training images (deviation 2)"
_CPU = "60 min on 2 cores"
_OVERRIDES = {
    "smoke": {
        "steps": Override(20, "seconds"),
        "evaluations": Override(2, "seconds"),
        "width": Override(32, "seconds"),
        "batch": Override(64, "seconds"),
        "dni_sg_hidden": Override((64, 64), "seconds"),
        "learning_rate": Override(1e-3, _RATE),
    },
    "quick": {
        "steps": Override(300, "one core, 30 s"),
        "evaluations": Override(3, "one core, 30 s"),
        "batch": Override(64, "one core, 30 s"),
        "dni_sg_hidden": Override((128, 128), "one core, 30 s"),
        "learning_rate": Override(1e-3, _RATE),
    },
    "cpu": {
        "steps": Override(5000, _CPU),
        "batch": Override(64, f"{_CPU}: more updates for the same work"),
        "evaluations": Override(25, "every 200 steps"),
        "learning_rate": Override(1e-3, _RATE),
    },
}


def _cells(rules: tuple[str, ...], depths: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{rule}-{n}" for rule in rules for n in depths)


_TABLE = _cells(("no_bprop", "bprop", "cdni", "stale", "dni"), DEPTHS)
_DEEP = (f"cdni-{DEEP}", f"bprop-{DEEP}")
_LONGER = {
    "steps": Override(20_000, f"{_CPU}; after 5,000 a net this deep has hardly begun to learn"),
    "learning_rate": Override(1e-4, "1e-3 is too high for a net this deep (deviation 2)"),
}
PROFILES = (
    Profile(
        "smoke",
        (0,),
        "digits",
        arms=("no_bprop-3", "bprop-3", "stale-3", "dni-3", "cdni-3", "dni-4"),
        overrides=_OVERRIDES["smoke"],
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        (0, 1),
        "mnist",
        "digits",
        _cells(("no_bprop", "bprop", "cdni", "dni"), (3, 6)),
        _OVERRIDES["quick"],
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        (0, 1, 2),
        "mnist",
        None,
        (*_TABLE, *_DEEP),
        _OVERRIDES["cpu"],
        arm_overrides=dict.fromkeys(_DEEP, _LONGER),
        budget="≤ 60 min on 2 cores",
    ),
    Profile("paper", (0, 1, 2), "mnist", None, (*_TABLE, *_DEEP), together=("*",), budget="a GPU"),
)

EXHIBIT = Exhibit(
    id="dni/table2",
    title="Every-layer DNI: test error and training curves against depth",
    place="supplementary Table 2 (v1: Table 1 with the plot beside it)",
    shows=(
        "Final test error of nets of 3 to 6 layers when hidden layers get no gradient (No Bprop), "
        "the true one "
        "(Bprop), a synthetic one after every layer (DNI), or one that also sees the label (cDNI); with the "
        "curves over training, the stale-gradient baseline and a 21-layer cDNI net."
    ),
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("test_error", "%", "wrongly classified test images", 90.0),
        Metric("batch_loss", "nats", "cross-entropy of the last training batch", 2.303),
        Metric("sg_loss", "", "‖δ̂ − δ‖² of an example, mean over the batch and a net's SG models"),
    ),
    profiles=PROFILES,
    claims=CLAIMS,
    deviations=DEVIATIONS,
    work="repro.train.fcn:run",
    draw="repro.plotting.dni:draw_table2",
    algorithms=(
        (
            "δ̂_i = M_{i+1}(h_i, y): layer i learns from δ̂_i, M_{i+1} regresses to δ_i",
            "repro.algorithms.dni:dni",
        ),
        ("δ_i through layer i + 1 alone, from what it consumed", "repro.algorithms.backprop:backward"),
        ("L_SG = ‖δ̂_i − δ_i‖², δ_i constant", "repro.algorithms.dni:SyntheticGradients.regress"),
    ),
)
