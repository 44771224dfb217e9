"""Bracketed trees, the Penn Treebank's file format: `( (S (NP (NN time)) (VP (VBZ flies))) )`.

A leaf is a tag and a word. Traces (tag `-NONE-`) stay in the tree and are no words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from repro.data.sets import Sentence, Tree
from repro.errors import DataError

TRACE = "-NONE-"
_TOKEN = re.compile(r"[()]|[^\s()]+")


def parse(data: bytes, name: str) -> list[Sentence]:
    """The sentences of a file; `DataError` with file and line for brackets that make no tree."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {at}: not UTF-8: byte {data[error.start]:#04x}") from error
    found: list[Sentence] = []
    open_: list[tuple[int, list[Tree | str]]] = []  # the line and the parts so far, the label among them
    for number, line in enumerate(text.split("\n"), 1):
        for token in _TOKEN.findall(line):
            if token == "(":
                open_.append((number, []))
            elif not open_:
                raise DataError(f"{name}, line {number}: {token!r} outside of all brackets")
            elif token != ")":
                open_[-1][1].append(token)
            else:
                began, parts = open_.pop()
                tree = _node(parts, not open_, f"{name}, line {number}")
                if open_:
                    open_[-1][1].append(tree)
                else:
                    found.append(_sentence(tree, f"{name}, line {began}"))
    if open_:
        raise DataError(f"{name}, line {open_[0][0]}: a bracket is never closed: truncated?")
    if not found:
        raise DataError(f"{name}: holds no tree")
    return found


def leaves(tree: Tree) -> Iterator[tuple[str, str]]:
    """(tag, word) of each leaf from left to right, traces too."""
    todo: list[Tree] = [tree]
    while todo:
        label, children = todo.pop()
        if isinstance(children[0], str):
            yield label, children[0]
        else:
            todo += [c for c in reversed(children) if not isinstance(c, str)]


def _node(parts: list[Tree | str], outermost: bool, where: str) -> Tree:
    """A node of the parts between two brackets: a tag and a word, or a label and nodes."""
    labelled = bool(parts) and isinstance(parts[0], str)
    label, children = (str(parts[0]), parts[1:]) if labelled else ("", parts)
    if not children:
        raise DataError(f"{where}: brackets with {'a label alone' if labelled else 'nothing'} between them")
    strings = sum(isinstance(c, str) for c in children)
    if strings and (strings > 1 or len(children) > 1):
        raise DataError(f"{where}: {label} has {len(children)} parts, {strings} of them words")
    if not labelled and not outermost:
        raise DataError(f"{where}: an inner bracket has no label")
    return label, tuple(children)


def _sentence(tree: Tree, where: str) -> Sentence:
    """The words and tags of a tree, traces left out."""
    kept = [(tag, word) for tag, word in leaves(tree) if tag != TRACE]
    if not kept:
        raise DataError(f"{where}: a tree without words")
    tags, forms = zip(*kept, strict=True)
    return Sentence(forms, xpos=tags, tree=tree)
