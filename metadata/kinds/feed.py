"""Parse an answer of arXiv's Atom API (https://info.arxiv.org/help/api/user-manual.html), safely.

No DTD is accepted. No tree is built: texts are collected by place, so that a hostile megabyte costs a few.
"""

import re
from collections import defaultdict

from metadata.errors import UnusableDocumentError
from metadata.kinds.page import CATEGORY, ArxivPaper, only, withdrawal
from metadata.parse import strict_json
from metadata.parse.ids import parse_arxiv
from metadata.parse.names import MAX_NAMES, one_name
from metadata.parse.shape import parse_time
from metadata.parse.text import clean, collapse

_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_ID = re.compile(r"https?://(?:export\.)?arxiv\.org/abs/(\S+)")
_PLAIN = ("title", "summary", "id", "published", "updated", "name")  # hold text alone
_MAX_ELEMENTS = 4 * MAX_NAMES  # a feed of one paper has some fifteen, and two for each author


class _Collector:
    """A target of the XML parser: texts by path below the feed, such as `entry/author/name`."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.terms: dict[str, list[str]] = defaultdict(list)
        self.path: list[str] = []
        self.parts: list[str] = []
        self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MAX_ELEMENTS or len(self.path) > 20:
            raise UnusableDocumentError("XML: too many elements", expected="the feed of one paper")
        if self.path[1:] and self.path[-1] in _PLAIN:
            raise UnusableDocumentError(f"entry.{self.path[-1]}: an element inside", got=tag, expected="text")
        self.path.append(tag.removeprefix(_ATOM).replace(_ARXIV, "arxiv:"))
        self.parts = []
        self.terms["/".join(self.path)].append(attributes.get("term", ""))

    def data(self, text: str) -> None:
        self.parts.append(text)

    def end(self, tag: str) -> None:
        self.texts["/".join(self.path)].append(collapse("".join(self.parts)))
        self.path.pop()
        self.parts = []

    def close(self) -> None:
        pass


def parse(data: bytes) -> ArxivPaper:
    """Return the one paper in the feed; `UnusableDocumentError`, with the field, for errors, hostile XML."""
    found = _read(data)
    entries = len(found.texts["feed/entry"])
    if entries != 1:
        what = "entries in the feed" if "feed" in found.texts else "no Atom feed: entries"
        raise UnusableDocumentError(what, got=entries, expected="one", do="ask for one id")

    def text(name: str, *, required: bool = True) -> str:
        return only(f"entry.{name}", found.texts[f"feed/entry/{name}"], required=required)

    url, abstract, title = text("id"), text("summary"), clean(text("title"))
    match = _ID.fullmatch(url)
    if not match:
        what = "arXiv answered with an error" if "/api/errors" in url else "entry.id: no arXiv id"
        raise UnusableDocumentError(what, got=f"{url} {abstract}", expected="'http://arxiv.org/abs/…'")
    primary = only("entry.primary_category", found.terms["feed/entry/arxiv:primary_category"])
    terms = [t for t in found.terms["feed/entry/category"] if t != primary and CATEGORY.fullmatch(t)]
    names = found.texts["feed/entry/author/name"]
    only("entry.author", [str(len(names)) if names else ""])
    return ArxivPaper(
        arxiv=parse_arxiv(match[1]), title=title, abstract=abstract, primary_cat=primary, cross_cats=tuple(terms),
        authors=tuple(one_name(name, place="entry.author") for name in names),
        submitted=parse_time(text("published"), "entry.published"),
        revised=parse_time(text("updated"), "entry.updated"),
        notes=tuple(withdrawal(text("arxiv:comment", required=False), abstract)),
    )  # fmt: skip


def _read(data: bytes) -> _Collector:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, XMLParser

    strict_json.decode(data)  # size and UTF-8, so that no declaration can ask for another encoding
    found = _Collector()
    parser = XMLParser(target=found, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException as e:
        what = f"hostile XML ({type(e).__name__})"
        raise UnusableDocumentError(what, expected="no DTD and no entities") from None
    except (ParseError, ValueError, LookupError) as e:
        raise UnusableDocumentError(f"broken XML: {e}", do="fetch the whole document again") from None
    return found
