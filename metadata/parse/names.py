r"""Author names: split a page's list, find the authors of a paper in a byline, however it writes them.

LaTeX accents are decoded and encoded, `Grzegorz \'Swirszcz` as `Grzegorz Świrszcz`; nothing else of LaTeX is read.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from metadata.errors import UnusableDocumentError
from metadata.parse.text import clean, fold

MAX_NAMES = 3000  # large collaborations have about that many authors
_MAX_NAME, _MAX_BYLINE = 120, 20_000  # characters
_NOTE = re.compile(r" ?\([^()]*\)")  # affiliations, as arXiv prints them: "Xu Sun (1 and 2)"
_FORBIDDEN = re.compile(r"[*/=<>{}\[\]|\\@:#_^~$%+!?]")  # in no name: prose, markup or code was taken for one
_HALVES = re.compile(r"^(\S+)\n(\S+)$", re.MULTILINE)  # of a name, a line each
_AND = re.compile(r",? and |;", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_MAIL = re.compile(r"\{[a-z\d._, -]{0,200}\}@\S{1,99}|\S{0,99}@\S{1,99}")
_ET_AL = re.compile(r"\bet al\b|\band others\b|\bund andere\b|等")
# Words of a byline that are no names: those that join or adorn names, and places of work (of these papers first).
_JOINING = frozenset(
    "and et al others und andere by authors author equal contribution corresponding correspondence to mail email "
    "contact of the for at in on prof phd dr jr equally contributed member members ieee".split()
)
_PLACES = frozenset(
    "university institute school department dept college faculty center centre laboratory lab labs key moe ministry "
    "education science sciences technology engineering electronics computer computational linguistics artificial "
    "intelligence research ai inc ltd google deepmind london uk united kingdom peking beijing china usa".split()
)
NEUTRAL = _JOINING | _PLACES
# LaTeX accent command → combining character (Unicode chart U+0300).
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "th": "þ", "TH": "Þ",
}  # fmt: skip
_COMMANDS = {char: name for name, char in _ACCENTS.items()}
_NAMES = {char: name for name, char in _LETTERS.items()}
_SYMBOL_ACCENT = re.compile(r"\\([`'^~=.\"])\s?(?:\{(\\?[A-Za-z])\}|(\\[ij](?:\s|(?![A-Za-z]))|[A-Za-z]))")
_LETTER_ACCENT = re.compile(r"\\([uvHcdkr])(?:\{(\\?[A-Za-z])\}|\s(\\?[A-Za-z]))")
_LETTER = re.compile(rf"\\({'|'.join(sorted(_LETTERS, key=len, reverse=True))})(?:\{{\}}|\s|(?![A-Za-z]))")
_SPECIAL = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
            "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}  # fmt: skip


def split_authors(text: str, *, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names in a list separated by commas, `and` or `;`, and what was repaired, one sentence each.

    Two neighbours of one word each are one person whose name a line break or comma split (`Simon, Osindero`): a
    repair. `place` names the field in the `UnusableDocumentError` for a list without names, or with what is none.
    """
    plain = _AND.sub(",", _NOTE.sub("", clean(text)))
    parts = [one_name(part, place=place) for part in plain.split(",") if part.strip()]
    if not parts or len(parts) > MAX_NAMES:
        raise UnusableDocumentError(f"{place}: {len(parts)} names", expected=f"1 to {MAX_NAMES}")
    listed = "\n".join(parts)
    repairs = (
        f"{m[1]!r} and {m[2]!r} read as one name, {' '.join(m.groups())!r}" for m in _HALVES.finditer(listed)
    )
    return tuple(_HALVES.sub(r"\1 \2", listed).split("\n")), tuple(repairs)


def one_name(text: str, *, place: str) -> str:
    """Return the single name in `text`, LaTeX accents decoded; `UnusableDocumentError` if it is none."""
    name = clean(decode(text[: _MAX_NAME * 2]))
    if len(text) > _MAX_NAME or not any(c.isalpha() for c in name) or _FORBIDDEN.search(name):
        expected = f"letters, at most {_MAX_NAME}"
        raise UnusableDocumentError(f"{place}: not a name", got=name, expected=expected)
    return name


def family_and_given(name: str) -> tuple[str, str]:
    """Return family name and given names: the last word, and the rest (may be empty)."""
    given, _, family = name.rpartition(" ")
    return family, given


@dataclass(frozen=True)
class Byline:
    """Who of a paper's `authors` stands in a byline.

    `found` are their places (from 0) in the order of the byline, `weak` those named by family name alone;
    `foreign` are the words left over that no name or place of work explains, `open` tells of an "et al.", or of
    more than is read.
    """

    authors: tuple[str, ...]
    found: tuple[int, ...]
    weak: tuple[int, ...]
    foreign: tuple[str, ...]
    open: bool

    @property
    def complete(self) -> bool:
        """Whether every author of the paper is named, and nobody else."""
        return len(self.found) == len(self.authors) and not self.foreign and not self.open

    @property
    def ordered(self) -> bool:
        """Whether those named come in the paper's order."""
        return list(self.found) == sorted(self.found)

    def __str__(self) -> str:
        whose = "the paper's" if self.ordered else "another"
        missing = [name for i, name in enumerate(self.authors) if i not in self.found]
        parts = {
            f"{len(self.found)} of the paper's {len(self.authors)} authors": True,
            f"in {whose} order": bool(self.found),
            f"{len(self.weak)} by family name alone": bool(self.weak),
            f"'et al.' for {len(missing)}": bool(missing) and self.open,
            f"missing: {', '.join(missing)}": bool(missing) and not self.open,
            f"foreign: {' '.join(self.foreign[:8])}": bool(self.foreign),
        }
        return "; ".join(part for part, said in parts.items() if said)


def find_authors(byline: str, authors: Sequence[str]) -> Byline:
    """Find `authors` in the text of a byline: initials, family name first, any separator, footnote marks."""
    tokens = decode(_NOTE.sub(_unless_a_name, _MAIL.sub(" ", byline[:_MAX_BYLINE]))).split()
    spelled = [(word, token) for token in tokens for w in fold(token).split() if (word := _DIGITS.sub("", w))]
    words = [word for word, _ in spelled]
    people = dict(enumerate(map(_spellings, authors)))  # those not found yet
    found, weak, foreign, line, at, place = list[int](), list[int](), list[str](), " ".join(words), 0, 0
    while at < len(words):  # its place is where it stands in the line
        named = ((m[0], -i) for i, form in people.items() if (m := form.match(line, place)))
        text, who = max(named, key=lambda n: (n[0].count(" "), n[1]), default=("", 0))
        if text:
            del people[-who]
            found.append(-who)
            weak += [-who] if " " in fold(authors[-who]) and " " not in text else []
        elif words[at] not in NEUTRAL:
            foreign.append(clean(spelled[at][1]).strip(".,;*()"))
        place += len(text or words[at]) + 1
        at += text.count(" ") + 1
    more = bool(_ET_AL.search(line)) or len(byline) > _MAX_BYLINE
    return Byline(tuple(authors), tuple(found), tuple(weak), tuple(dict.fromkeys(foreign)), more)


def _unless_a_name(note: re.Match[str]) -> str:
    """Return a space for a note on where somebody works; what else stands in brackets stays: perhaps a name."""
    words = fold(note[0]).split()
    return " " if len(words) < 2 or any(w.isdecimal() or w in _PLACES for w in words) else note[0]


def _spellings(name: str) -> re.Pattern[str]:
    """Return the pattern of a name: given names in full, as initials, joined, middle ones left out; family first."""
    *given, family = fold(name).split()
    words = [rf"(?:{word}|{word[0]})(?!\S)" for word in given]
    middle = "".join(f"(?: {word})?+" for word in words[1:])  # possessive: in linear time, whatever the name
    joined = f"{''.join(word[0] for word in given)}|" if middle else ""
    names = f"(?:{joined}{words[0]}{middle})" if given else "(?!)"
    return re.compile(rf"(?:{names} {family}|{family}(?: {names})?)(?!\S)")


def decode(text: str) -> str:
    r"""Return `text` (NFC) with LaTeX accents and letters (`\'S`, `\v{c}`, `{\o}`) as Unicode; all else stays."""
    if "\\" in text:
        text = _LETTER_ACCENT.sub(_accented, _SYMBOL_ACCENT.sub(_accented, text))
        text = _LETTER.sub(lambda m: _LETTERS[m[1]], text).replace("{", "").replace("}", "")
    return unicodedata.normalize("NFC", text)


def _accented(match: re.Match[str]) -> str:
    # An accent on a dotless i (`\'{\i}`) is, in Unicode, one on the ordinary letter.
    letter = (match[2] or match[3]).strip("\\ ")
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])


def encode(text: str) -> str:
    r"""Return `text` for BibTeX: accents as `{\'S}`, letters as `{\o}`, LaTeX's own characters escaped."""
    return "".join(_encoded(c) for c in unicodedata.normalize("NFC", text))


def _encoded(c: str) -> str:
    letter, *marks = list(unicodedata.normalize("NFD", c))
    if c in _NAMES:
        return f"{{\\{_NAMES[c]}}}"
    if len(marks) != 1 or marks[0] not in _COMMANDS or not letter.isascii():
        return _SPECIAL.get(c, c)  # biber and modern LaTeX read UTF-8; inventing a command would not compile
    command = _COMMANDS[marks[0]]
    return f"{{\\{command}{{{letter}}}}}" if command.isalpha() else f"{{\\{command}{letter}}}"
