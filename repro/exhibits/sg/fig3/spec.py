"""Understanding SG, Figure 3: how similar a 20-layer net's representations are, layer by layer, under three rules.

Source: arXiv:1703.00522v1, section 5, Figure 3 (a part of Figure 7, whose runs these are: with DFA).
"""

from __future__ import annotations

from dataclasses import replace

from repro.exhibits.sg import deep
from repro.spec import Deviation

TOLD = {  # Figures 3 and 7, the dots of layers 1 to 20, digitised ± 0.003
    "bprop": deep.numbers(
        ".427 .415 .382 .325 .248 .161 .087 .045 .027 .018 .018 .015 .015 .018 .018 .018 .012 .012 .006 0"
    ),
    "sg": deep.numbers(
        ".382 .361 .304 .233 .182 .167 .161 .161 .149 .143 .116 .030 .027 .033 .036 .036 .024 .018 .009 0"
    ),
    "sg_star": deep.numbers(
        ".322 .325 .331 .337 .337 .340 .331 .322 .316 .293 .278 .251 .215 .167 .099 .039 .012 .003 .003 0"
    ),
    "dfa": deep.numbers(
        ".230 .173 .149 .134 .116 .113 .104 .093 .078 .069 .063 .048 .042 .033 .030 .024 .024 .018 .009 0"
    ),
}
ARMS = (
    *(deep.arm(rule) for rule in deep.SERIES),
    *(deep.arm(rule, target="mean") for rule in ("sg", "sg_star")),
)
DEVIATIONS = deep.deviations(
    Deviation(
        0,
        "distance of a layer from the last",
        '"L2 distance between the diagonal elements"',
        "mean squared difference over pairs of one class (the diagonal blocks)",
        "the diagonal itself is 0; of mean square and its root, the mean square has the level of the paper's dots",
        "the root is told beside it",
    ),
    replace(deep.STOP, effect="layer 1 still moves"),
    Deviation(
        0,
        "400 images",
        "of MNIST; which is not said",
        "the first 40 training images of each digit; running statistics of the batch norms",
        "no image's representation then hangs on another image",
    ),
    Deviation(
        0,
        "the matrices",
        "400 × 400 pictures of ten layers",
        "mean dissimilarity of two digits, 10 × 10, of five layers",
        "a record holds numbers",
        "none: the blocks are what the text reads from the pictures",
    ),
)

EXHIBIT = deep.exhibit(
    id="sg/fig3",
    title="Representations by layer with and without synthetic gradients",
    place="Figure 3 (section 5)",
    read="off the dots, ± 0.003",
    shows="How far each layer's dissimilarities between images of a class are from those of the last layer, in nets "
    "of 20 hidden layers trained by backpropagation, with a synthetic gradient after layer 11, and with one after "
    "every layer.",
    arms=ARMS,
    metrics=deep.metrics("train_accuracy", "block_distance", "dissimilarity"),
    profiles=deep.profiles(("sg-20", "dfa-20", "sg_star-20-mean"), [a.id for a in ARMS[:4]]),
    deviations=DEVIATIONS,
    algorithms=(
        *deep.ALGORITHMS,
        ("RDM_ij = 1 − corr(h_i, h_j)", "repro.analysis.representations:dissimilarity"),
    ),
)
