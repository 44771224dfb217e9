"""Text of pages and titles: lines, white space, loose comparison, and what may reach a terminal."""

import re
import unicodedata
from functools import lru_cache

_NEWLINE = re.compile(r"\r\n|\r|\n")  # str.splitlines would also split at form feeds and U+2028
_OTHER = re.compile(r"[\W_]+")  # what is neither letter nor digit
_SPECIAL = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
# Cyrillic and Greek letters that look like Latin ones, as far as titles are imitated with them.
LOOKALIKES = str.maketrans("аесорхуіјѕһԁгԛԝвкмнтαεικνορτυχ", "aecopxyijshdrqwbkmhtaeiknoptux")
_SHORT = 3000  # characters of a text that is worth remembering
_LONGEST_WORD = 80  # normalising takes quadratic time in the length of a run of combining marks


def lines(text: str) -> list[str]:
    """Return the lines of `text` with white space (no-break spaces too) collapsed, empty ones kept."""
    return [collapse(line) if line else "" for line in _NEWLINE.split(text)]


def collapse(text: str) -> str:
    """Return `text` with every run of white space made one space, and none at the ends."""
    return " ".join(text.split())


def clean(text: str) -> str:
    """Return `text` for showing and citing: one line, composed, no control, bidi or zero-width characters."""
    if text.isascii() and text.isprintable():
        return collapse(text)
    bad = ("Cc", "Cf", "Co", "Cs", "Cn")
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in bad)
    return " ".join(unicodedata.normalize("NFC", word[:_LONGEST_WORD]) for word in kept.split())


def fold(text: str) -> str:
    """Return `text` for comparison: no case, no accents (`swirszcz`), punctuation as spaces, nothing invisible."""
    return _fold_short(text) if len(text) < _SHORT else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return collapse(_OTHER.sub(" ", text.lower()))  # the same, and quick for what is read most
    words = (unicodedata.normalize("NFKD", word[:_LONGEST_WORD]) for word in text.split())
    return collapse(_OTHER.sub(_space, " ".join(words).casefold().translate(_SPECIAL)))


_fold_short = lru_cache(maxsize=512)(_fold)  # titles, names and abstracts of the pins come again and again


def _space(match: re.Match[str]) -> str:
    return "".join("" if unicodedata.category(c) in ("Mn", "Cf") else " " for c in match[0])


def squash(text: str) -> str:
    """Return the letters and digits of `fold(text)` alone: hyphenation, layout and `$` do not matter."""
    return fold(text).replace(" ", "")


def printable(text: str) -> str:
    """Return `text` safe for a terminal: control and formatting characters shown as escapes, one line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def common(a: str, b: str, *, size: int = 4) -> float:
    """Return the share (0 to 1) of the `size`-word sequences of `a` that stand in `b` too."""
    words = [fold(text).split() for text in (a, b)]
    ours, theirs = ({tuple(w[i : i + size]) for i in range(len(w) - size + 1)} for w in words)
    return len(ours & theirs) / len(ours) if ours else 0.0
