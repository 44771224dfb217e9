"""DNI, Figure 12 (v1 Figure 10): errors of one DNI's synthetic gradient. The runs are those of Figure 11.

Source: arXiv:1608.05343v2, supplementary Figure 12; v1 A.2 ("Single DNI"), whose text describes it without numbers.
"""

from __future__ import annotations

from dataclasses import replace

from repro.exhibits.dni import feedforward
from repro.spec import Deviation, Exhibit

EXHIBIT = Exhibit(
    id="dni/fig12",
    title="Errors of the synthetic gradient of one DNI",
    place="supplementary Figure 12 (v1 Figure 10)",
    read="nowhere: the text of v1 A.2 describes the curves without numbers, and the picture was not seen",
    shows="How far the synthetic gradient of one DNI in a 6-layer net is from the true gradient while both train: L2 "
    "error, cosine, and dimensions whose sign is wrong, at each position of the DNI.",
    kind="training",
    params=(),
    arms=(),
    metrics=(
        *feedforward.ERRORS,
        *(replace(m, at_end=True) for m in (feedforward.METRICS[0], feedforward.VALIDATION)),
    ),
    profiles=(),
    deviations=(
        Deviation(
            1,
            "runs",
            "as Figure 11",
            "as Figure 11, with its deviations",
            "the same runs, trained once",
            "none",
        ),
        replace(
            feedforward.LOOKED,
            number=2,
            effect="a mean of ‖δ̂ − δ‖² in the place of ‖δ̂ − δ‖ gives weight to the few images that are still wrong, "
            "as the relative error Σ‖δ̂ − δ‖²/Σ‖δ‖² does",
        ),
        Deviation(
            3,
            "which positions are shown; the relative error",
            "not known: the picture was not seen",
            "all five; Σ‖δ̂ − δ‖²/Σ‖δ‖² beside the three errors named",
            "an L2 error falls as the true gradient itself does, whatever the model has learned",
        ),
    ),
    algorithms=(
        ("δ_k by backpropagation of the whole net above", "repro.analysis.fidelity:true_gradients"),
        ("‖δ̂ − δ‖, cosine, sign", "repro.analysis.fidelity:told"),
    ),
    asides={
        "F12-4": "at quick both at 1e-3, which is too high for DNI; at cpu each at the rate that is best for its "
        "test error on held-out images; at paper both at 3e-5. At cpu layer 1 decides (share 1.09 against 1.00, "
        "before the rate of 3e-3 drops); at layers 3 to 5 seeds do not",
        "F12-3": "noise for a guess passes its first half, too; a good one is seen as good: cDNI in dni/fig13 (0.26)",
    },
    runs_of="dni/fig11",
)
