r"""LaTeX accents in names: `Grzegorz \'Swirszcz` ↔ `Grzegorz Świrszcz`. Nothing else of LaTeX is read."""

import re
import unicodedata

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


def decode(text: str) -> str:
    r"""Return `text` with LaTeX accents and letters as Unicode (NFC): `\'S`, `\v{c}`, `{\o}` and the like.

    Commands that are no accent are left as they stand, so that nothing is silently lost.
    """
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
