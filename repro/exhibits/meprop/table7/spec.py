"""meProp Table 7: time of the backward matrix products against k, simple unified top-k. A timing exhibit.

Source: arXiv:1706.06197v5, section 4.8, Table 7 (GeForce GTX 1080, batch 1024, h = 8192).
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Metric, Param, Profile, because

MS = {8: 8.37, 16: 9.16, 32: 11.20, 64: 14.38, 128: 21.28, 256: 38.57, 512: 69.95}  # by k
DENSE_MS = 308.0
HIDDEN = 8192

ARMS = (
    Arm("dense", "dense", "dense", {}, {"backward_ms": DENSE_MS}),
    *(Arm(f"k-{k}", f"k = {k}", "meProp", {"k": k}, {"backward_ms": ms}) for k, ms in MS.items()),
)

PARAMS = (
    Param("batch", 1024, "Table 7", "rows of x and g"),
    Param("hidden", HIDDEN, "Table 7", "output units, of which k are kept"),
    Param("inputs", 8192, "square; the paper does not say", "input units", assumed=True),
    Param("warm_up", 3, "the paper does not say", "repetitions not counted", assumed=True),
    Param("repetitions", 20, "the paper does not say", "repetitions counted; arms take turns", assumed=True),
)

_SMALL = "small, so that a core finishes in seconds"
PROFILES = (
    Profile(
        "smoke",
        (0,),
        overrides=because(_SMALL, batch=32, hidden=512, inputs=64, repetitions=3, warm_up=1),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        (0,),
        overrides=because(_SMALL, batch=256, hidden=2048, inputs=2048),
        budget="≤ 30 s on one core",
    ),
    Profile("cpu", (0,), budget="≤ 5 min on 2 cores: the paper's sizes"),
    Profile("paper", (0,), overrides=because("a GPU is quick", repetitions=100), budget="a GPU"),
)

DEVIATIONS = (
    Deviation(
        1,
        "device",
        "GeForce GTX 1080",
        "the record's own, named there",
        "no such card",
        "absolute times differ",
    ),
    Deviation(
        2,
        "input dimension",
        "not stated",
        "8192 (square)",
        "the paper does not say",
        "scales all times alike",
    ),
    Deviation(
        3,
        "what one time covers",
        "not stated (308 ms is too slow for one product on that card)",
        "one backward pass: selection, gathering, both products, zero-filling and writing ∂L/∂W",
        "the paper does not say",
        "absolute times differ; ratios comparable",
    ),
    Deviation(
        4,
        "weight layout",
        "in × out (public code)",
        "out × in, so that the k columns of W are contiguous",
        "faster gathering",
        "T7-1 and T7-2 are conditional on it on a CPU: in × out gave 9.5x at k = 8 and times that do not rise with k",
    ),
)

EXHIBIT = Exhibit(
    id="meprop/table7",
    title="Time of the backward products against k (simple unified top-k)",
    place="Table 7",
    shows="Milliseconds of ∂L/∂W and ∂L/∂x of one large linear map when only the k output columns of largest "
    "gradient are used, against the dense products: the gain shrinks as k grows and saturates for small k.",
    kind="timing",
    params=PARAMS,
    arms=ARMS,
    metrics=(Metric("backward_ms", "ms", "one backward pass through the map; index is the repetition", 1.0),),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        (
            "∂L/∂W ← g_kᵀ x, ∂L/∂x ← g_k W_kᵀ with the k columns of largest Σ_B |g|",
            "repro.kernels.topk:unified_backward",
        ),
    ),
    group_by=(),
    jointly=True,
    alone=True,
)
