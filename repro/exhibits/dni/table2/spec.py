"""DNI's every-layer table and training curves: FCNs of 3 to 6 layers, MNIST (CIFAR-10 and CNNs declared).

Source: arXiv:1608.05343v2, supplementary Table 2 (v1: Table 1 and the plot beside it); v1 3.1 and A.1.
"""

from __future__ import annotations

from typing import Any

from repro.exhibits.dni import feedforward
from repro.spec import Arm, Deviation, Exhibit, Layout, Override, Profile, because

DEPTHS, DEEP = (3, 4, 5, 6), 21
SERIES = {"no_bprop": "No Bprop", "bprop": "Bprop", "stale": "stale gradients", "dni": "DNI", "cdni": "cDNI"}
REPORTED: dict[tuple[str, str, str], tuple[float, ...]] = {  # data, net, rule: error (%) from 3 layers on
    ("mnist", "fcn", "no_bprop"): (9.3, 12.6, 16.2, 21.4),
    ("mnist", "fcn", "bprop"): (2.0, 1.8, 1.8, 1.8),
    ("mnist", "fcn", "dni"): (1.9, 2.2, 3.4, 4.3),
    ("mnist", "fcn", "cdni"): (2.2, 1.9, 1.7, 1.6),
    ("mnist", "fcn", "stale"): (9.1, 11.8, 15.4, 19.0),
    ("cifar10", "fcn", "no_bprop"): (54.9, 57.2, 59.6, 61.9),
    ("cifar10", "fcn", "bprop"): (43.5, 43.0, 41.7, 42.0),
    ("cifar10", "fcn", "dni"): (42.5, 45.0, 46.9, 49.7),
    ("cifar10", "fcn", "cdni"): (48.5, 45.1, 43.5, 46.8),
    ("mnist", "cnn", "no_bprop"): (0.9, 2.8),
    ("mnist", "cnn", "bprop"): (0.8, 0.6),
    ("mnist", "cnn", "dni"): (0.9, 0.7),
    ("mnist", "cnn", "cdni"): (1.0, 0.8),
    ("cifar10", "cnn", "no_bprop"): (28.7, 38.1),
    ("cifar10", "cnn", "bprop"): (17.9, 15.7),
    ("cifar10", "cnn", "dni"): (19.5, 19.5),
    ("cifar10", "cnn", "cdni"): (19.0, 16.4),
}
WIDTHS = {("cifar10", "fcn"): 1000, ("mnist", "cnn"): 64, ("cifar10", "cnn"): 128}  # MNIST's FCN: 256


def _arm(data: str, net: str, rule: str, layers: int, reported: float) -> Arm:
    setting: dict[str, Any] = {"rule": rule, "layers": layers}
    setting |= {"net": net} if net != "fcn" else {}
    setting |= {"decay": 0.9} if rule == "stale" else {}
    params = because("v1 A.1", width=WIDTHS[data, net]) if (data, net) in WIDTHS else {}
    if (data, net) == ("cifar10", "fcn") and rule in ("dni", "cdni"):
        params[f"{rule}_sg_hidden"] = Override((4000,), "v1 A.1")
    if (net, rule) == ("cnn", "dni"):
        params["dni_sg_hidden"] = Override((WIDTHS[data, net],) * 2, "v1 A.1")
    plain = (data, net) == ("mnist", "fcn")
    name = f"{rule}-{layers}" if plain else f"{data}-{net}-{rule}-{layers}"
    label = f"{SERIES[rule]}, {layers} layers" + ("" if plain else f", {data.upper()} {net.upper()}")
    own = None if data == "mnist" else data
    return Arm(name, label, SERIES[rule], setting, {"test_error": reported}, params, own)


ARMS = (
    *(_arm(*cell, layers, e) for cell, errors in REPORTED.items() for layers, e in enumerate(errors, 3)),
    _arm("mnist", "fcn", "cdni", DEEP, 2.0),
    _arm("mnist", "fcn", "bprop", DEEP, 2.0),
)


def _cells(*rules: str, depths: tuple[int, ...] = DEPTHS) -> tuple[str, ...]:
    return tuple(f"{rule}-{n}" for rule in rules for n in depths)


_ALL = (*_cells("no_bprop", "bprop", "cdni", "stale", "dni"), *_cells("cdni", "bprop", depths=(DEEP,)))
_CONV = ("mnist-cnn-cdni-4", "mnist-cnn-dni-4")
_FEW = (*_cells("no_bprop", "bprop", "stale", "dni", "cdni", depths=(3,)), "dni-4", *_CONV)
_SHALLOW = _cells("no_bprop", "bprop", "cdni", "dni", depths=(3, 4))

RATES = {  # cpu: rule → the best of the rates first searched, for 3, 4, 5, 6 and 21 layers (deviation 2)
    "no_bprop": (1e-3, 1e-3, 1e-3, 1e-3),
    "bprop": (1e-3, 1e-3, 1e-3, 1e-3, 1e-3),
    "stale": (3e-4, 3e-4, 3e-4, 3e-4),
    "dni": (1e-4, 1e-4, 1e-4, 3e-5),
    "cdni": (1e-3, 1e-3, 1e-3, 3e-4, 1e-4),
}
_FOUND = "of the rates first searched the best on held-out images (deviation 2)"
_OWN = {
    f"{rule}-{n}": because(_FOUND, learning_rate=rate)
    for rule, rates in RATES.items()
    for n, rate in zip((*DEPTHS, DEEP), rates, strict=False)
}
_RATE = because("a short run", learning_rate=1e-3)
_SMOKE = because("seconds", steps=20, evaluations=2, width=32, batch=64, dni_sg_hidden=(64, 64)) | _RATE
_LITTLE = because("convolutions cost more", width=8, batch=16, steps=6)
_SMALL = {_CONV[0]: _LITTLE, _CONV[1]: _LITTLE | because("convolutions cost more", dni_sg_hidden=(8, 8))}
_QUICK = because("one core, 30 s", steps=600, evaluations=2, batch=64, dni_sg_hidden=(128, 128)) | _RATE
_QUICK_DNI = because("1e-3 is too high for DNI (deviation 2)", learning_rate=3e-4)
_SHORT = {
    **because("some hours of 2 cores, or minutes of a GPU", steps=40_000),
    **because("more updates for the same work", batch=64),
    **because("every 1,000 steps", evaluations=40),
}
_TF32 = because(
    "a GPU's matrix units; effect measured by a float32 run of dni-3 (deviation 12)", sg_precision="tf32"
)
PROFILES = (
    Profile("smoke", (0,), "digits", None, _FEW, _SMOKE, _SMALL, together=("*",), budget="≤ 15 s"),
    Profile(
        "quick",
        (0, 1),
        "mnist",
        "mnist5k",
        _SHALLOW,
        _QUICK,
        dict.fromkeys(_cells("dni", depths=(3, 4)), _QUICK_DNI),
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        (0, 1, 2),
        "mnist",
        None,
        _ALL,
        _SHORT,
        _OWN,
        together=("*",),
        apart_on_cpu=_ALL,
        budget="a night on 2 cores, minutes on a GPU",
    ),
    Profile(
        "paper",
        (0, 1, 2),
        "mnist",
        None,
        _ALL,
        arm_overrides=dict.fromkeys(_cells("dni"), _TF32),
        together=("*",),
        budget="a GPU",
    ),
)

DEVIATIONS = (
    Deviation(
        1,
        "length of training (cpu, quick)",
        "500k iterations of 256 images",
        "cpu: 40,000 iterations of 64 images, 2 % of the paper's images; quick: 600 of 64",
        "2 cores",
        "at 40,000 DNI is at 2.4 to 5.1 % where the paper has 1.9 to 4.3, Bprop at 1.3 to 1.4 (paper: 1.8 to 2.0); "
        "an earlier cpu record (5,000 of 64 at 1e-3) had DNI at 5.5 to 17.4 %, mostly for its rate (deviation 2)",
    ),
    Deviation(
        2,
        "learning rate (cpu, quick)",
        "3e-5",
        "cpu: each rule and depth the best of 1e-4, 3e-4 and 1e-3, DNI of 1e-5 and 3e-5 too; "
        "quick: 1e-3, DNI 3e-4; dropped as in the paper",
        "the schedule is 12.5 times shorter. Every rule and depth was searched over these three at cpu's length, "
        "seed 100, error on the last 5,000 training images, never on the test set (docs/searches/dni-table2.csv). "
        "DNI's best rate lay at the lower edge, so it went on to 3e-5 and 1e-5, and 3e-5 was better at 6 layers",
        "large for DNI: 4.1, 13.2, 26.8 and 25.1 % at 1e-3 where its own rates give 1.9, 2.4, 3.2 and 3.9. The "
        "others' best lay at or near the upper edge; 3e-3, searched after the record at 3 to 6 layers, gives 0.16 "
        "points more to 0.14 fewer than the rate used. cDNI's 1.12 becomes 0.98 at 6 layers: more than D2-6's "
        "gap, on one seed. 3e-3 is the edge for Bprop and cDNI at 3 layers and cDNI at 6 now. At 21 layers cDNI's "
        "best is the lowest of three rates and Bprop's the highest: D2-9's verdict may be the rate's",
    ),
    *feedforward.DEVIATIONS,
    Deviation(10, "seeds", "one run a cell, no spread", "3 seeds; no claim rests on one", "an error bar"),
    Deviation(11, "CIFAR-10 and CNN cells", "32 cells", "declared, not yet run", "a GPU is needed"),
    Deviation(
        12,
        "precision of DNI's SG models (paper profile)",
        "not stated",
        "TF32 products on a GPU, float32 elsewhere and in the nets",
        "a GPU's matrix units",
        "not measured yet: a float32 run of dni-3 will",
    ),
    feedforward.CONVOLUTIONS,
)

EXHIBIT = Exhibit(
    id="dni/table2",
    title="Every-layer DNI: test error and training curves against depth",
    place="supplementary Table 2 (v1: Table 1 with the plot beside it)",
    read="in v1's Table 1, and off its plot (± 0.1 points); v2's supplement was not seen",
    shows="Final test error of nets of 3 to 6 layers when hidden layers get no gradient (No Bprop), the true one "
    "(Bprop), a synthetic one after every layer (DNI), or one that also sees the label (cDNI); with the curves "
    "over training, the stale-gradient baseline and a 21-layer cDNI net.",
    asides={
        "D2-2": "that: of nets without gradients between layers",
        "D2-6": "hangs on the rates, each depth its own: deviation 2",
        "D2-7": "the label alone was not tried; sg/control tries it with one SG",
        "D2-9": "cDNI's rate is the lowest of three searched, none beyond them was tried",
        "D2-12": "at the paper's 500,000 steps cDNI leads in all four pairs so far",
        "D2-13": "cDNI's order against Bprop is D2-12's",
    },
    kind="training",
    params=(*feedforward.PARAMS, *feedforward.CNN_PARAMS),
    arms=ARMS,
    metrics=feedforward.METRICS,
    profiles=PROFILES,
    table=Layout("test_error", ("dataset", "net", "layers"), {"dataset": "mnist", "net": "fcn"}),
    algorithms=feedforward.ALGORITHMS,
    deviations=DEVIATIONS,
)
