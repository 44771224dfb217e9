"""What is known of each published data set: files, lengths, SHA-256, publishers, terms, citation. Plain constants.

The sums were taken from files that equal the published ones (checked against the md5 sums or git ids that
their publishers or long-used libraries state). Nothing here is opened or downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from repro.data.fetch.source import File, Source, files_of


def _with_plain(packed: Iterable[File], plain: Iterable[File]) -> tuple[File, ...]:
    """The compressed files, each joined with its uncompressed form (the same name without `.gz`)."""
    by_name = {f.name: f for f in plain}
    return tuple(replace(f, plain=by_name[f.name.removesuffix(".gz")]) for f in packed)


_MNIST_GZ = """
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 9912422 train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c 28881 train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 1648877 t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 4542 t10k-labels-idx1-ubyte.gz
"""
_MNIST_PLAIN = """
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db 47040016 train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 60008 train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 7840016 t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 10008 t10k-labels-idx1-ubyte
"""
MNIST = Source(
    name="mnist",
    title="MNIST (60,000 + 10,000 images 28x28)",
    files=_with_plain(files_of(_MNIST_GZ), files_of(_MNIST_PLAIN)),
    folders=("mnist", "", "MNIST/raw"),  # the last is torchvision's
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    terms="Copyright Yann LeCun and Corinna Cortes; CC BY-SA 3.0 according to the Keras documentation.",
    citation="LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proc. IEEE 86(11)",
    used_by=("dni: the MNIST results", "sg: the MNIST figures", "meprop: Figure 4, the MNIST rows"),
    loader="images",
    form="idx",
    shape=(1, 28, 28),
    stand_in="mnist5k",
)

_CIFAR10 = """
54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd 31035704 data_batch_1
766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8 31035320 data_batch_2
0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9 31035999 data_batch_3
3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b 31035696 data_batch_4
d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154 31035623 data_batch_5
f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831 31035526 test_batch
"""
_CIFAR10_ARCHIVE = """
6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce 170498071 cifar-10-python.tar.gz
"""
CIFAR10 = Source(
    name="cifar10",
    title="CIFAR-10 (50,000 + 10,000 images 3x32x32)",
    files=files_of(_CIFAR10),
    folders=("cifar10/cifar-10-batches-py", "cifar-10-batches-py"),
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    terms="No licence stated; the publisher asks users to cite the technical report.",
    citation="Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, Univ. of Toronto",
    used_by=("dni: the CIFAR-10 results",),
    loader="images",
    form="cifar",
    shape=(3, 32, 32),
    stand_in="digits",
    archive=files_of(_CIFAR10_ARCHIVE)[0],
    member="cifar-10-batches-py",
)

_PTB_WORDS = """
fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf 5101618 ptb.train.txt
c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2 399782 ptb.valid.txt
dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0 449945 ptb.test.txt
"""
PTB = Source(
    name="ptb",
    title="Penn Treebank in Mikolov's preprocessing, words",
    files=files_of(_PTB_WORDS),
    folders=("ptb", ""),
    mirrors=(),
    terms="Text of LDC's Penn Treebank (LDC99T42, Wall Street Journal): research use, no onward publication.",
    citation="Marcus, Santorini, Marcinkiewicz (1993), Building a Large Annotated Corpus of English, "
    "CL 19(2); Mikolov et al. (2010), Recurrent neural network based language model, Interspeech",
    used_by=(),
    loader="text",
    form="words",
    stand_in="invented_text",
    how="its terms allow no open mirror: take the files from Mikolov's simple-examples archive (folder data)",
)
PTB_CHAR = replace(
    PTB,
    name="ptb_char",
    title="Penn Treebank in Mikolov's preprocessing, characters",  # spelt out from the same files
    form="characters",
    used_by=("dni: the Penn Treebank results",),
)

_UD_EWT = """
3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b 14203025 en_ewt-ud-train.conllu
531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6 1805545 en_ewt-ud-dev.conllu
e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd 1804515 en_ewt-ud-test.conllu
"""
UD_EWT = Source(
    name="ud_ewt",
    title="Universal Dependencies English EWT, release 2.16",
    files=files_of(_UD_EWT),
    folders=("ud_english_ewt", ""),
    mirrors=("https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/r2.16/",),
    terms="CC BY-SA 4.0 on the annotations; the texts are partly their authors'.",
    citation="Silveira et al. (2014), A Gold Standard Dependency Corpus for English, LREC",
    used_by=("meprop: tagging and parsing, in place of the licensed Wall Street Journal",),
    loader="trees",
    form="conllu",
    stand_in="invented_trees",
)

_TREEBANK = """
9da92d76c3666cfb6cddeaed0f7e86b344cce0f0928a286d439e555f19c37399 1740034 treebank.zip
"""
TREEBANK = Source(
    name="treebank",
    title="NLTK's sample of the Penn Treebank (199 Wall Street Journal files)",
    files=files_of(_TREEBANK),
    folders=("nltk_treebank", "corpora", ""),  # the second is NLTK's
    mirrors=(
        "https://raw.githubusercontent.com/nltk/nltk_data/"
        "5db857e6f7df11eabb5e5665836db9ec8df07e28/packages/corpora/",
    ),
    terms="(C) LDC 1995; made available under fair use to illustrate NLTK, for non-commercial use only.",
    citation="Marcus, Santorini, Marcinkiewicz (1993), Building a Large Annotated Corpus of English, CL 19(2); "
    "Bird, Klein, Loper (2009), Natural Language Processing with Python, O'Reilly",
    used_by=(),
    loader="trees",
    form="brackets",
    stand_in="invented_trees",
)
