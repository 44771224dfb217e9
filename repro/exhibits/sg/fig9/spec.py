"""Understanding SG, Figure 9: as Figure 2, with synthetic gradients that do not see the label, or see nothing else.

Source: arXiv:1703.00522v1, supplement C, Figure 9. The arms with SG(h, y) are Figure 2's, trained once.
"""

from __future__ import annotations

from dataclasses import replace

from repro.exhibits.sg import implied
from repro.exhibits.sg.implied import BLOCKS, MIDDLE, arm
from repro.spec import Deviation, Exhibit, Profile, because

LONG = 100_000
_OF_FIGURE_2 = because("Figure 2", steps=5000)
ARMS = tuple(
    replace(arm(*block, at, given), params=_OF_FIGURE_2 if given == "hy" else {})
    for given in implied.GIVEN
    for block in BLOCKS
    for at in (MIDDLE, 0)
)
PARAMS = tuple(
    replace(p, value=LONG, source="supplement C: label-only models after 100 k iterations")
    if p.name == "steps"
    else p
    for p in implied.PARAMS
)
_WEAK = tuple(a.id for a in ARMS if a.setting["given"] != "hy")
_LOG = tuple(a.id for a in ARMS if a.setting["loss"] == "log")
_SHORT = dict.fromkeys(_WEAK, because("40 min on one core", steps=10_000))
_TEN = implied.SEEDS + implied.MORE

PROFILES = (
    Profile(
        "smoke",
        implied.SEEDS[:1],
        arms=("log-noisy-every", "log-noisy-every-h", "log-noisy-every-y"),
        overrides=because("seconds", iterations=(10, 20), width=16, steps=20),
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        implied.SEEDS[:4],
        arms=_LOG,
        overrides=because("30 s on one core", width=32, steps=1000),
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile("cpu", _TEN, arm_overrides=_SHORT, together=("*",), budget="≤ 40 min on one core"),
    Profile("paper", _TEN, together=("*",), budget="some 6 h on one core, or a GPU"),
)

EXHIBIT = Exhibit(
    id="sg/fig9",
    title="Loss implied by synthetic gradients without the label, or with nothing else",
    place="Figure 9 (supplement C)",
    read="off the picture: correlations of its maps (deviation 8)",
    shows="As Figure 2, for synthetic gradients SG(h) = h A + C and SG(y) = y B + C beside SG(h, y): how well the "
    "loss that they imply agrees with the true one, and which loss their nets reach.",
    kind="training",
    params=PARAMS,
    arms=ARMS,
    metrics=implied.METRICS,
    profiles=PROFILES,
    deviations=(
        *implied.DEVIATIONS,
        Deviation(
            9,
            "length (cpu, quick)",
            "label-only models were trained for 100,000 iterations",
            "cpu: 10,000; quick: 1,000, log loss alone, 32 units, 4 data sets",
            "40 minutes",
            "that a net has not got there after 10,000 does not say that it never will",
        ),
    ),
    algorithms=implied.ALGORITHMS,
    group_by=("loss", "at", "given", "target", "wide"),
)
