"""Author names: split a page's list, undo its small damage, and compare two lists of the same people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from metadata import latex
from metadata.errors import UnusableDocumentError
from metadata.text import collapse, fold

MAX_NAMES = 3000  # large collaborations have about that many authors
_MAX_NAME = 120  # characters
_NOTE = re.compile(r" ?\([^()]*\)")  # affiliations, as arXiv prints them: "Xu Sun (1 and 2)"
_FORBIDDEN = re.compile(r"[*/=<>{}\[\]|\\@:#_^~$%+!?]")  # in no name: prose, markup or code was taken for one
_AND = re.compile(r",? and |;", re.IGNORECASE)


@dataclass(frozen=True)
class AuthorList:
    """Names in the order of the source, and what had to be repaired to read them (one sentence each)."""

    names: tuple[str, ...]
    repairs: tuple[str, ...] = ()


def split_authors(text: str, *, place: str) -> AuthorList:
    """Return the names in a list separated by commas, `and` or `;`, with LaTeX accents decoded.

    Two neighbours of one word each are one person whose name a line break or comma split (`Simon, Osindero`);
    each such repair is reported. `place` names the field in the `UnusableDocumentError` raised for a list
    that holds no names, or something that is no name.
    """
    plain = _NOTE.sub("", collapse(latex.decode(text)))
    parts = [one_name(part, place=place) for part in _AND.sub(",", plain).split(",") if part.strip()]
    if not parts or len(parts) > MAX_NAMES:
        raise UnusableDocumentError(f"{place}: {len(parts)} names", expected=f"1 to {MAX_NAMES}")
    return _join_halves(parts)


def one_name(text: str, *, place: str) -> str:
    """Return the single name in `text`, LaTeX accents decoded; `UnusableDocumentError` if it is none."""
    name = collapse(latex.decode(text))
    if len(name) > _MAX_NAME or not any(c.isalpha() for c in name) or _FORBIDDEN.search(name):
        raise UnusableDocumentError(
            f"{place}: not a name", got=name, expected=f"letters, at most {_MAX_NAME}"
        )
    return name


def _join_halves(parts: list[str]) -> AuthorList:
    names: list[str] = []
    repairs: list[str] = []
    waiting = ""  # a one-word part that may be the first half of the next one
    for part in parts:
        if waiting and " " not in part:
            names[-1] = f"{waiting} {part}"
            repairs.append(f"{waiting!r} and {part!r} read as one name, {names[-1]!r}")
            waiting = ""
        else:
            names.append(part)
            waiting = "" if " " in part else part
    return AuthorList(tuple(names), tuple(repairs))


def family_and_given(name: str) -> tuple[str, str]:
    """Return family name and given names: the last word, and the rest (may be empty)."""
    given, _, family = name.rpartition(" ")
    return family, given


def same_person(a: str, b: str) -> bool:
    """Tell whether two names can be one person: accents, case and initials (`W. M. Czarnecki`) set aside."""
    return _same(_words(a), _words(b))


def _words(name: str) -> list[str]:
    return fold(latex.decode(name)).split()


def _same(a: list[str], b: list[str]) -> bool:
    if a == b:
        return bool(a)
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        return False
    given = zip(a[:-1], b[:-1], strict=False)  # a middle name may be left out
    return all(x == y or (1 in (len(x), len(y)) and x[0] == y[0]) for x, y in given)


@dataclass(frozen=True)
class Comparison:
    """How a list of names relates to the true one: shared, missing, foreign ones, and the order."""

    shared: tuple[str, ...]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]
    same_order: bool

    @property
    def same(self) -> bool:
        """Whether both lists name the same people, in whatever order."""
        return not self.missing and not self.foreign

    @property
    def difference(self) -> str:
        """Who is missing and who is foreign, in words; at most five names each."""
        missing, foreign = (", ".join(names[:5]) or "nobody" for names in (self.missing, self.foreign))
        return f"missing is {missing}, foreign is {foreign}"


def compare(found: Sequence[str], true: Sequence[str]) -> Comparison:
    """Compare the names `found` in a document with the `true` ones; each person is matched once."""
    left = [(name, _words(name)) for name in true]
    shared: list[str] = []
    foreign: list[str] = []
    for name in found:
        words = _words(name)
        match = next((pair for pair in left if _same(words, pair[1])), None)
        if match is None:
            foreign.append(name)
        else:
            left.remove(match)
            shared.append(match[0])
    order = [t for t in true if t in shared]
    missing = tuple(t for t, _ in left)
    return Comparison(tuple(shared), missing, tuple(foreign), shared == order)
