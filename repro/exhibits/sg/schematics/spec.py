"""Understanding SG, Figure 1 and the pictures over Table 1's columns: wiring, drawn from a step that was carried out.

Source: arXiv:1703.00522v1, Figure 1, sections 2 and 6 (Table 1). The paper's pictures are drawn by hand.
"""

from __future__ import annotations

from repro.spec import PROFILES, Arm, Deviation, Exhibit, Metric, Param, Profile

ARMS = (
    Arm("bprop", "backpropagation", "Bprop", {"rule": "bprop"}),
    Arm("sg", "SG(h, y)", "SG", {"rule": "sg", "given": "hy"}),
    Arm("sg-no-label", "SG(h)", "SG", {"rule": "sg", "given": "h"}),
    Arm("sg-star", "SG(h, y) after every layer", "SG*", {"rule": "sg_star", "given": "hy"}),
    Arm("sg-prop", "SG + prop", "SG + prop", {"rule": "sg_prop", "given": "hy"}),
    Arm("dfa", "DFA", "DFA", {"rule": "dfa"}),
    Arm("fa", "FA", "FA", {"rule": "fa"}),
    Arm("kickback", "Kickback", "Kickback", {"rule": "kickback"}),
)
_WHY = "a picture; the wiring does not depend on it"
PARAMS = (
    Param(
        "modules",
        5,
        "few, so that they can be drawn",
        "layers of the net, the output among them",
        assumed=True,
    ),
    Param(
        "sg_after",
        2,
        "in the middle, as h is in Figure 1",
        "layer after which the one SG stands, if the rule has one",
        assumed=True,
    ),
    Param("width", 8, _WHY, "units in each hidden layer, and inputs", assumed=True),
    Param("classes", 3, _WHY, "outputs", assumed=True),
    Param("batch", 16, _WHY, "examples", assumed=True),
    Param("alpha", 1.0, "not stated", "weight of ∂L_SG/∂h, of SG + prop", assumed=True),
    Param(
        "steps",
        50,
        "an SG that starts at 0 says nothing yet",
        "steps before the one that is logged",
        assumed=True,
    ),
    Param("learning_rate", 0.01, _WHY, "Adam's, for nets and synthetic gradients alike", assumed=True),
)

DEVIATIONS = (
    Deviation(
        1,
        "what is drawn",
        "a drawing",
        "the log of one step of a net of 5 layers with MSE on random examples, and what was found by changing, one "
        "at a time, the things that a layer's update could depend on",
        "a drawing cannot be wrong, a log can",
        "none on the wiring; see F1-8 for the log's own test",
    ),
    Deviation(
        2,
        "time",
        "none: the picture has no clock",
        "a tick is the forward pass or the update of one layer; the loss takes none, and the SG's own work is not "
        "counted",
        "to see who waits",
        "how long a tick takes is another question: dni/table2 and the others train, nothing here is timed",
    ),
    Deviation(
        3,
        "SG",
        "a box; no size is given",
        "linear, zero at the start, after layer 2 of 5; Adam at 0.01 for 50 steps before",
        "at zero it says the same whatever it sees",
        "without those steps the arrows into the SG could not be found",
    ),
    Deviation(
        4,
        "what else is drawn",
        "Figure 1 has backpropagation and one SG(h, y)",
        "beside them SG(h) of supplement C, an SG after every layer, and the other rules over Table 1's columns",
        "they are wired from the same pieces",
    ),
    Deviation(
        5,
        "seeds",
        "none",
        "100 to 102: each has to give the same wiring",
        "another net must not be wired otherwise; while this was written, seeds 0 to 2 were looked at",
        "none",
    ),
)

EXHIBIT = Exhibit(
    id="sg/schematics",
    title="Who learns from what, and who waits for whom",
    place="Figure 1 (and the pictures over Table 1)",
    shows="A net with its gradient under backpropagation, and the same net cut at a layer h, where a synthetic "
    "gradient takes the place of the true one. Drawn from the log of a step that was carried out: which layer waits, "
    "for how long, and from what it then learns.",
    kind="analytic",
    params=PARAMS,
    arms=ARMS,
    metrics=(
        Metric("tick", "", "when it happened; index: forward, update or target; layer", 0.0),
        Metric("waits", "", "ticks that a layer stood ready and waited; index: layer", 0.0),
        Metric(
            "edge",
            "",
            "1: what the layer learns from changes if this alone is changed: above (what arrives), error (of the "
            "output), h (its own), label; index: what; layer",
            0.0,
        ),
        Metric(
            "moved",
            "",
            "relative change of a gradient if the loss's is another; index: layer or sg; number",
            0.0,
        ),
        Metric("off", "", "‖what it learns from − ∂L/∂h‖/‖∂L/∂h‖; index: layer", 1.0),
    ),
    profiles=tuple(Profile(name, (100, 101, 102), together=("*",), budget="seconds") for name in PROFILES),
    deviations=DEVIATIONS,
    algorithms=(
        ("the one backward pass, which writes the log", "repro.rules.backward:backward"),
        ("what the layer's update depends on", "repro.train.schematic:edges"),
    ),
    group_by=(),
)
