"""Understanding SG, Table 2: final loss with a synthetic gradient minus final loss with backpropagation.

Source: arXiv:1703.00522v1, section 4 and supplement C, Table 2.
"""

from __future__ import annotations

from repro.exhibits.sg_table2_claims import CLAIMS, DEVIATIONS
from repro.spec import Arm, Exhibit, Metric, Override, Param, Profile

REPORTED = {  # (data, dim, deep): (MSE gap, log-loss gap)
    ("linear", 2, False): (0.00000, 0.03842),
    ("linear", 100, False): (0.00002, 0.08554),
    ("noisy", 2, False): (0.00000, 0.00036),
    ("noisy", 100, False): (0.00002, 0.00442),
    ("random", 2, False): (0.00000, 0.00000),
    ("random", 100, False): (0.00004, 0.00003),
    ("noisy", 2, True): (0.00000, 0.00000),
    ("noisy", 100, True): (0.00001, 0.00293),
    ("random", 2, True): (0.00000, 0.00000),
    ("random", 100, True): (0.00001, 0.00004),
}


def _arm(data: str, dim: int, deep: bool, loss: str, gap: float) -> Arm:
    depth = "deep" if deep else "shallow"
    name = {"mse": "MSE", "log": "log loss"}[loss]
    settings = {"data": data, "dim": dim, "deep": deep, "loss": loss}
    return Arm(f"{data}{dim}-{depth}-{loss}", f"{data}{dim}, {depth}", name, settings, {"gap": gap})


ARMS = tuple(
    _arm(*cell, loss, REPORTED[cell][i]) for i, loss in enumerate(("mse", "log")) for cell in REPORTED
)

PARAMS = (
    Param("learning_rate", 3e-5, "supplement C", "Adam's step size, net and SG alike, shallow models"),
    Param("deep_learning_rate", 3e-5, "supplement C", "the same, deep models"),
    Param(
        "steps",
        10_000_000,
        "assumed: the paper does not say; near convergence at its rate",
        "full-batch steps",
    ),
    Param(
        "rate_drops",
        ((0.6, 0.1), (0.8, 0.1)),
        "assumed: settles Adam; the paper does not say",
        "(fraction of the steps, factor on the learning rate)",
    ),
    Param("deep_layers", 10, "supplement C", "hidden linear layers of the deep models"),
    Param(
        "width",
        16,
        "assumed: the paper does not say; ≥ 2 restricts no linear map to 2 outputs",
        "units a hidden layer",
    ),
    Param(
        "sg_after",
        5,
        "assumed: the middle; the paper does not say",
        "layer whose output the SG reads, deep models",
    ),
)

_LONG = "the paper's rate would need millions of steps to converge"
PROFILES = (
    Profile(
        "smoke",
        (0, 1),
        overrides={
            "steps": Override(100, "seconds"),
            "learning_rate": Override(1e-2, _LONG),
            "deep_learning_rate": Override(1e-3, _LONG),
        },
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        tuple(range(10)),
        arms=tuple(a.id for a in ARMS if "deep" not in a.id),
        overrides={
            "steps": Override(2000, "one core, 30 s"),
            "learning_rate": Override(1e-2, _LONG),
            "deep_learning_rate": Override(1e-3, _LONG),
        },
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        tuple(range(10)),
        overrides={
            "steps": Override(10_000, "60 min on 2 cores"),
            "learning_rate": Override(1e-2, _LONG),
            "deep_learning_rate": Override(1e-3, _LONG),
        },
        together=("*",),
        budget="≤ 60 min on 2 cores",
    ),
    Profile("paper", tuple(range(10)), together=("*",), budget="a GPU"),
)

EXHIBIT = Exhibit(
    id="sg/table2",
    title="Final loss with a synthetic gradient minus backpropagation, artificial data",
    place="Table 2 (supplement C)",
    shows=(
        "How much worse linear models end when the gradient of their output (or of a hidden layer) "
        "comes from a "
        "linear synthetic-gradient module: nothing under MSE, a gap under log loss on separable data. "
        "Mean over ten data sets a cell."
    ),
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric(
            "gap", "nats or squared error", "final loss with SG minus final loss with backpropagation", 0.0
        ),
        Metric("loss_bp", "nats or squared error", "mean training loss, backpropagation", 0.6931),
        Metric("loss_sg", "nats or squared error", "mean training loss, synthetic gradient", 0.6931),
    ),
    profiles=PROFILES,
    claims=CLAIMS,
    deviations=DEVIATIONS,
    work="repro.train.artificial:run",
    draw="repro.plotting.sg:draw_table2",
    algorithms=(
        (
            "Definition 2: θ_<h ← θ_<h − α SG(h, y) ∂h/∂θ_<h; SG regresses to ∂L/∂h",
            "repro.algorithms.linear_sg:sg_step",
        ),
        ("SG(h, y) = h A + y B + C, L_SG = ‖SG(h, y) − ∂L/∂h‖²", "repro.algorithms.linear_sg:LinearSG"),
    ),
    group_by=("dim", "deep", "loss"),
)
