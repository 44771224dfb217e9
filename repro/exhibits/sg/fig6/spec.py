"""Understanding SG, Figure 6: a critical point made by a constant synthetic gradient. Analytic, no training.

Source: arXiv:1703.00522v1, supplement A and Figure 6.
"""

from __future__ import annotations

from repro.spec import PROFILES, Arm, Deviation, Exhibit, Metric, Param, Profile

ARMS = (
    Arm("objective", "L(a, b) = Σ|a x + b|", "objective", {"formula": "text"}),
    Arm("printed", "the printed picture: Σ|b x + a|", "printed", {"formula": "transposed"}),
    Arm("bprop", "true gradient", "Bprop", {"rule": "bprop"}),
    Arm("sg", "constant SG at its optimum", "SG", {"rule": "sg"}),
)

PARAMS = (
    Param("inputs", (-2, -1, 1, 2), "supplement A", "the data set"),
    Param("limit", 3.0, "Figure 6", "a and b run over [−3, 3]"),
    Param("grid", 25, "resolution of our grid", "values of a and of b", assumed=True),
    Param(
        "starts",
        ((1.0, 0.0), (2.0, 1.0), (-2.0, 1.5), (-1.0, -0.5), (0.5, 2.0), (1.0, -2.5)),
        "four in the cone |b| < |a|, two outside",
        "where gradient descent starts (a, b)",
        assumed=True,
    ),
    Param(
        "steps",
        400,
        "long enough for the true rule to arrive",
        "gradient steps from each start",
        assumed=True,
    ),
    Param("rate", 0.005, "small", "step size of the net and of c", assumed=True),
)

DEVIATIONS = (
    Deviation(
        1,
        "orientation of the heat map",
        "equals Σ|b x + a| (transposed)",
        "Σ|a x + b|, as the text defines it",
        "the text's formula is the claim; the picture is drawn beside it",
        "the map is rotated by 90°",
    ),
    Deviation(
        2,
        "critical set",
        "the line b = 0",
        "the whole cone |b| < |a|",
        "for |b| < |a| the four signs cancel as well, so c = 0 is the SG's optimum",
        "the claim gets stronger",
    ),
    Deviation(3, "name of the SG's output", "c in the text, d in the caption", "c", "a slip", "none"),
)

EXHIBIT = Exhibit(
    id="sg/fig6",
    title="A critical point created by a constant synthetic gradient",
    place="Figure 6 (supplement A)",
    shows="The loss Σ|a x + b| over a and b, with its one true critical point and the set of points at which a net "
    "that learns from a constant synthetic gradient gets stuck; and why: the four true gradients cancel.",
    asides={"F6-3": "there: on b = 0"},
    kind="analytic",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("loss", "", "L(a, b); index is a;b", 9.0),
        Metric("update", "", "length of the update of (a, b) at the SG's optimum c; index is a;b", 1.0),
        Metric("travel", "", "distance from the start after gradient descent; index is the start a;b", 1.0),
        Metric("output_gradient", "", "∂L/∂f, or the SG's c, at a = 1, b = 0; index is the input x", 0.5),
    ),
    profiles=tuple(Profile(name, (0,), budget="seconds") for name in PROFILES),
    deviations=DEVIATIONS,
    algorithms=(
        ("c* = mean ∂L/∂f: the SG's own optimum", "repro.exhibits.sg.fig6.work:sg_optimum"),
        ("Δ(a, b) ∝ Σ c (x_i, 1): what the net then gets", "repro.exhibits.sg.fig6.work:sg_update"),
    ),
    group_by=(),
)
