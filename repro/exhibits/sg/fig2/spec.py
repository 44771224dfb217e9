"""Understanding SG, Figure 2: the true loss of each point beside the one that linear synthetic gradients imply.

Source: arXiv:1703.00522v1, section 4, Figure 2. What the paper leaves open is varied one by one around one choice.
"""

from __future__ import annotations

from repro.exhibits.sg import implied
from repro.exhibits.sg.implied import BLOCKS, LAYERS, MIDDLE, arm
from repro.spec import Deviation, Exhibit, Profile, because

USUAL = tuple(arm(*block, at) for block in BLOCKS for at in (MIDDLE, 0))
PLACES = tuple(i for i in range(1, LAYERS + 1) if i != MIDDLE)
WIDTHS = (32, 128)
VARIED = (
    *(arm(*block, at) for block in BLOCKS for at in PLACES),
    *(arm(*block, at, wide=n) for n in WIDTHS for block in BLOCKS for at in (MIDDLE, 0)),
    *(arm(*block, at, target="example") for block in BLOCKS for at in (MIDDLE, 0)),
)
ARMS = (*USUAL, *VARIED)
_USUAL = tuple(a.id for a in USUAL)
_ONE = tuple(a.id for a in USUAL if a.setting["at"])
_FORTY = tuple(range(110, 150))
"""Data sets of one SG at `paper`, for F2-3, which ten had not decided."""

PROFILES = (
    Profile(
        "smoke",
        implied.SEEDS[:1],
        arms=("mse-noisy-single", "log-random-every"),
        overrides=because("seconds", steps=20, iterations=(10, 20), width=16),
        together=("*",),
        budget="≤ 15 s",
    ),
    Profile(
        "quick",
        implied.SEEDS[:4],
        arms=_USUAL,
        overrides=because("30 s on one core", steps=2000, width=32),
        together=("*",),
        budget="≤ 30 s on one core",
    ),
    Profile(
        "cpu",
        implied.SEEDS,
        more_seeds=dict.fromkeys(_USUAL, implied.MORE),
        together=("*",),
        budget="≤ 40 min on one core",
    ),
    Profile(
        "paper",
        implied.SEEDS,
        more_seeds=dict.fromkeys(_USUAL, implied.MORE) | dict.fromkeys(_ONE, (*implied.MORE, *_FORTY)),
        together=("*",),
        budget="≤ 40 min on one core",
    ),
)

EXHIBIT = Exhibit(
    id="sg/fig2",
    title="True loss and the loss implied by linear synthetic gradients",
    place="Figure 2 (section 4)",
    read="off the picture: correlations of its maps (deviation 8)",
    shows="Each point's loss on a 10 × 10 grid, and the loss that linear synthetic gradients SG(h, y) imply, after "
    "100, 1,000 and 5,000 iterations: one SG, and one after each of five hidden layers; MSE and log loss, noisy "
    "linear and random labels; and how much the two agree, for what the paper leaves open as well.",
    kind="training",
    params=implied.PARAMS,
    arms=ARMS,
    metrics=implied.METRICS,
    profiles=PROFILES,
    deviations=(
        *implied.DEVIATIONS,
        Deviation(
            9,
            "size (quick)",
            "5,000 iterations",
            "2,000, 32 units, 4 data sets; cpu is the paper's in full, as far as it says",
            "30 s",
            "claims on the end are judged at the last iteration there is",
        ),
    ),
    algorithms=implied.ALGORITHMS,
    group_by=("loss", "at", "given", "target", "wide"),
)
