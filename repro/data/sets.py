"""What a loaded data set is: images, text or trees, with their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line must answer without torch
    import torch

UNKNOWN = "<unk>"


@dataclass(frozen=True)
class DataInfo:
    """Which data a run uses.

    `name` is what was loaded and `asked` what was asked for; they differ for a stand-in. `files` maps file
    names to the SHA-256 of the published file (for digits: of the arrays), whatever form lies on disk.
    `note` is one phrase for titles and verdicts.
    """

    name: str
    asked: str
    stand_in: bool
    files: Mapping[str, str]
    note: str


@dataclass(frozen=True, eq=False)
class ImageData:
    """A labelled image set on one device.

    `x_train` [N, inputs] float32 in [0, 1], in the published order, `y_train` [N] int64 in 0..9; `x_test` and
    `y_test` likewise. `shape` is (channels, height, width), and `x.view(-1, *shape)` the pictures: MNIST has
    784 inputs, row by row; CIFAR-10 has 3,072, channel-major: 1,024 red values, row by row, then green, then blue.
    """

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    info: DataInfo
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class TextData:
    """A text on one device, cut into three parts: `train`, `valid`, `test`, each [N] int64 token ids.

    `vocabulary` has the token of each id: those of the training part, most frequent first, equally frequent
    ones in the order of their code points. `kind` is "words" (`<eos>` ends each line) or "characters" (a line
    feed does, which counts as a character).
    """

    train: torch.Tensor
    valid: torch.Tensor
    test: torch.Tensor
    vocabulary: tuple[str, ...]
    kind: str
    info: DataInfo


Tree = tuple[str, tuple["Tree | str", ...]]  # a label and its children; a str is a word


@dataclass(frozen=True)
class Sentence:
    """A sentence: word forms and, where the treebank has them, its tags and trees, one entry a word.

    `upos`: universal tags, `xpos`: the treebank's own. `heads`: 1-based place of the head, 0 for the root;
    `labels`: the relation to it. `tree`: the bracketed tree. What the treebank lacks is empty.
    """

    forms: tuple[str, ...]
    upos: tuple[str, ...] = ()
    xpos: tuple[str, ...] = ()
    heads: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    tree: Tree | None = None

    def __len__(self) -> int:
        return len(self.forms)


@dataclass(frozen=True, eq=False)
class Trees:
    """One part of a treebank: its sentences, and the same as ids on one device.

    `lengths` [S] int64 words of each sentence. `columns` maps "forms", "upos", "xpos", "labels" (ids in the
    vocabulary of the same name) and "heads" (1-based, 0: root) to [W] int64, all words of all sentences one after
    the other, in the published order; columns that the treebank lacks are absent. A form that is not
    in the vocabulary has id 0, a tag or label that is not has -1, which no prediction can hit.
    """

    sentences: tuple[Sentence, ...]
    lengths: torch.Tensor
    columns: Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class TreeData:
    """A treebank on one device: its three parts and, for each column of strings, the values that ids stand for.

    A vocabulary has the values of the training part, most frequent first, equally frequent ones in the order of
    their code points; that of the forms begins with `<unk>`, the id 0 of all words not seen in training.
    """

    train: Trees
    valid: Trees
    test: Trees
    vocabulary: Mapping[str, tuple[str, ...]]
    info: DataInfo


DataSet = ImageData | TextData | TreeData
