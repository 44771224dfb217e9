"""Understanding SG, Figure 5: squared norms of the hidden-to-hidden matrices, by layer, as shares of their sum.

Source: arXiv:1703.00522v1, section 5, Figure 5 and footnote 4.
"""

from __future__ import annotations

from repro.exhibits.sg import deep
from repro.spec import Deviation

RULES, L2 = ("bprop", "sg", "sg_star"), 1e-5
SHARES = {  # Figure 5, relu and sigmoid with 20 layers: layers 2 to 20, digitised ± 2 %
    ("relu", 20): {
        "bprop": ".052 .051 .051 .051 .052 .052 .053 .053 .052 .051 .051 .051 .052 .051 .053 .054 .054 .054 .054",
        "sg_star": ".074 .073 .071 .070 .067 .065 .062 .060 .057 .054 .050 .047 .043 .038 .035 .034 .033 .031 .029",
        "sg": ".095 .088 .079 .075 .078 .082 .086 .089 .091 .094 .024 .017 .019 .018 .015 .013 .010 .008 .013",
    },
    ("sigmoid", 20): {
        "bprop": ".0535 .0535 .053 .0535 .053 .053 .052 .0525 .0525 .0525 .0525 .052 .052 .052 .053 .052 .051 "
        ".050 .050",
        "sg_star": ".069 .067 .064 .063 .059 .057 .055 .0535 .053 .052 .053 .056 .056 .055 .051 .043 .037 .029 .025",
        "sg": ".113 .106 .084 .060 .061 .077 .085 .080 .092 .119 .020 .015 .014 .013 .012 .011 .010 .010 .010",
    },
}
"""With 50 layers there are 49 numbers a series; claims name those beside the SG and at the ends."""

ARMS = (
    *(deep.arm(rule, n, act, l2=L2) for act in ("relu", "sigmoid") for n in (20, 50) for rule in RULES),
    *(deep.arm(rule, 20, "relu", l2=l2) for l2 in (0.0, 1e-4) for rule in RULES),
)
_20 = tuple(a.id for a in ARMS if a.setting["layers"] == 20)

DEVIATIONS = deep.deviations(
    Deviation(
        0,
        "size of the L2 penalty",
        '"small" (footnote 4)',
        "1e-5 · ½‖W‖² on every weight matrix of the net, in the loss that Adam sees; beside it 0 and 1e-4, relu and "
        "20 layers",
        "not stated; claims are judged at 1e-5, fixed before any run",
        "in exploration (width 128, 4,000 steps) 1e-4 and more turned the step at the SG round",
    ),
    deep.STOP,
    Deviation(
        0,
        "50 layers (cpu)",
        "20 and 50 layers",
        "20; 50 at the paper profile alone",
        "they learn within some 30,000 steps at 1e-3 on a CPU",
        "claims are about the panels that were run",
    ),
)

EXHIBIT = deep.exhibit(
    id="sg/fig5",
    title="Squared norms of weights by layer",
    place="Figure 5 (section 5)",
    read="off the dots, ± 2 %",
    shows="Which share of the squared norm of all hidden-to-hidden matrices each of them has, in nets of 20 and 50 "
    "hidden layers of ReLU and sigmoid units trained by backpropagation, with one synthetic gradient, and with one "
    "after every layer.",
    arms=ARMS,
    metrics=deep.metrics("train_accuracy", "weight_share"),
    profiles=deep.profiles((_20[0], "sg-20-sigmoid-l2-1e-05"), _20[:3], _20),
    deviations=DEVIATIONS,
    algorithms=(
        *deep.ALGORITHMS[:2],
        ("‖W_l‖² / Σ_l ‖W_l‖² over l = 2, …", "repro.analysis.norms:squared_norms"),
    ),
)
