"""Parse an answer of arXiv's Atom API (https://info.arxiv.org/help/api/user-manual.html), safely.

`defusedxml` refuses entity bombs and external entities; no DTD is accepted at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata import strict_json
from metadata.arxiv import CATEGORY, ArxivPaper
from metadata.errors import MissingFieldError, UnusableDocumentError
from metadata.ids import ArxivId, parse_arxiv
from metadata.names import one_name
from metadata.reader import parse_time
from metadata.text import collapse

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"


def parse(data: bytes) -> ArxivPaper:
    """Return the single paper in the Atom feed `data` (UTF-8 XML, at most 1 MiB).

    Raises `MissingFieldError` naming the field, and `UnusableDocumentError` for broken or hostile XML, for
    arXiv's own error entries and for feeds of several papers.
    """
    feed = _xml(data)
    if feed.tag != f"{_ATOM}feed":
        raise UnusableDocumentError("XML is no Atom feed", got=feed.tag, expected=f"{_ATOM}feed")
    entries = feed.findall(f"{_ATOM}entry")
    if len(entries) != 1:
        raise UnusableDocumentError(
            "entries in the feed", got=len(entries), expected="one", do="ask for one id"
        )
    return _paper(entries[0])


def _xml(data: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, XMLParser

    strict_json.decode(data)  # size and UTF-8, so that no declaration can ask for another encoding
    parser = XMLParser(encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException as e:
        raise UnusableDocumentError(
            f"hostile XML ({type(e).__name__})", expected="no DTD and no entities"
        ) from None
    except (ParseError, ValueError, LookupError) as e:
        raise UnusableDocumentError(f"broken XML: {e}", do="fetch the whole document again") from None
    return root


def _paper(entry: Element) -> ArxivPaper:
    arxiv = _identifier(entry)
    primary = _attribute(entry, f"{_ARXIV}primary_category", "term")
    terms = [str(c.get("term")) for c in entry.findall(f"{_ATOM}category")]
    return ArxivPaper(
        form="atom",
        arxiv=arxiv,
        title=_text(entry, "title"),
        authors=_authors(entry),
        repairs=(),
        abstract=_text(entry, "summary"),
        submitted=parse_time(_text(entry, "published"), "entry.published"),
        revised=parse_time(_text(entry, "updated"), "entry.updated"),
        primary_cat=primary,
        cross_cats=tuple(t for t in terms if t != primary and CATEGORY.fullmatch(t)),
        doi=None,  # the feed names a journal's DOI at best, never the one that arXiv registers
    )


def _text(entry: Element, name: str) -> str:
    text = collapse(entry.findtext(f"{_ATOM}{name}") or "")
    if not text:
        raise MissingFieldError(f"entry.{name}: not found in the Atom feed")
    return text


def _attribute(entry: Element, tag: str, name: str) -> str:
    element = entry.find(tag)
    value = element.get(name) if element is not None else None
    if not value:
        raise MissingFieldError(f"entry.{tag.partition('}')[2]}: not found in the Atom feed")
    return value


def _identifier(entry: Element) -> ArxivId:
    url = _text(entry, "id")
    if "/api/errors" in url:
        raise UnusableDocumentError(
            "arXiv answered with an error", got=_text(entry, "summary"), expected="a paper"
        )
    _, found, text = url.partition("/abs/")
    if not found:
        raise MissingFieldError("entry.id: no arXiv id in it", got=url, expected="'http://arxiv.org/abs/…'")
    return parse_arxiv(text)


def _authors(entry: Element) -> tuple[str, ...]:
    names = [a.findtext(f"{_ATOM}name") or "" for a in entry.findall(f"{_ATOM}author")]
    if not names:
        raise MissingFieldError("entry.author: not found in the Atom feed")
    return tuple(one_name(name, place="entry.author") for name in names)
