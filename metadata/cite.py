"""Cite a pinned paper (BibTeX, text, CFF, CodeMeta), or a number of this repository checked against it.

Formats: BibTeX with ASCII accents; CFF 1.2.0 (https://citation-file-format.github.io); CodeMeta 3.0 with
schema.org (https://codemeta.github.io). What is cited is the version on arXiv that was reproduced, under arXiv's DOI,
which knows no versions, beside the publisher's address of the proceedings: PMLR registers no DOI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from metadata.errors import MetadataError
from metadata.parse import latex
from metadata.parse.names import family_and_given
from metadata.pins import Pin

STYLES = ("text", "bibtex")
# CodeMeta's own context defines none of schema.org's terms for articles: the vocabulary defines all of them.
CONTEXT = ["https://w3id.org/codemeta/3.0", {"@vocab": "http://schema.org/"}]
_SERIES = {"PMLR": "Proceedings of Machine Learning Research"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
UNKNOWN = "unknown"
"""A commit that nothing tells: files from an archive, without git."""
_COMMIT = re.compile(rf"[0-9a-f]{{7,64}}|{UNKNOWN}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")


def bibtex(pin: Pin) -> str:
    """Return a BibTeX entry for the pinned version, ending in a newline; its key is like `sun2017meprop`."""
    p = pin.proceedings
    fields = {
        "title": f"{{{latex.encode(pin.title)}}}",  # doubled braces keep the capitals
        "author": " and ".join(map(_inverted, pin.authors)),
        "editor": " and ".join(map(_inverted, p.editors)),
        "booktitle": latex.encode(p.booktitle),
        "series": latex.encode(_SERIES.get(p.series, p.series)),
        "volume": str(p.volume),
        "pages": p.pages.replace("-", "--"),
        "year": str(p.year),
        "publisher": latex.encode(p.series),
        "url": p.url,
        "eprint": pin.arxiv,
        "archiveprefix": "arXiv",
        "primaryclass": pin.primary_cat,
        "doi": pin.doi,
        "note": latex.encode("; ".join([_which(pin), *_pith(pin)])),
    }
    return _entry("inproceedings", bibtex_key(pin), fields)


def _which(pin: Pin) -> str:
    """Say which text is meant, since pages are those of the proceedings and the DOI knows no version."""
    return f"reproduced from {pin.version} on arXiv: {pin.proceedings.relation}"


def _pith(pin: Pin) -> list[str]:
    return [pin.pith] if pin.pith else []


def bibtex_key(pin: Pin) -> str:
    """Return the BibTeX key: first author, year of the proceedings, first word of the title."""
    family, _ = family_and_given(pin.authors[0])
    first = re.findall(r"[A-Za-z]+", pin.title)[0]
    return f"{family}{pin.proceedings.year}{first}".lower()


def _inverted(name: str) -> str:
    family, given = family_and_given(name)
    return latex.encode(f"{family}, {given}" if given else family)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    width = max(map(len, fields))
    lines = [f"  {name.ljust(width)} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def text(pin: Pin) -> str:
    """Return the reference as one line of plain text, with all authors, the publisher's address and the version."""
    ids = ", ".join([f"arXiv:{pin.arxiv} (https://doi.org/{pin.doi})", *_pith(pin)])
    return f"{', '.join(pin.authors)}. {pin.title}. {pin.venue}. {pin.proceedings.url}. Reproduced version: {ids}"


def cff_reference(pin: Pin) -> dict[str, Any]:
    """Return the pin as an entry for `references:` of a CITATION.cff (CFF 1.2.0)."""
    p = pin.proceedings
    start, _, end = p.pages.partition("-")
    return {
        "type": "conference-paper",
        "title": pin.title,
        "authors": [_cff_person(name) for name in pin.authors],
        "collection-title": p.booktitle,
        "collection-type": "proceedings",
        "conference": {"name": p.conference},
        "editors": [_cff_person(name) for name in p.editors],
        "publisher": {"name": p.series},
        "volume": p.volume,
        "start": int(start),
        "end": int(end),
        "year": p.year,
        "month": int(p.date[5:7]),
        "doi": pin.doi,
        "url": p.url,
        "identifiers": [{"type": "other", "value": value} for value in (f"arXiv:{pin.arxiv}", *_pith(pin))],
        "notes": _which(pin),
    }


def _cff_person(name: str) -> dict[str, str]:
    family, given = family_and_given(name)
    return {"family-names": family, "given-names": given} if given else {"family-names": family}


def codemeta(pin: Pin) -> dict[str, Any]:
    """Return the pin as a schema.org `ScholarlyArticle` in JSON-LD, as CodeMeta's `referencePublication`.

    The article is that of the proceedings; the reproduced version is another edition of it, `workExample`.
    """
    p = pin.proceedings
    start, _, end = p.pages.partition("-")
    version: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "@id": pin.url,
        "version": pin.version,
        "identifier": [f"https://doi.org/{pin.doi}", *_pith(pin)],
        "dateModified" if pin.date_of == pin.version else "dateCreated": pin.date,
        "disambiguatingDescription": _which(pin),
    }
    return {
        "@context": CONTEXT,
        "@type": "ScholarlyArticle",
        "@id": p.url,
        "name": pin.title,
        "author": [_schema_person(name) for name in pin.authors],
        "datePublished": p.date,
        "pageStart": start,
        "pageEnd": end,
        "isPartOf": {"@type": "PublicationVolume", "name": p.booktitle, "volumeNumber": str(p.volume)},
        "workExample": version | ({"license": pin.license} if pin.license else {}),
    }


def _schema_person(name: str) -> dict[str, str]:
    family, given = family_and_given(name)
    return {"@type": "Person", "givenName": given, "familyName": family}


def codemeta_software(repository: Mapping[str, Any], pins: Iterable[Pin]) -> dict[str, Any]:
    """Return this repository as a CodeMeta `SoftwareSourceCode` that refers to `pins`.

    `repository` is what `metadata.cff.repository` returns.
    """
    software: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "SoftwareSourceCode",
        "name": repository["title"],
        "version": repository["version"],
        "license": f"https://spdx.org/licenses/{repository['license']}",
        "dateModified": repository["date-released"],
        "author": [{"@type": "Organization", "name": name} for name in repository["authors"]],
        "referencePublication": [{k: v for k, v in codemeta(p).items() if k != "@context"} for p in pins],
    }
    doi = repository.get("doi")
    return software | ({"identifier": f"https://doi.org/{doi}"} if doi else {})


FORMATS = {"text": text, "bibtex": bibtex, "cff": cff_reference, "codemeta": codemeta}


def verified(
    pin: Pin, repository: Mapping[str, Any], exhibit: str, profile: str, record_sha256: str, style: str
) -> str:
    """Return a citation of a number that this repository recorded, so that a reader can find and check it.

    It joins the pinned paper, this repository (`repository`: `title`, `version`, `commit` in hex or "unknown",
    optionally `authors`, `doi`, `year` and `dirty`, see `metadata.cff.repository`), the `exhibit` (like
    `dni/table1`), the `profile` and the SHA-256 of the record (64 hex digits). `style` is `text` (one line)
    or `bibtex` (two entries). Raises `MetadataError` for a record of another paper, and for values of another form.
    """
    _check_verified(pin, repository, exhibit, profile, record_sha256, style)
    known = repository["commit"] != UNKNOWN
    dirty = " with uncommitted changes" if known and repository.get("dirty") else ""
    place = f"commit {repository['commit']}{dirty}, record of {exhibit}, profile {profile}, SHA-256 {record_sha256}"
    doi = repository.get("doi")
    if style == "text":
        authors = ", ".join(repository.get("authors", ()))
        who = f"{authors}. " if authors else ""
        at = f" https://doi.org/{doi}." if doi else ""
        what = f"{repository['title']}, version {repository['version']}, {place}"
        return f"{who}{what}.{at} Reproduces: {text(pin)}"
    name = re.sub(r"[^a-z0-9]+", "-", f"{exhibit}-{profile}".lower())
    fields = {
        "title": f"{{{latex.encode(str(repository['title']))}}}",
        "author": " and ".join(f"{{{latex.encode(a)}}}" for a in repository.get("authors", ())),
        "year": str(repository.get("year", "")),
        "version": latex.encode(str(repository["version"])),
        "doi": str(doi or ""),
        "note": latex.encode(f"{place}; reproduces arXiv:{pin.arxiv}"),
    }
    return f"{_entry('misc', f'repro-{name}', fields)}\n{bibtex(pin)}"


def _check_verified(
    pin: Pin, repository: Mapping[str, Any], exhibit: str, profile: str, record_sha256: str, style: str
) -> None:
    missing = [key for key in ("title", "version", "commit") if not repository.get(key)]
    if missing:
        raise MetadataError(f"repository: no {', '.join(missing)}", do="see metadata.cff.repository")
    paper, _, name = exhibit.partition("/")
    wrong = {
        "exhibit": (
            exhibit,
            paper == pin.short and _NAME.fullmatch(name),
            f"one of {pin.arxiv}, like '{pin.short}/table1'",
        ),
        "profile": (profile, _NAME.fullmatch(profile), "a name like 'paper'"),
        "SHA-256 of the record": (
            record_sha256,
            _SHA256.fullmatch(record_sha256),
            "64 hex digits (lower case)",
        ),
        "commit": (
            repository["commit"],
            _COMMIT.fullmatch(str(repository["commit"])),
            "7 to 64 hex digits (lower case), or unknown",
        ),
        "style": (style, style in STYLES, " or ".join(STYLES)),
    }
    for what, (got, fine, expected) in wrong.items():
        if not fine:
            raise MetadataError(what, got=got, expected=expected)
