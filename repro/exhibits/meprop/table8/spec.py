"""meProp Table 8: time of the whole backward pass of an MLP with h = 8192 against k, simple unified top-k. Timing.

Source: arXiv:1706.06197v5, section 4.8, Table 8 (MNIST on a GeForce GTX 1080, h = 8192).
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Metric, Param, Profile, because

MS = {8: 1501.5, 16: 1542.8, 32: 1656.9, 64: 1828.3, 128: 2200.0, 256: 3149.6, 512: 4874.1}  # by k
DENSE_MS = 17696.2
HIDDEN = 8192
PRECISIONS = {"float32": "", "tf32": "tf32-"}


def _arm(k: int | None, precision: str) -> Arm:
    own, words = ("dense", "MLP, dense") if k is None else (f"k-{k}", f"k = {k}")
    ms = DENSE_MS if k is None else MS[k]
    return Arm(
        PRECISIONS[precision] + own,
        words + f", {precision}" * (precision != "float32"),
        "dense" if k is None else "meProp",
        {"precision": precision, **({} if k is None else {"k": k})},
        {"overall_ms": ms} if precision == "float32" else {},
    )


ARMS = tuple(_arm(k, precision) for precision in PRECISIONS for k in (None, *MS))
_ANYWHERE = tuple(a.id for a in ARMS if a.setting["precision"] == "float32")

PARAMS = (
    Param("hidden", HIDDEN, "Table 8", "units in each hidden layer"),
    Param(
        "hidden_layers", 2, "the paper does not say here; section 4 for MNIST", "hidden layers", assumed=True
    ),
    Param("inputs", 784, "section 4 (MNIST)", "input units"),
    Param(
        "batch",
        50,
        "the public code's default; the paper does not say",
        "images in a mini-batch",
        assumed=True,
    ),
    Param("warm_up", 3, "the paper does not say", "repetitions not counted", assumed=True),
    Param("repetitions", 20, "the paper does not say", "repetitions counted; arms take turns", assumed=True),
)

_SMALL = "small, so that a core finishes in seconds"
PROFILES = (
    Profile(
        "smoke",
        (0,),
        arms=_ANYWHERE,
        overrides=because(_SMALL, batch=8, hidden=512, inputs=16, repetitions=3, warm_up=1),
        budget="≤ 15 s",
    ),
    Profile(
        "quick", (0,), arms=_ANYWHERE, overrides=because(_SMALL, hidden=2048), budget="≤ 30 s on one core"
    ),
    Profile("cpu", (0,), arms=_ANYWHERE, budget="≤ 1 min on 2 cores: the paper's sizes, float32"),
    Profile("paper", (0,), overrides=because("a GPU is quick", repetitions=100), budget="a GPU: ten seconds"),
)

DEVIATIONS = (
    Deviation(
        1,
        "device",
        "GeForce GTX 1080",
        "the record's own, named there and in every verdict",
        "no such card",
        "absolute times differ",
    ),
    Deviation(
        2,
        "what one time covers",
        "not stated; very likely an epoch (17.7 s), which is 16 ms a batch of 50",
        "one backward pass: from ∂L/∂logits to all weight and bias gradients, without optimiser and forward pass",
        "an epoch is 1,100 such passes",
        "absolute times are 1,100 times smaller; ratios comparable",
    ),
    Deviation(
        3,
        "data",
        "MNIST",
        "random images and gradients: a dense pass takes as long whatever they are",
        "needs no data set",
        "none on time",
    ),
    Deviation(4, "output layer", "not stated here (public code: dense)", "dense", "k exceeds its 10 units"),
    Deviation(
        5,
        "weight layout",
        "not stated (public code: in × out)",
        "out × in",
        "contiguous rows; Table 7 times both",
        "see meprop/table7",
    ),
    Deviation(
        6,
        "how a GPU is timed",
        "not stated (public code: events around loss.backward())",
        "claims: events around calls from Python, launches included, L2 flushed before; beside it a captured graph",
        "as the public code",
        "at small k launches cost about as much as the kernels; arms took turns in a fixed cycle then, as in table7",
    ),
)

EXHIBIT = Exhibit(
    id="meprop/table8",
    title="Time of an MLP's whole backward pass against k (simple unified top-k)",
    place="Table 8",
    shows="Milliseconds of the whole backward pass of a 784-8192-8192-10 MLP when only the k columns of largest "
    "gradient are used in the hidden layers, against the dense pass: a smaller gain than that of the products alone.",
    kind="timing",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("overall_ms", "ms", "one whole backward pass, called from Python; index: repetition", 1.0),
        Metric(
            "captured_ms", "ms", "the same pass as a captured CUDA graph (on a GPU); index: repetition", 1.0
        ),
    ),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(("the whole backward pass", "repro.exhibits.meprop.table8.work:Pass"),),
    group_by=(),
    jointly=True,
    alone=True,
)
