"""Understanding SG, Figure 7: Figure 3 with direct feedback alignment, on the same runs.

Source: arXiv:1703.00522v1, supplement C, Figure 7.
"""

from __future__ import annotations

from repro.exhibits.sg import deep
from repro.exhibits.sg.fig3.spec import DEVIATIONS
from repro.spec import Exhibit

EXHIBIT = Exhibit(
    id="sg/fig7",
    title="Representations by layer under four learning rules",
    place="Figure 7 (supplement C)",
    read="off the dots, ± 0.003, and the shades",
    shows="How far each layer's dissimilarities between images of a class are from those of the last layer, in nets "
    "of 20 hidden layers trained by backpropagation, with one synthetic gradient, with one after every layer, and by "
    "direct feedback alignment.",
    kind="training",
    params=(),
    arms=(),
    metrics=deep.metrics("train_accuracy", "block_distance", "dissimilarity_within", "dissimilarity"),
    profiles=(),
    deviations=DEVIATIONS,
    algorithms=deep.ALGORITHMS,
    runs_of="sg/fig3",
)
