"""What is known of each data set: files, lengths, SHA-256, publishers, terms, citation. Plain constants.

The sums were taken from files that equal the published ones (checked against the md5 sums or git ids that
their publishers or long-used libraries state). Nothing here is opened or downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from repro.errors import UnknownNameError


@dataclass(frozen=True)
class File:
    """A published file: its name, its length in bytes, its SHA-256 in hex.

    `plain` is the same file uncompressed, which is accepted in its place.
    """

    name: str
    size: int
    sha256: str
    plain: File | None = None


@dataclass(frozen=True)
class Source:
    """A data set: its files and where they come from.

    `folders` are the places below the data folder where files are looked for; downloads go to the first.
    `mirrors` are base addresses, tried in order; empty where no open publisher is known, and then `how` says
    how a user gets a copy. `archive` is the one file in which the publisher packs all the others, `member`
    the folder inside it. `images` says whether `load_images` can load it.
    """

    name: str
    title: str
    files: tuple[File, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    terms: str
    citation: str
    used_by: tuple[str, ...]
    images: bool = False
    archive: File | None = None
    member: str = ""
    how: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files as published."""
        return sum(f.size for f in self.files)

    @property
    def sums(self) -> dict[str, str]:
        """File name -> SHA-256 of the file as published."""
        return {f.name: f.sha256 for f in self.files}


def _files(manifest: str) -> tuple[File, ...]:
    """Files from lines of `sha256 bytes name`."""
    rows = (line.split() for line in manifest.strip().splitlines())
    return tuple(File(name, int(size), sha256) for sha256, size, name in rows)


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
    files=_with_plain(_files(_MNIST_GZ), _files(_MNIST_PLAIN)),
    folders=("mnist", "", "MNIST/raw"),  # the last is torchvision's
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    terms="Copyright Yann LeCun and Corinna Cortes; CC BY-SA 3.0 according to the Keras documentation.",
    citation="LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proc. IEEE 86(11)",
    used_by=("dni: the MNIST results", "sg: the MNIST figures", "meprop: Figure 4, the MNIST rows"),
    images=True,
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
    files=_files(_CIFAR10),
    folders=("cifar10/cifar-10-batches-py", "cifar-10-batches-py"),
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    terms="No licence stated; the publisher asks users to cite the technical report.",
    citation="Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, Univ. of Toronto",
    used_by=("dni: the CIFAR-10 results",),
    images=True,
    archive=_files(_CIFAR10_ARCHIVE)[0],
    member="cifar-10-batches-py",
)

_PTB_WORDS = """
fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf 5101618 ptb.train.txt
c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2 399782 ptb.valid.txt
dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0 449945 ptb.test.txt
"""
_PTB_CHARS = """
e313d91425e06c4f0a8fb6e881dcce0c291f2a0e9f4dda54833069b122f91da9 10034964 ptb.char.train.txt
21661f63ec355085879458b6524644d4add5573541b4be14fb52ab2e2e995eb8 786084 ptb.char.valid.txt
1ef5607ac3c463b16e38bfe7900dd3bfc91de5a96e0f21e7eab5188b465b8ebe 884846 ptb.char.test.txt
"""
PTB = Source(
    name="ptb",
    title="Penn Treebank in Mikolov's preprocessing, words",
    files=_files(_PTB_WORDS),
    folders=("ptb", ""),
    mirrors=(),
    terms="Text of LDC's Penn Treebank (LDC99T42, Wall Street Journal): research use, no onward publication.",
    citation="Marcus, Santorini, Marcinkiewicz (1993), Building a Large Annotated Corpus of English, "
    "CL 19(2); Mikolov et al. (2010), Recurrent neural network based language model, Interspeech",
    used_by=(),
    how="its terms allow no open mirror: take the files from Mikolov's simple-examples archive (folder data)",
)
PTB_CHAR = replace(
    PTB,
    name="ptb_char",
    title="Penn Treebank in Mikolov's preprocessing, characters",
    files=_files(_PTB_CHARS),
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
    files=_files(_UD_EWT),
    folders=("ud_english_ewt", ""),
    mirrors=("https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/r2.16/",),
    terms="CC BY-SA 4.0 on the annotations; the texts are partly their authors'.",
    citation="Silveira et al. (2014), A Gold Standard Dependency Corpus for English, LREC",
    used_by=("meprop: tagging and parsing, in place of the licensed Wall Street Journal",),
)

_DIGITS = """
8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3 115008 digits-images.uint8
8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0 1797 digits-labels.uint8
"""
DIGITS = Source(
    name="digits",
    title="scikit-learn digits (1,797 images 8x8)",
    files=_files(_DIGITS),  # of the arrays as bytes: the set is bundled with scikit-learn, not downloaded
    folders=(),
    mirrors=(),
    terms="UCI Machine Learning Repository, CC BY 4.0; bundled with scikit-learn (BSD 3-clause).",
    citation="Alpaydin, Kaynak (1998), Optical Recognition of Handwritten Digits, UCI",
    used_by=("stand-in for image data",),
    images=True,
    how="it comes with scikit-learn: install that",
)

SOURCES: dict[str, Source] = {s.name: s for s in (MNIST, CIFAR10, PTB, PTB_CHAR, UD_EWT, DIGITS)}


def catalogue() -> dict[str, Source]:
    """Every known data set by name."""
    return dict(SOURCES)


def source(name: str) -> Source:
    """The data set called `name`; `UnknownNameError` otherwise."""
    if name not in SOURCES:
        raise UnknownNameError("data set", name, SOURCES)
    return SOURCES[name]
