"""Text of pages and titles: lines, white space, loose comparison."""

from __future__ import annotations

import re
import unicodedata

ELLIPSES = ("…", "...")  # how pages mark a text that they cut off
_NEWLINE = re.compile(r"\r\n|\r|\n")  # str.splitlines would also split at form feeds and U+2028
_OTHER = re.compile(r"[\W_]+")  # what is neither letter nor digit
_SPECIAL = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def lines(text: str) -> list[str]:
    """Return the lines of `text` with white space (no-break spaces too) collapsed, empty ones kept."""
    return [collapse(line) for line in _NEWLINE.split(text)]


def collapse(text: str) -> str:
    """Return `text` with every run of white space made one space, and none at the ends."""
    return " ".join(text.split())


def fold(text: str) -> str:
    """Return `text` for comparison: lower case, no accents, punctuation as spaces, no invisible characters.

    `Świrszcz` and `swirszcz` fold to the same, and so do a title in small and in capital letters.
    """
    if text.isascii():
        return collapse(_OTHER.sub(" ", text.lower()))  # the same, and quick for what is read most
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_SPECIAL)
    return collapse(_OTHER.sub(_space, decomposed))


def _space(match: re.Match[str]) -> str:
    run = match[0]
    if run.isascii():
        return " "
    return "".join("" if unicodedata.category(c) in ("Mn", "Cf") else " " for c in run)


def is_cut(text: str) -> bool:
    """Tell whether `text` ends in an ellipsis, the mark of a text that the page cut off."""
    return text.rstrip().endswith(ELLIPSES)


def uncut(text: str) -> str:
    """Return `text` without the ellipsis at its end."""
    bare = text.rstrip()
    for mark in ELLIPSES:
        bare = bare.removesuffix(mark)
    return bare.rstrip()


def printable(text: str) -> str:
    """Return `text` safe for a terminal: control and formatting characters shown as escapes, one line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def containment(a: str, b: str, *, size: int = 4) -> float | None:
    """Return the share (0 to 1) of the shorter text's `size`-word sequences that the longer one has.

    None if the shorter one has fewer than 12 words: too little to tell texts apart. A cut-off copy gives 1,
    two unrelated abstracts give 0.
    """
    short, long = sorted((fold(a).split(), fold(b).split()), key=len)
    if len(short) < 12:
        return None
    wanted, had = (_sequences(words, size) for words in (short, long))
    return len(wanted & had) / len(wanted)


def _sequences(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
