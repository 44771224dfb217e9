"""Read the text of a paper, or of a page about one: a manuscript in Markdown, a site's listing, a PDF's first page.

Only what stands in its own place is read: the lines of the head (title, byline, stamp), the abstract, the references.
Which of the head's lines are the title, and who the names are, is decided against the pinned papers, not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime

from metadata.errors import MissingFieldError
from metadata.parse import strict_json
from metadata.parse.ids import ARXIV, split_arxiv
from metadata.parse.text import clean, collapse, fold, lines

_MAX_HEAD, _MAX_LINE, _MAX_ABSTRACT = 60, 2000, 8000  # lines, characters, characters
_TITLE_LINES = 4  # over which a PDF may spread a title
_MENTION = re.compile(rf"\b(?i:arXiv:|arxiv\.org/(?:abs|pdf)/)({ARXIV})\b")
# A line that is nothing but the paper's own id, as arXiv stamps it: "arXiv:1706.06197v5 [cs.LG] 11 Mar 2019".
_STAMP = re.compile(
    rf"(?i:arXiv: ?|https?://arxiv\.org/(?:abs|pdf)/)({ARXIV})(?: ?\[[A-Za-z.-]{{2,20}}\])?(?: (.{{6,20}}))?"
)
_IN_TITLE = re.compile(rf"\[({ARXIV})\] ?")
_HEADING = re.compile(r"#{1,6} ?(.*)")
_HINT = re.compile("abstract|zusammenfassung|résumé|resumen|аннотация|摘要", re.IGNORECASE)
# Perhaps with a number ("2.1", "A.") before, and the text behind.
_ABSTRACT = re.compile(
    rf"(?:(?:\d{{1,2}}(?:\.\d{{1,2}})*\.?|[A-Z]\.) ?)?(?:{_HINT.pattern})(?: ?[.:—–-]+ ?(.*))?", re.IGNORECASE
)
_REFERENCES = re.compile(r"^[#*_ \d.]*references[*_: ]*$", re.IGNORECASE)
# Headings that end head or abstract where no Markdown marks them.
_SECTION = re.compile(
    r"(?:tl;dr|contribution|findings|peer reviews|code & models|videos|taxonomy|references)$"
    r"|(?:(?:\d{1,2}|I)\.? )?(?:introduction|index terms|ccs concepts|einleitung|keywords)\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?:[-*] )?\[[^\[\]]{1,40}\] (.+)")
_ABOUT = re.compile(
    r"\b(?:review(?:s|ed|er|ers)?|summar(?:y|ised|ized)|blog|commentary|critique|reading group|posted|slides"
    r"|lecture|translat(?:ed|ion|or)|presented|anonymous"
    r"|this (?:post|talk|note|article)|the (?:paper|work) by|the authors|explain(?:s|ed)|wikipedia)\b|^>",
    re.IGNORECASE,
)
_MARKS = str.maketrans("", "", "*_`#")
_WORD_DATE = re.compile(r"(?:(\d{1,2})\.? )?([A-Za-z]{3,9})\.? (?:(\d{1,2}),? )?([12]\d{3})")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class PaperText:
    """What a document says of the paper that it is. `head` are its lines before the abstract, without stamps.

    `own` are the ids (as written) that it gives for itself, `mentions` all others in it; an ellipsis at its end is
    not part of `abstract`. `references` are the entries as written. `about` tells that the text speaks as a review,
    a summary or a translation does: about a paper. `formal` tells that the form leaves no doubt which field is
    which (what a record says, or arXiv's own page).
    """

    head: tuple[str, ...]
    own: tuple[str, ...]
    abstract: str
    mentions: tuple[str, ...] = ()
    date: date | None = None
    references: tuple[str, ...] = ()
    about: bool = False
    formal: bool = False

    @property
    def title(self) -> str:
        """The first line of the head."""
        return self.head[0]

    @property
    def byline(self) -> str:
        """The lines under it."""
        return "\n".join(self.head[1:])

    def versions(self, base: str) -> set[int | None]:
        """Return the versions under which it gives the arXiv id `base` for itself (None: without one)."""
        return {version for b, version in map(split_arxiv, self.own) if b == base}

    def after(self, title: str) -> tuple[bool, str]:
        """Return whether its first lines are `title`, and the byline after them, one line of it a line."""
        for count in range(1, min(_TITLE_LINES, len(self.head)) + 1):
            if fold(" ".join(self.head[:count])) == fold(title):
                return True, "\n".join(self.head[count:])
        return False, self.byline


def parse(data: bytes) -> PaperText:
    """Return what the text `data` (UTF-8, at most 1 MiB) says; `MissingFieldError` if it has no head."""
    page = [line for line in lines(strict_json.decode(data)) if line]
    own, dates = list[str](), list[date]()
    heading = _HEADING.fullmatch if page and _HEADING.fullmatch(page[0]) else _SECTION.match

    def end(start: int) -> int:  # of the section in which the line `start` stands; the first line begins one
        return next((i for i in range(max(start, 1), len(page)) if heading(page[i])), len(page))

    headed = ((i, match) for i, line in enumerate(page) if i and (match := abstract_heading(line)))
    start, found = next(headed, (len(page), None))
    abstract = " ".join([found[1] or "", *page[start + 1 : end(start + 1)]] if found else [])[:_MAX_ABSTRACT]
    top = page[: min(end(0), start, _MAX_HEAD + 1)]
    head = [clean(_own(line, own, dates)[:_MAX_LINE]) for line in top]
    if not any(head):
        what, got = "title: the document does not begin with one", page[0] if page else "nothing"
        raise MissingFieldError(what, got=got)
    if start > _MAX_HEAD or any(len(line) > _MAX_LINE for line in top):
        head.append("… and more")  # nobody shall take such a byline for complete
    references = next((i for i, line in enumerate(page) if _REFERENCES.search(line)), len(page))
    entries = (_REFERENCE.fullmatch(line[:_MAX_LINE]) for line in page[references : references + 1000])
    mentions = dict.fromkeys(m[1] for line in page for m in _MENTION.finditer(line) if m[1] not in own)
    return PaperText(
        head=tuple(line for line in head if line), own=tuple(dict.fromkeys(own)), mentions=tuple(mentions)[:20],
        date=min(dates, default=None), references=tuple(m[1] for m in entries if m),
        abstract=clean(abstract.strip().removesuffix("…").removesuffix("...")),
        about=any(_ABOUT.search(line) for line in page if not _REFERENCE.match(line[:_MAX_LINE])),
    )  # fmt: skip


def abstract_heading(line: str) -> re.Match[str] | None:
    """Return the match of a line that is the heading of an abstract, perhaps with its text behind, else None."""
    return _ABSTRACT.fullmatch(collapse(line.translate(_MARKS))) if _HINT.search(line) else None


def _own(line: str, own: list[str], dates: list[date]) -> str:
    """Take the paper's own id and date out of a line of its head, into `own` and `dates`; return the rest."""
    line = collapse(line[: _MAX_LINE + 1].translate(_MARKS))
    stamp, titled = _STAMP.fullmatch(line), _IN_TITLE.match(line)
    day = parse_date((stamp[2] or "") if stamp else line)
    dates += [day] if day else []
    match = stamp if stamp and (day or stamp[2] is None) else titled
    if match:
        own.append(match[1])
        return line[match.end() :]
    return "" if day else line


def parse_date(line: str) -> date | None:
    """Return the date that makes up `line` (`Jun 12 2018`, `12 June 2018`, `2018-06-12`), else None."""
    words = _WORD_DATE.fullmatch(line)
    try:
        if _ISO_DATE.fullmatch(line):
            return date.fromisoformat(line)
        if words and (day := words[1] or words[3]):
            return parsedate_to_datetime(f"{day} {words[2][:3]} {words[4]} 00:00").date()
    except ValueError:
        pass
    return None
