"""What the paper's feed-forward exhibits share: parameters, and where the paper is silent.

Source: arXiv:1608.05343v2, read in v1's appendix A.1 (same experiments, same numbers).
"""

from __future__ import annotations

from dataclasses import replace

from repro.spec import Deviation, Metric, Param

PARAMS = (
    Param("width", 256, "v1 A.1", "units in each hidden layer (MNIST)"),
    Param("batch", 256, "v1 A.1", "images in a mini-batch"),
    Param("steps", 500_000, "v1 A.1", "iterations"),
    Param("learning_rate", 3e-5, "v1 A.1", "Adam's step size, for nets and SG models alike"),
    Param(
        "rate_drops",
        ((0.6, 0.1), (0.8, 0.1)),
        "v1 A.1 (÷ 10 at 300k and at 400k of 500k)",
        "(fraction of the steps, factor on the learning rate)",
    ),
    Param(
        "dni_sg_hidden",
        (1024, 1024),
        "v1 A.1",
        "hidden layers of DNI's SG models, linear → BN → ReLU",
        only={"rule": ("dni",)},
    ),
    Param(
        "cdni_sg_hidden",
        (),
        "v1 A.1",
        "hidden layers of cDNI's SG models",
        only={"rule": ("cdni",)},
        zero="none: linear",
    ),
    Param(
        "sg_precision",
        "float32",
        "the paper does not say",
        "SG models' matrix products; tf32 is float32 on all but a GPU",
        ("float32", "tf32", "bfloat16"),
        only={"rule": ("dni", "cdni")},
        assumed=True,
    ),
    Param("evaluations", 100, "the curves' resolution", "test errors along a run", assumed=True),
    Param("hold_out", 0, "none", "training images to test on instead, the last", assumed=True, zero="none"),
)

CNN_PARAMS = (
    Param("kernel", 5, "v1 A.1", "side of a convolution's window", only={"net": ("cnn",)}),
    Param(
        "pool_stride",
        2,
        "the usual; the paper does not say",
        "step of the 3 × 3 pooling",
        only={"net": ("cnn",)},
        assumed=True,
    ),
    Param(
        "train_images",
        5000,
        "the paper does not say on which images training errors were measured",
        "training images, the first, on which the training error is measured",
        only={"net": ("cnn",)},
        assumed=True,
    ),
)
"""Those of its convolutional nets alone; there `width` and the SG models' hidden layers count channels."""

LOOKS = Param(
    "sg_images",
    1024,
    "the paper does not say where the errors were measured",
    "training images, the first, on which δ̂ is compared with the true gradient",
    only={"rule": ("dni", "cdni")},
    assumed=True,
)
"""Of exhibits that measure errors of synthetic gradients."""

DEVIATIONS = (
    Deviation(
        3,
        "scale of the SG's target",
        "not stated",
        "gradient of each example's own loss (not divided by the batch)",
        "keeps targets far above Adam's ε",
    ),
    Deviation(
        4,
        "SG loss",
        "L2 distance (v1), squared (v2)",
        "squared, summed over units, mean over the batch",
        "v2 is the pinned version",
    ),
    Deviation(
        5,
        "initial weights of the nets and of the SG models' hidden layers",
        "not stated (last SG layer: 0)",
        "N(0, 2/fan-in)",
        "a common choice for ReLU",
    ),
    Deviation(
        6,
        "batch norm at test time",
        "not stated",
        "running averages, momentum 0.1, variance over the batch without Bessel's correction",
        "one of the usual forms",
    ),
    Deviation(
        7,
        "stale gradients",
        "exponential average, best decay rate of a search",
        "one vector a layer, decay 0.9, averaged over the batch; no search",
        "the form is not specified",
        "behind batch normalisation the mean gradient of a batch is zero, so that all layers but the top hidden "
        "one get nothing by construction: this baseline is No Bprop but for one layer, and D2-8 is left open. "
        "Averaging each place of the batch by itself instead is far worse than No Bprop: on held-out images (seed "
        "100, 5,000 steps of 64) 16.6, 17.5, 21.0, 22.4 % at 3 layers for decays 0, 0.5, 0.9, 0.99 against 9.2 %, "
        "and 29.6, 43.2, 47.8, 63.5 % at 6 layers against 22.9 %",
    ),
    Deviation(
        8,
        "optimiser of the SG models; Adam's β and ε; the last, incomplete batch of an epoch; the SG loss and the net",
        "not stated",
        "the same Adam and rate; 0.9, 0.999 and 1e-8; left out; its gradient stays within the SG models",
        "the natural reading; the usual defaults; equal batches; the loss trains M alone",
    ),
    Deviation(
        9,
        "where the settings were read",
        "v2's supplement",
        "v1's appendix A.1 (same experiment, same numbers)",
        "v2's supplement was not available; v2's main text refers to the same material",
    ),
)
"""Numbered behind what an exhibit's size changes."""

CONVOLUTIONS = Deviation(
    13,
    "convolutional nets",
    "5 × 5 convolutions, 3 × 3 pooling; its step, its borders, whether SG models stand before or behind it, and how "
    "one sees the label not stated",
    "pooling in steps of 2, borders of zeros that count in averages; SG models behind it, each of their layers a "
    "5 × 5 convolution, a linear model (cDNI) a single one; the label as ten more channels, each the same everywhere",
    "the usual forms",
)


def deviations(*own: Deviation) -> tuple[Deviation, ...]:
    """An exhibit's own and the shared ones, but that on stale gradients, numbered in this order."""
    shared = (d for d in DEVIATIONS if d.what != "stale gradients")
    return tuple(replace(d, number=n) for n, d in enumerate((*own, *shared), 1))


LOOKED = Deviation(
    0,
    "how errors of synthetic gradients are measured",
    "L2, cosine and sign error against the true gradient; on which images, averaged how, not stated",
    "on the first 1,024 training images (quick: 256) in batches as trained, batch norm as in training; the true "
    "gradient through the whole net above; L2 and cosine of each image, then their mean; before training, after 1, "
    "2, 4, … steps and at each evaluation; a mean over a stretch of training is one over time, on straight lines "
    "from look to look",
    "the natural reading; the same images all along, so that nothing but training changes; over time since quick "
    "records, in which a mean over looks was one of the first steps",
)

ALGORITHMS = (
    (
        "δ̂_i = M_{i+1}(h_i, y): layer i learns from δ̂_i, M_{i+1} regresses to δ_i",
        "repro.rules.every_layer:EveryLayer.consume",
    ),
    ("δ_i through layer i + 1 alone, from what it consumed", "repro.rules.backward:backward"),
    ("L_SG = ‖δ̂_i − δ_i‖², δ_i constant", "repro.rules.every_layer:SyntheticGradients.regress"),
)
"""What to read: the equation, and where it is."""

VALIDATION = Metric("validation_error", "%", "wrongly classified held-out images (hold_out)", 90.0)
"""In the place of the test error where images are held out."""

METRICS = (
    Metric("test_error", "%", "wrongly classified test images", 90.0),
    Metric("batch_loss", "nats", "cross-entropy of the last training batch", 2.303, at_end=True),
    Metric("sg_loss", "", "‖δ̂ − δ‖² of an example, mean over the batch and a net's SG models", at_end=True),
    VALIDATION,
)

TRAIN_ERROR = Metric(
    "train_error", "%", "wrongly classified images of a fixed part of those trained on, in test mode", 90.0
)
"""Of exhibits whose runs have `train_images`."""

ERRORS = (
    Metric("sg_distance", "", "‖δ̂ − δ‖, mean over images; index: the layer that the model stands after"),
    Metric("sg_error", "", "Σ‖δ̂ − δ‖²/Σ‖δ‖² over images (1: as bad as δ̂ = 0); index: layer", 1.0),
    Metric("sg_cosine", "", "of δ̂ and δ, mean over images; index: layer", 0.0, lower_is_better=False),
    Metric("sg_sign", "%", "dimensions whose sign δ̂ has wrong; index: layer", 50.0),
)
"""Errors of synthetic gradients, against the true gradient of the whole net above."""
