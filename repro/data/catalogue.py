"""What is known of each data set: files, sizes, SHA-256, publishers, terms, citation. Plain constants.

Sums were taken from files that equal the published ones (the md5 sums or git ids their publishers or long-used
libraries state). Nothing here is downloaded or opened.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    `mirrors` are base addresses, tried in order; empty where no open publisher is known.
    `archive` is the one file that holds all the others, where the publisher packs them; `member` is the
    folder inside it.
    """

    name: str
    title: str
    files: tuple[File, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    terms: str
    citation: str
    used_by: tuple[str, ...]
    archive: File | None = None
    member: str = ""
    how: str = ""

    @property
    def images(self) -> bool:
        """Whether `load_images` can load it."""
        return self.name in ("mnist", "cifar10", "digits")

    @property
    def bytes(self) -> int:
        """Bytes of all files as published."""
        return sum(f.size for f in self.files)


MNIST = Source(
    name="mnist",
    title="MNIST (60,000 + 10,000 images 28x28)",
    files=(
        File(
            "train-images-idx3-ubyte.gz",
            9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            File(
                "train-images-idx3-ubyte",
                47040016,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
        ),
        File(
            "train-labels-idx1-ubyte.gz",
            28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            File(
                "train-labels-idx1-ubyte",
                60008,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
        ),
        File(
            "t10k-images-idx3-ubyte.gz",
            1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            File(
                "t10k-images-idx3-ubyte",
                7840016,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
        ),
        File(
            "t10k-labels-idx1-ubyte.gz",
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            File(
                "t10k-labels-idx1-ubyte",
                10008,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
    ),
    folders=("mnist", "", "MNIST/raw"),  # the last is torchvision's layout
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    terms="Copyright Yann LeCun and Corinna Cortes; CC BY-SA 3.0 according to the Keras documentation.",
    citation="LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document recognition, "
    "Proc. IEEE 86(11)",
    used_by=(
        "dni: Table 2 and its curves, Figs 8-12",
        "sg: Figs 3-5, 7, 8",
        "meprop: Fig 4, the MNIST rows of Tables 1-8",
    ),
)

CIFAR10 = Source(
    name="cifar10",
    title="CIFAR-10 (50,000 + 10,000 images 3x32x32)",
    files=(
        File("data_batch_1", 31035704, "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd"),
        File("data_batch_2", 31035320, "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8"),
        File("data_batch_3", 31035999, "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9"),
        File("data_batch_4", 31035696, "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b"),
        File("data_batch_5", 31035623, "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154"),
        File("test_batch", 31035526, "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831"),
    ),
    folders=("cifar10/cifar-10-batches-py", "cifar-10-batches-py"),
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    archive=File(
        "cifar-10-python.tar.gz",
        170498071,
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ),
    member="cifar-10-batches-py",
    terms="No licence stated; the publisher asks users to cite the technical report.",
    citation="Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, University of Toronto",
    used_by=("dni: the CIFAR-10 columns of Table 2, Fig 13",),
)

_PTB_TERMS = "Text of LDC's Penn Treebank (LDC99T42, Wall Street Journal): research use only, not for onward publication."
_PTB_CITATION = (
    "Marcus, Santorini, Marcinkiewicz (1993), Building a Large Annotated Corpus of English, CL 19(2); "
    "Mikolov et al. (2010), Recurrent neural network based language model, Interspeech"
)
_PTB_HOW = (
    "its terms allow no public mirror: it is in the `data` folder of Mikolov's `simple-examples` archive"
)

PTB = Source(
    name="ptb",
    title="Penn Treebank, Mikolov's preprocessing, words",
    files=(
        File("ptb.train.txt", 5101618, "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"),
        File("ptb.valid.txt", 399782, "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"),
        File("ptb.test.txt", 449945, "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"),
    ),
    folders=("ptb", ""),
    mirrors=(),
    terms=_PTB_TERMS,
    citation=_PTB_CITATION,
    used_by=(),
    how=_PTB_HOW,
)

PTB_CHAR = Source(
    name="ptb_char",
    title="Penn Treebank, Mikolov's preprocessing, characters",
    files=(
        File(
            "ptb.char.train.txt",
            10034964,
            "e313d91425e06c4f0a8fb6e881dcce0c291f2a0e9f4dda54833069b122f91da9",
        ),
        File(
            "ptb.char.valid.txt", 786084, "21661f63ec355085879458b6524644d4add5573541b4be14fb52ab2e2e995eb8"
        ),
        File("ptb.char.test.txt", 884846, "1ef5607ac3c463b16e38bfe7900dd3bfc91de5a96e0f21e7eab5188b465b8ebe"),
    ),
    folders=("ptb", ""),
    mirrors=(),
    terms=_PTB_TERMS,
    citation=_PTB_CITATION,
    used_by=("dni: Table 1, Figs 7 and 14",),
    how=_PTB_HOW,
)
