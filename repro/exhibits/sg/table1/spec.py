"""Understanding SG, Table 1: SG, SG + prop, backpropagation, DFA, FA and Kickback as one framework.

Source: arXiv:1703.00522v1, section 6 and Table 1. The paper's table holds no data: it is generated here from the
rules' code, and each rule trains a small net on MNIST besides.
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Metric, Param, Profile, because

SERIES = {
    "sg": "SG",
    "sg_prop": "SG + prop",
    "bprop": "Bprop",
    "dfa": "DFA",
    "fa": "FA",
    "kickback": "Kickback",
    "prop": "∂L_SG/∂h alone",
    "frozen": "hidden layers frozen",
}
COLUMNS = tuple(SERIES)[:6]
_MODELS = ("sg", "sg_prop", "prop")
LOSSES = {"log": "softmax log loss", "mse": "MSE"}


def _arm(rule: str, loss: str = "log") -> Arm:
    name = rule.replace("_", "-") + ("" if loss == "log" else f"-{loss}")
    return Arm(name, f"{SERIES[rule]}, {LOSSES[loss]}", SERIES[rule], {"rule": rule, "loss": loss})


ARMS = (
    *(_arm(rule) for rule in SERIES),
    *(_arm(rule, "mse") for rule in ("bprop", "dfa", "kickback", "frozen")),
)


def _ours(name: str, value: float, why: str, doc: str, rules: tuple[str, ...] = ()) -> Param:
    return Param(name, value, why, doc, only={"rule": rules} if rules else {}, assumed=True)


PARAMS = (
    _ours(
        "layers", 3, "small; Table 1 has no data", "hidden layers of rectified linear units, no batch norm"
    ),
    Param("width", 512, "supplement C", "units in each hidden layer"),
    _ours("batch", 100, "as in the other MNIST exhibits", "images in a mini-batch"),
    _ours("steps", 20_000, "Table 1 has no data", "iterations"),
    Param("learning_rate", 3e-5, "supplement C", "Adam's, for nets and synthetic gradients alike"),
    _ours("sg_after", 2, "between two hidden layers; not stated", "layer after which the SG stands", _MODELS),
    _ours("alpha", 1.0, "not stated", "weight of ∂L_SG/∂h", _MODELS[1:]),
    _ours("evaluations", 20, "along a run", "times at which accuracy is measured"),
    _ours("eval_images", 60_000, "all of them", "training images on which accuracy is measured"),
)

SEEDS = (100, 101, 102)
_FAST = because("a fifth of the steps or less", learning_rate=1e-3)
PROFILES = (
    Profile(
        "smoke",
        SEEDS[:1],
        "digits",
        arms=("sg", "sg-prop", "fa", "kickback-mse"),
        overrides=_FAST | because("seconds", steps=10, evaluations=2, width=16, batch=20, eval_images=200),
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        SEEDS,
        "mnist",
        "mnist5k",
        (*(a.id for a in ARMS[:8]), "kickback-mse"),
        overrides=_FAST | because("30 s on one core", steps=400, evaluations=4, width=64, eval_images=1000),
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        SEEDS,
        "mnist",
        overrides=_FAST | because("15 min on one core", steps=1500, width=128, eval_images=5000),
        together=("*",),
        budget="≤ 15 min on one core",
    ),
    Profile("paper", SEEDS, "mnist", together=("*",), budget="an hour on one core, or a GPU"),
)

DEVIATIONS = (
    Deviation(
        1,
        "training",
        "none: Table 1 is conceptual",
        "nets of 3 hidden layers on MNIST; cpu: 128 units, 1,500 steps at 1e-3, quick: 64 units, 400 steps",
        "a rule that is written down should also be seen to run",
    ),
    Deviation(
        2,
        "feedback matrices A",
        "fixed and random; distribution not stated",
        "DFA N(0, 1/width), FA N(0, 1/fan-in)",
        "the size of W's own",
        "Adam does not see the size of a gradient",
    ),
    Deviation(
        3,
        "weight of ∂L_SG/∂h in SG + prop",
        "α, not stated",
        "1, L_SG of each example's own gradient",
        "the plainest",
    ),
    Deviation(
        4,
        "locks of SG + prop",
        "yes*: with several SGs it is locked to the next one alone",
        "asked of a net with one SG: locked",
        "with one there is no next",
    ),
    Deviation(
        5,
        "loss",
        "not stated",
        "softmax log loss, and MSE besides",
        "softmax errors sum to 0, so that Kickback's surrogate is 0: see T1-5",
    ),
    Deviation(
        6,
        "problems of footnote 5",
        '"the simple classification problems considered", artificial ones',
        "MNIST; T1-3 is judged nowhere and shows what it indicates here",
        "no artificial problem is run; before, a gate that no record could pass left it open and hid the indication: "
        "changed after the records were seen",
        "∂L_SG/∂h alone begins well on MNIST and ends below frozen hidden layers",
    ),
)

EXHIBIT = Exhibit(
    id="sg/table1",
    title="Six learning rules as one framework",
    place="Table 1 (section 6)",
    shows="What the layers below h use as ∂L/∂h under SG, SG + prop, backpropagation, DFA, FA and Kickback, each as "
    "the gradient of a loss of a module on h; what waits for what; both asked of the rules' code. And how a small "
    "net does on MNIST under each of them.",
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("train_accuracy", "%", "training images classified rightly", 10.0, lower_is_better=False),
        Metric("identity", "", "surrogate used − by autograd of L_SG, relative; index: layer", 1.0),
        Metric("cell", "", "1: yes, 0: no; index: the row of Table 1", 0.0),
        Metric("cosine", "", "of the surrogate and ∂L/∂h; index: layer", 0.0, lower_is_better=False),
        Metric("surrogate_size", "", "‖surrogate‖/‖∂L/∂h‖; index: layer", None),
    ),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        ("∂L̂/∂h from s, t and L_SG(t, s)", "repro.rules.unified:surrogate"),
        ("waits for what", "repro.rules.unified:locks"),
        ("(∂L/∂p) Aᵀ", "repro.rules.feedback:DFA.consume"),
        ("SG(h, y) + α ∂L_SG/∂h", "repro.rules.unified:Propagated.consume"),
    ),
    asides={
        "T1-5": "in float32 Adam takes full steps along the rounding errors of that 0; in float64, at the size of "
        "cpu, Kickback and frozen layers end alike"
    },
)
