"""Understanding SG, Table 2: final loss with a synthetic gradient minus final loss with backpropagation.

Source: arXiv:1703.00522v1, section 4 and supplement C, Table 2.
"""

from __future__ import annotations

from repro.exhibits.sg.table2.arms import ARMS, CELLS, EXACT, PLAIN, SHAPED, VARIED
from repro.spec import Deviation, Exhibit, Layout, Metric, Param, Profile, because

_SHALLOW, _DEEP = {"deep": (False,), "rate": (None,)}, {"deep": (True,)}
PARAMS = (
    Param(
        "learning_rate",
        3e-5,
        "supplement C",
        "Adam's step size, net and SG alike, shallow models",
        only=_SHALLOW,
    ),
    Param("deep_learning_rate", 3e-5, "supplement C", "the same, deep models", only=_DEEP),
    Param(
        "steps",
        10_000_000,
        "the paper does not say; near convergence at its rate",
        "full-batch steps",
        assumed=True,
    ),
    Param(
        "rate_drops",
        ((0.6, 0.1), (0.8, 0.1)),
        "settles Adam; the paper does not say",
        "(fraction of the steps, factor on the learning rate)",
        assumed=True,
    ),
    Param("deep_layers", 10, "supplement C", "hidden linear layers of the deep models", only=_DEEP),
    Param(
        "width",
        16,
        "the paper does not say; ≥ 2 restricts no linear map to 2 outputs",
        "units a hidden layer",
        only=_DEEP,
        assumed=True,
    ),
    Param(
        "sg_after",
        5,
        "the middle; the paper does not say",
        "layer whose output the SG reads, deep models",
        only=_DEEP,
        assumed=True,
    ),
    Param(
        "sg_scale",
        0.0,
        "the paper does not say; with it SG is 0 at first, as the linear one",
        "d at the start, SG shaped for log loss",
        only={"shape": ("sigmoid",)},
        assumed=True,
    ),
)

_RATES = because(
    "the paper's rate would need millions of steps to converge", learning_rate=1e-2, deep_learning_rate=1e-3
)
_SETS = tuple(range(10))
_SHAPED = tuple(a.id for a in SHAPED)
_FLAT = (*(a.id for a in CELLS if not a.setting["deep"]), *_SHAPED)
_FAR = {
    a.id: because("rate × steps as in the other arms: 100", steps=round(100 / a.setting["rate"]))
    for a in VARIED
}
_PAPERS = (*(a.id for a in (*CELLS, *EXACT)), *_SHAPED, "linear2-3e-05-sample")
PROFILES = (
    Profile(
        "smoke",
        (0, 1),
        overrides={**because("seconds", steps=100), **_RATES},
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        _SETS,
        arms=_FLAT,
        overrides={**because("one core, 30 s", steps=2000), **_RATES},
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        _SETS,
        arms=tuple(a.id for a in PLAIN),
        overrides={**because("60 min on 2 cores", steps=10_000), **_RATES},
        arm_overrides=_FAR,
        together=("*",),
        budget="≤ 60 min on 2 cores, and an hour for rate and target",
    ),
    Profile("paper", _SETS, arms=_PAPERS, together=("*",), budget="a GPU"),
)

DEVIATIONS = (
    Deviation(
        1,
        "learning rate and stopping time",
        "3e-5, steps unknown",
        "1e-2 (deep 1e-3), dropped ÷ 10 at 60 and 80 % of the steps; quick 2,000 and cpu 10,000 full-batch steps",
        "3e-5 needs millions of steps",
        "decides linear2's log-loss gap: 0.042 at 1e-2, 0.032 at 1e-3, 0.016 at 1e-4, 0.011 at the paper's 3e-5, "
        "rate × steps alike (paper: 0.038; ten million steps leave 0.009 on nine data sets, 0.166 on one: see 10); "
        "linear100's 0.09 hardly moves. So T2-2 to T2-4 are judged at the paper's rate. On separable data "
        "backpropagation's loss falls for ever: the gap depends on when one stops; noisy2's is gone by then (0.0017 "
        "after 500 steps, 0.00004 after 1,000): an earlier stop would give the paper's number there (T2-6), but "
        "linear2's is smaller than the paper's at any stop at 3e-5",
    ),
    Deviation(
        2,
        "scale of the SG's target",
        "not stated",
        "gradient of the mean loss: ∂L/∂p divided by the number of samples",
        "what automatic differentiation of a mean loss gives; both scales were tried, and this one was chosen "
        "after seeing that it comes closer to the paper at 1e-2: T2-7 says what that choice gives",
        "decides the size of the log-loss gap: with each sample's own gradient and the settings of cpu linear2 "
        "gives 0.0001 instead of 0.041, and T2-2, T2-3 and T2-7 do not hold (linear100 0.083, noisy100 0.0045). It "
        "decides what an SG of the right shape leaves, too (T2-9, T2-10)",
    ),
    Deviation(
        3, "hidden width of the deep models", "not stated", "16", "restricts no linear map to two outputs"
    ),
    Deviation(4, "place of the SG in the deep models", "not stated", "after hidden layer 5", "the middle"),
    Deviation(
        5, "initial weights", '"proper"', "N(0, 1/fan-in), biases 0; the same for both rules", "not specified"
    ),
    Deviation(
        6,
        "scale of the MSE",
        "not stated",
        "mean over samples of half the squared distance",
        "gaps scale with it",
    ),
    Deviation(
        7,
        "meaning of the gap",
        "caption: to backpropagation; text: to the optimum",
        "to backpropagation",
        "the caption",
        "equal where backpropagation has converged",
    ),
    Deviation(
        8, "batch; Adam's β and ε", "not stated", "all samples; 0.9, 0.999 and 1e-8", "the usual defaults"
    ),
    Deviation(
        9,
        "start of the SG shaped for log loss (T2-9)",
        "not stated: the paper suggests this SG and runs none",
        "d = 0, B and C = 0 and A ~ N(0, 1/fan-in), another for each data set",
        "SG is 0 at first, as the linear one; were A 0 as well, neither A nor d could ever move",
    ),
    Deviation(
        10,
        "precision (paper profile)",
        "not stated",
        "float64 for shallow nets under log loss on separable data, float32 elsewhere",
        "seen after the float32 runs: weights grow to 30 there, and a step of 3e-7 is less than float32 resolves",
        "in float32 nothing moves after eight million steps, and on one of ten data sets the loss rose 25-fold "
        "before (0.166; the same equations in C, float64: 0.005)",
    ),
)

EXHIBIT = Exhibit(
    id="sg/table2",
    title="Final loss with a synthetic gradient minus backpropagation, artificial data",
    place="Table 2 (supplement C)",
    shows="How much worse linear models end when the gradient of their output (or of a hidden layer) comes from a "
    "linear synthetic-gradient module: nothing under MSE, a gap under log loss on separable data. Mean over ten "
    "data sets a cell.",
    asides={
        "T2-1": "tolerance set when these gaps were known",
        "T2-2": "it: the linear SG; at paper linear2 is above noisy100 by 0.0039 [0.0002, 0.0076], 1.9 times and not "
        "8.7, and not surely so without any one of six data sets, in float32, or with samples' targets",
        "T2-3": "linear2's is 4.6 times too small; its direction is T2-2's",
        "T2-5": "tolerance set when these gaps were known",
        "T2-6": "at the paper's rate the shallow model's gap is 0 as well",
        "T2-7": "tolerance set when these gaps were known",
        "T2-8": "at rate × steps = 100; samples' targets: at 1e-2",
        "T2-10": "it: SG(h, y) = d σ(hA) + yB + C",
    },
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric(
            "gap", "nats or squared error", "final loss with SG minus final loss with backpropagation", 0.0
        ),
        Metric("loss_bp", "nats or squared error", "mean training loss, backpropagation", 0.6931),
        Metric("loss_sg", "nats or squared error", "the same, synthetic gradient", 0.6931, at_end=True),
    ),
    profiles=PROFILES,
    table=Layout("gap", digits=5),
    deviations=DEVIATIONS,
    algorithms=(
        (
            "Definition 2: θ_<h ← θ_<h − α SG(h, y) ∂h/∂θ_<h; SG regresses to ∂L/∂h",
            "repro.rules.dni:DNI.consume",
        ),
        ("SG(h, y) = h A + y B + C, L_SG = ‖SG(h, y) − ∂L/∂h‖²", "repro.rules.linear_sg:LinearSG"),
        ("for log loss: SG(h, y) = d σ(h A) + y B + C", "repro.rules.linear_sg:ShapedSG"),
    ),
    group_by=("dim", "deep", "loss", "precision"),
)
