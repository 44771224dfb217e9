"""CoNLL-U, the file format of Universal Dependencies: a word a line, ten columns, a blank line after each sentence.

See universaldependencies.org/format.html. Lines of multiword tokens (`3-4`) and of empty nodes (`8.1`) carry no word
of the basic tree and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from repro.data.sets import Sentence
from repro.errors import DataError

COLUMNS = 10
_PASSED_OVER = re.compile(r"[1-9][0-9]*-[1-9][0-9]*|[0-9]+\.[1-9][0-9]*")
_NUMBER = re.compile(r"0|[1-9][0-9]*")


def parse(data: bytes, name: str) -> list[Sentence]:
    """The sentences of a file; `DataError` with file and line for what is not CoNLL-U or not a tree."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {at}: not UTF-8: byte {data[error.start]:#04x}") from error
    found: list[Sentence] = []
    words: list[Sequence[str]] = []
    first = number = 0  # lines: of the sentence at hand, and this one
    lines = text.removesuffix("\n").split("\n")  # not splitlines: other signs may stand in a form
    for number, line in enumerate(lines, 1):
        if line.startswith("#") and not words:
            continue
        if line:
            columns = _columns(line, name, number)
            first = first or number
            if not _PASSED_OVER.fullmatch(columns[0]):
                _refuse_word(columns, len(words) + 1, name, number)
                words.append(columns)
        elif words:
            found.append(_sentence(words, name, first))
            words, first = [], 0
    if words or not text.endswith("\n"):
        raise DataError(f"{name}, line {number}: truncated: no blank line after the last sentence")
    if not found:
        raise DataError(f"{name}: holds no sentence")
    return found


def text(sentences: Sequence[Sentence]) -> bytes:
    """The sentences as a CoNLL-U file; columns that they lack are `_`."""
    out = []
    for s in sentences:
        for i, form in enumerate(s.forms):
            head = str(s.heads[i]) if s.heads else "_"
            tags = [c[i] if c else "_" for c in (s.upos, s.xpos, s.labels)]
            out.append("\t".join((str(i + 1), form, "_", tags[0], tags[1], "_", head, tags[2], "_", "_")))
        out.append("")
    return ("\n".join(out) + "\n").encode()


def _columns(line: str, name: str, number: int) -> list[str]:
    columns = line.split("\t")
    if len(columns) != COLUMNS:
        raise DataError(
            f"{name}, line {number}: {len(columns)} columns, expected {COLUMNS} with tabs between"
        )
    if "" in columns or line.endswith("\r"):
        what = "an empty column, expected _" if "" in columns else "a carriage return at its end"
        raise DataError(f"{name}, line {number}: {what}")
    return columns


def _refuse_word(columns: Sequence[str], expected: int, name: str, number: int) -> None:
    """`DataError` unless a word's id is the next one and its head is a number."""
    if columns[0] != str(expected):
        raise DataError(f"{name}, line {number}: word id {columns[0]!r}, expected {expected}")
    if not _NUMBER.fullmatch(columns[6]):
        raise DataError(f"{name}, line {number}: head {columns[6]!r} is no number")


def _sentence(words: Sequence[Sequence[str]], name: str, first: int) -> Sentence:
    """A sentence whose heads make a tree; `first` is its first line."""
    _, forms, _, upos, xpos, _, head, labels, _, _ = zip(*words, strict=True)
    heads = tuple(map(int, head))
    where = f"{name}, sentence at line {first}"
    if max(heads) > len(heads):
        raise DataError(f"{where}: head {max(heads)} of {len(heads)} words")
    if heads.count(0) != 1:
        raise DataError(f"{where}: {heads.count(0)} roots, expected 1")
    if (at := _in_a_circle(heads)) is not None:
        raise DataError(f"{where}: word {at} hangs on itself")
    return Sentence(forms, upos, xpos, heads, labels)


def _in_a_circle(heads: Sequence[int]) -> int | None:
    """A word (1-based) from which the way up never ends, None if there is none."""
    to_root = {0}
    for start in range(1, len(heads) + 1):
        way: list[int] = []
        at = start
        while at not in to_root:
            if len(way) > len(heads):
                return start
            way.append(at)
            at = heads[at - 1]
        to_root.update(way)
    return None
