"""Understanding SG's theory: Propositions 1 and 2, Corollary 1 and Theorem 1, run on random problems.

Source: arXiv:1703.00522v1, section 3 and supplement B. Analytic: float64, no data; the seed draws the problems.
"""

from __future__ import annotations

from repro.spec import Arm, Deviation, Exhibit, Metric, Param, Profile, because

DELTAS = (0.9, 0.5, 0.1)
ARMS = (
    Arm("p1-mse", "P1: exact SG of a deep linear net", "P1", {"statement": "P1", "loss": "mse"}),
    Arm("p1-log", "P1: best linear SG under log loss", "P1", {"statement": "P1", "loss": "log"}),
    *(
        Arm(f"p2-{d:g}", f"P2: errors of δ = {d:g}", "P2", {"statement": "P2", "delta": d})
        for d in (*DELTAS, -0.1)
    ),
    Arm("c1-corrected", "C1: the gate, sign corrected", "C1", {"statement": "C1", "gate": "corrected"}),
    Arm("c1-printed", "C1: the gate as printed", "C1", {"statement": "C1", "gate": "printed"}),
    Arm("t1-printed", "T1: the rate as printed", "T1", {"statement": "T1", "bound": "printed"}),
    Arm("t1-corrected", "T1: what the proof needs", "T1", {"statement": "T1", "bound": "corrected"}),
    Arm("t1-halved", "T1: halved until nothing rises", "T1", {"statement": "T1", "bound": "halved"}),
)
_WHY, _LONG = "a proof needs none", "long enough to arrive"
PARAMS = (
    Param("problems", 100, _WHY, "random problems of T1", assumed=True),
    Param("nets", 20, _WHY, "random problems of P1, P2 and C1", assumed=True),
    Param("rate", 0.05, "small enough for all", "of gradient descent in P2 and C1", assumed=True),
    Param("descent_steps", 1500, _LONG, "iterations of P2", assumed=True),
    Param("gate_steps", 3000, _LONG, "iterations of C1", assumed=True),
    Param("regression_steps", 5000, _LONG, "iterations of T1", assumed=True),
)
_FEW = because("seconds", problems=3, nets=3, descent_steps=60, gate_steps=60, regression_steps=60)
PROFILES = (
    Profile("smoke", (100,), overrides=_FEW, together=("*",), budget="seconds"),
    Profile(
        "quick",
        (100,),
        overrides=because("half a minute", problems=20, nets=10),
        together=("*",),
        budget="≤ 30 s",
    ),
    Profile("cpu", (100,), together=("*",), budget="a minute"),
    Profile("paper", (100,), together=("*",), budget="a minute"),
)

DEVIATIONS = (
    Deviation(
        1,
        "Theorem 1, bound on the rate",
        "min{b/‖B‖², 1 − ratio/2}, ratio = ‖Aᵀξ‖⁴/(‖AAᵀξ‖²‖ξ‖²)",
        "beside it min{b/‖B‖², ratio/(2‖B‖)}, which the proof's argument needs",
        "the printed term has lost ‖B‖ and stands on the wrong side of 1",
        "both converge; with the printed one ‖f‖ + ‖ξ‖ rises on the way, which the proof excludes",
    ),
    Deviation(
        2,
        "Theorem 1, the next ξ",
        "A_k ω_{k+1}",
        "A_{k+1} ω_{k+1}; the paper's beside it",
        "W moves as well, so A is another one at the next iteration",
        "even the corrected bound lets it rise in 3 problems of 100 (cpu); a smaller rate helps (arm t1-halved)",
    ),
    Deviation(
        3,
        "Corollary 1, sign of the rate",
        "μ = ε max(0, ‖e‖ − ‖∂L/∂θ‖/(3‖∂h/∂θ‖))",
        "μ = ε max(0, ‖∂L/∂θ‖/(3‖∂h/∂θ‖) − ‖e‖); the printed one beside it",
        "as printed the net moves when its SG is bad and rests when it is good, against the corollary's condition",
        "as printed it stands still far from the solution in 18 of 20 problems (cpu); 2 arrive",
    ),
    Deviation(
        4,
        "Corollary 1, ε",
        "not stated",
        "one for each iteration: the rate is 0.05 max(0, 1 − r), r = ‖e‖‖∂h/∂θ‖ over the error that is allowed",
        "with a constant ε rates would vanish with the gradient",
    ),
    Deviation(
        5,
        "problems",
        "none",
        "P1: 3 layers at random parameters, and regression at its optimum; P2, C1: nets of 3 layers, 8 units, white "
        "inputs, in P2 with the lowest layer alone learning; T1: 2 inputs and a constant, 40 examples",
        "a statement about all problems is tried on random ones",
        "white inputs reach each direction of the weights, so that the worst error can be built",
    ),
    Deviation(
        6,
        "seed and sizes",
        "none",
        "seed 100; sizes and lengths were chosen by looking at problems of seeds 900 and 901",
        "long enough to arrive",
    ),
)

EXHIBIT = Exhibit(
    id="sg/theory",
    title="The theory of synthetic gradients, run on random problems",
    place="Section 3 and supplement B (Propositions 1, 2, Corollary 1, Theorem 1)",
    shows="Which linear SG is the exact gradient of a deep linear net; how far errors of bounded size can turn a "
    "gradient; a gate that lets the net move only when its SG is good; and regression through an SG that comes to "
    "least squares. What is printed and what the arguments need stand side by side.",
    asides={"TH-6": "with its sign corrected: as printed the net stands still in most problems"},
    kind="analytic",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("gap", "", "loss minus that of least squares; index: problem", 1.0),
        Metric("residual", "", "‖SG − ∂L/∂h‖/‖∂L/∂h‖; index: problem", 1.0),
        Metric("update", "", "of W by the SG at the true critical point, relative; index: problem", 1.0),
        Metric("update_true", "", "the same by the true gradient; index: problem", 1.0),
        Metric(
            "cosine", "", "lowest of used and true gradient of W₁; index: problem", 0.0, lower_is_better=False
        ),
        Metric("slack", "", "lowest, of section 3's inequality; index: problem", -1.0, lower_is_better=False),
        Metric("rises", "", "iterations in which ‖f‖ + ‖ξ‖ rose; index: problem", 100.0),
        Metric("rises_frozen", "", "the same with ξ as in the proof; index: problem", 100.0),
        Metric("most", "", "the largest such rise, as a share; index: problem", 1.0),
    ),
    profiles=PROFILES,
    deviations=DEVIATIONS,
    algorithms=(
        ("P1: A = W Wᵀ, B = −Wᵀ, C = b Wᵀ", "repro.analysis.deep_linear:exact_sg"),
        ("P2: the worst error of its size", "repro.analysis.deep_linear:error_of"),
        ("C1: the gate", "repro.analysis.deep_linear:Gated.step"),
        ("T1: W and ω, one iteration", "repro.analysis.regression_sg:Regression.step"),
    ),
    group_by=(),
)
