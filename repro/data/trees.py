"""Treebanks: sentences with tags and trees, from CoNLL-U or bracketed files, and the same as tensors of ids."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch

from repro.data import brackets, conllu
from repro.data.fetch.files import read
from repro.data.fetch.sources import Source
from repro.data.sets import UNKNOWN, Sentence, Trees
from repro.errors import DataError

STRINGS = ("forms", "upos", "xpos", "labels")
SUFFIXES = (".conllu", ".mrg")
VALID_FROM, TEST_FROM = (
    161,
    181,
)  # of NLTK's files 1 to 199: the sample has no official split, this one is ours
Parts = tuple[Sequence[Sentence], Sequence[Sentence], Sequence[Sentence]]


def load(
    found: Source, base: Path, device: str | torch.device
) -> tuple[Trees, Trees, Trees, Mapping[str, tuple[str, ...]]]:
    """(train, valid, test, vocabularies) of a treebank."""
    parts: Parts
    if found.bundled:
        from repro.data import invented

        parts = invented.parts()
    elif found.form == "conllu":
        train, valid, test = (conllu.parse(read(found, f, base), f.name) for f in found.files)
        parts = train, valid, test
    else:
        parts = _of_zip(read(found, found.files[0], base), found.files[0].name)
    return tensors(parts, device)


def tensors(
    parts: Parts, device: str | torch.device = "cpu"
) -> tuple[Trees, Trees, Trees, Mapping[str, tuple[str, ...]]]:
    """The three parts with ids, and the vocabularies of the first, as `TreeData` says of them."""
    vocabulary = {}
    for column in (c for c in STRINGS if getattr(parts[0][0], c)):
        count = Counter(value for s in parts[0] for value in getattr(s, column))
        values = sorted(count, key=lambda v: (-count[v], v))
        vocabulary[column] = tuple([UNKNOWN] * (column == "forms") + values)
    train, valid, test = (_encoded(part, vocabulary, device) for part in parts)
    return train, valid, test, vocabulary


def read_trees(*places: str | os.PathLike[str]) -> tuple[Sentence, ...]:
    """The sentences of files (`.conllu`; `.mrg` and any other: brackets), or of all such files in folders, sorted.

    For treebanks that no address gives away, such as the Wall Street Journal's sections. `DataError`: a place that is
    not there, holds no such file, or a file that is damaged (its name and line).
    """
    found: list[Sentence] = []
    for place in map(Path, places):
        files = [place]
        if place.is_dir():
            files = sorted(p for p in place.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        if not files:
            raise DataError(f"{place}: no file that ends in {' or '.join(SUFFIXES)}")
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise DataError(f"cannot read {file}: {error.strerror or error}") from error
            found += (conllu if file.suffix == ".conllu" else brackets).parse(data, str(file))
    return tuple(found)


def _of_zip(data: bytes, name: str) -> Parts:
    """NLTK's sample: its files of trees (`combined/wsj_0001.mrg` …), split by their numbers."""
    parts: tuple[list[Sentence], list[Sentence], list[Sentence]] = ([], [], [])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in sorted(m for m in archive.namelist() if m.endswith(".mrg")):
                number = int(member[-8:-4])
                part = parts[(number >= VALID_FROM) + (number >= TEST_FROM)]
                part += brackets.parse(archive.read(member), f"{name}: {member}")
    except (zipfile.BadZipFile, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: not NLTK's archive of trees: {error}") from error
    return parts


def encode(values: Iterable[str], vocabulary: Sequence[str], unseen: int) -> list[int]:
    """The place of each value in the vocabulary, `unseen` for those that are not in it."""
    number = {v: i for i, v in enumerate(vocabulary)}
    return [number.get(v, unseen) for v in values]


def _encoded(
    sentences: Sequence[Sentence], vocabulary: Mapping[str, tuple[str, ...]], device: str | torch.device
) -> Trees:
    """Sentences as `Trees`."""
    columns = {
        column: encode((v for s in sentences for v in getattr(s, column)), values, -(column != "forms"))
        for column, values in vocabulary.items()
    }
    if sentences[0].heads:
        columns["heads"] = [h for s in sentences for h in s.heads]
    lengths = torch.tensor([len(s) for s in sentences], device=device)
    return Trees(tuple(sentences), lengths, {c: torch.tensor(v, device=device) for c, v in columns.items()})
