"""Text as token ids: files of one sentence a line, read in words or in characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repro.data.fetch.files import read
from repro.data.fetch.sources import Source
from repro.errors import DataError

_ODD = re.compile("[\x00-\x1f\x7f\ufffd]")  # control signs, and the mark of a letter that was lost
END = "<eos>"  # what a line feed is in words; in characters it is itself
Loaded = tuple[Tensor, Tensor, Tensor, tuple[str, ...], str]


def load(found: Source, asked: Source, base: Path, device: str | torch.device) -> Loaded:
    """(train, valid, test, vocabulary, kind) of data set `found`, in the tokens of data set `asked`."""
    if found.bundled:
        from repro.data import invented

        texts = [invented.text(part) for part in invented.parts()]
    else:
        texts = [read(found, f, base) for f in found.files]
    parts = [lines(data, f.name) for data, f in zip(texts, found.files, strict=True)]
    convert = words if asked.form == "words" else characters
    vocabulary, ids = convert(parts, [f.name for f in found.files])
    train, valid, test = (torch.tensor(i, device=device) for i in ids)
    return train, valid, test, vocabulary, asked.form


def lines(data: bytes, name: str) -> list[str]:
    """The lines of a text without blanks around them; `DataError` with file and line for what no text holds."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {at}: not UTF-8: byte {data[error.start]:#04x}") from error
    if not text.endswith("\n"):
        raise DataError(f"{name}, line {text.count(chr(10)) + 1}: truncated: the last line has no line feed")
    found = [line.strip(" ") for line in text[:-1].split("\n")]
    for i, line in enumerate(found, 1):
        if not line:
            raise DataError(f"{name}, line {i}: empty")
        if odd := _ODD.search(line):
            raise DataError(f"{name}, line {i}: holds {odd[0]!r}")
        if END in line:
            raise DataError(f"{name}, line {i}: holds {END}, which we put at its end")
    return found


def words(
    parts: Sequence[list[str]], names: Sequence[str]
) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    """(vocabulary, token ids of each part); words are what stands between blanks, `<eos>` ends each line."""
    split = [f" {END} ".join([*part, ""]).split() for part in parts]
    count = Counter(split[0])
    vocabulary = tuple(sorted(count, key=lambda w: (-count[w], w)))
    number = {w: i for i, w in enumerate(vocabulary)}
    ids = []
    for part, name, tokens in zip(parts, names, split, strict=True):
        try:
            ids.append(np.array([number[w] for w in tokens], np.int64))
        except KeyError as error:
            line = next(i for i, text in enumerate(part, 1) if error.args[0] in text.split())
            raise DataError(_unseen(name, line, error.args[0], names[0])) from None
    return vocabulary, ids


def characters(
    parts: Sequence[list[str]], names: Sequence[str]
) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    """(vocabulary, token ids of each part); a line feed ends each line and is a character like the others."""
    codes = [
        np.frombuffer("\n".join([*part, ""]).encode("utf-32-le"), np.uint32).astype(np.int64)
        for part in parts
    ]
    seen, count = np.unique(codes[0], return_counts=True)
    order = np.lexsort((seen, -count))
    number = np.empty(len(seen), np.int64)
    number[order] = np.arange(len(seen))
    ids = []
    for name, part in zip(names, codes, strict=True):
        at = np.searchsorted(seen, part).clip(max=len(seen) - 1)
        odd = np.flatnonzero(seen[at] != part)
        if odd.size:
            line = int((part[: odd[0]] == ord("\n")).sum()) + 1
            raise DataError(_unseen(name, line, chr(part[odd[0]]), names[0]))
        ids.append(number[at])
    return tuple(chr(c) for c in seen[order]), ids


def _unseen(name: str, line: int, token: str, train: str) -> str:
    return f"{name}, line {line}: {token!r} does not occur in {train}: not the same preprocessing?"
