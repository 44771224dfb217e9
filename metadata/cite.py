"""Cite a pinned paper, or a number of this repository checked against it.

BibTeX with ASCII accents; CFF 1.2.0 (https://citation-file-format.github.io); CodeMeta 3.0 (https://codemeta.github.io)
with schema.org. PMLR registers no DOI: arXiv's, which knows no version, stands beside the publisher's address.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from metadata.errors import MetadataError
from metadata.parse.names import encode, family_and_given
from metadata.pins import Pin

CFF_FILE = Path(__file__).resolve().parents[1] / "CITATION.cff"
STYLES = ("text", "bibtex")
# CodeMeta's own context defines none of schema.org's terms for articles: the vocabulary defines all of them.
CONTEXT = ["https://w3id.org/codemeta/3.0", {"@vocab": "http://schema.org/"}]
_SERIES = {"PMLR": "Proceedings of Machine Learning Research"}
_NEEDED = ("title", "version", "license", "date-released", "authors")
_UNKNOWN = "unknown"  # a commit that nothing tells: files from an archive, without git
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}"


def bibtex(pin: Pin) -> str:
    """Return a BibTeX entry for the pinned version, ending in a newline; its key is like `sun2017meprop`."""
    p = pin.proceedings
    fields = {
        "title": f"{{{encode(pin.title)}}}",  # doubled braces keep the capitals
        "author": " and ".join(map(_inverted, pin.authors)), "editor": " and ".join(map(_inverted, p.editors)),
        "booktitle": encode(p.booktitle), "series": encode(_SERIES.get(p.series, p.series)),
        "volume": str(p.volume), "pages": p.pages.replace("-", "--"), "year": str(p.year),
        "publisher": encode(p.series), "url": p.url, "eprint": pin.arxiv, "archiveprefix": "arXiv",
        "primaryclass": pin.primary_cat, "doi": pin.doi, "note": encode("; ".join([_which(pin), *_pith(pin)])),
    }  # fmt: skip
    return _entry("inproceedings", bibtex_key(pin), fields)


def _which(pin: Pin) -> str:
    """Say which text is meant, since pages are those of the proceedings and the DOI knows no version."""
    return f"reproduced from {pin.version} on arXiv: {pin.proceedings.relation}"


def _pith(pin: Pin) -> list[str]:
    return [pin.pith] if pin.pith else []


def bibtex_key(pin: Pin) -> str:
    """Return the BibTeX key: first author, year of the proceedings, first word of the title."""
    first = re.findall(r"[A-Za-z]+", pin.title)[0]
    return f"{family_and_given(pin.authors[0])[0]}{pin.proceedings.year}{first}".lower()


def _inverted(name: str) -> str:
    return encode(", ".join(filter(None, family_and_given(name))))


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
    start, end = map(int, p.pages.split("-"))
    authors, editors = (_people(names, "given-names", "family-names") for names in (pin.authors, p.editors))
    return {
        "type": "conference-paper", "title": pin.title, "authors": authors, "collection-title": p.booktitle,
        "collection-type": "proceedings", "conference": {"name": p.conference}, "editors": editors,
        "publisher": {"name": p.series}, "volume": p.volume, "start": start, "end": end, "year": p.year,
        "month": int(p.date[5:7]), "doi": pin.doi, "url": p.url,
        "identifiers": [{"type": "other", "value": value} for value in (f"arXiv:{pin.arxiv}", *_pith(pin))],
        "notes": _which(pin),
    }  # fmt: skip


def _people(names: Iterable[str], given: str, family: str, **more: str) -> list[dict[str, str]]:
    people = (dict(zip((family, given), family_and_given(name), strict=True)) for name in names)
    return [more | {key: value for key, value in person.items() if value} for person in people]


def codemeta(pin: Pin) -> dict[str, Any]:
    """Return schema.org's `ScholarlyArticle` (JSON-LD): that of the proceedings, our version as its `workExample`."""
    p, kind = pin.proceedings, {"@type": "ScholarlyArticle"}
    start, end = p.pages.split("-")
    version: dict[str, Any] = kind | {
        "@id": pin.url, "version": pin.version, "identifier": [f"https://doi.org/{pin.doi}", *_pith(pin)],
        "dateModified" if pin.date_of == pin.version else "dateCreated": pin.date,
        "disambiguatingDescription": _which(pin), **({"license": pin.license} if pin.license else {}),
    }  # fmt: skip
    return {
        "@context": CONTEXT, **kind, "@id": p.url, "name": pin.title,
        "author": _people(pin.authors, "givenName", "familyName", **{"@type": "Person"}),
        "datePublished": p.date, "pageStart": start, "pageEnd": end,
        "isPartOf": {"@type": "PublicationVolume", "name": p.booktitle, "volumeNumber": str(p.volume)},
        "workExample": version,
    }  # fmt: skip


def codemeta_software(repository: Mapping[str, Any], pins: Iterable[Pin]) -> dict[str, Any]:
    """Return this repository (what `repository` returns) as a CodeMeta `SoftwareSourceCode` that refers to `pins`."""
    doi = repository.get("doi")
    return {
        "@context": CONTEXT, "@type": "SoftwareSourceCode", "name": repository["title"],
        "version": repository["version"], "license": f"https://spdx.org/licenses/{repository['license']}",
        "dateModified": repository["date-released"],
        "author": [{"@type": "Organization", "name": name} for name in repository["authors"]],
        "referencePublication": [{k: v for k, v in codemeta(p).items() if k != "@context"} for p in pins],
        **({"identifier": f"https://doi.org/{doi}"} if doi else {}),
    }  # fmt: skip


FORMATS: dict[str, Callable[[Pin], Any]] = {
    "text": text, "bibtex": bibtex, "cff": cff_reference, "codemeta": codemeta
}  # fmt: skip


def references(pins: Iterable[Pin]) -> str:
    """Return the block `references:` of a CITATION.cff (YAML, ending in a newline)."""
    import yaml

    document = {"references": [cff_reference(pin) for pin in pins]}
    dumped: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    return dumped


def render(path: Path, pins: Iterable[Pin]) -> str:
    """Return the text of CITATION.cff at `path` with its `references:` made from `pins`; errors of `repository`."""
    return f"{_head(path)}\n{references(pins)}"


def _head(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").partition("\nreferences:")[0]
    except (OSError, ValueError) as e:
        raise MetadataError(f"cannot read {path.name}: {e}", do="run inside a clone") from None


def repository(path: Path = CFF_FILE, *, commit: str = "", dirty: bool = False) -> dict[str, Any]:
    """Return what CITATION.cff says of this repository, for `verified`.

    Keys: `title`, `version`, `license` (SPDX), `date-released` (ISO), `year`, `authors` (names), `commit` and
    `dirty` as given, and `doi` when there is one. Raises `MetadataError` if the file or a field is missing.
    """
    import yaml

    try:
        read = dict(yaml.safe_load(_head(path)) or {})
        authors = tuple(str(author["name"]) for author in read.get("authors", ()))
    except (yaml.YAMLError, TypeError, ValueError, KeyError) as e:
        expected = "CFF 1.2.0, authors with a name"
        raise MetadataError(f"cannot read {path.name}: {e}", expected=expected) from None
    found: dict[str, Any] = {key: str(value) for key, value in read.items() if value}
    found["authors"] = authors
    _require(found, _NEEDED, path.name)
    return found | {"year": found["date-released"][:4], "commit": commit, "dirty": dirty}


def _require(found: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    if missing := [key for key in keys if not found.get(key)]:
        raise MetadataError(f"{where}: no {', '.join(missing)}", expected='lines such as: version: "0.1.0"')


def verified(
    pin: Pin,
    repository: Mapping[str, Any],
    exhibit: str,
    profile: str,
    record_sha256: str,
    style: str,
    relation: str = "reruns",
    note: str = "",
) -> str:
    """Return a citation of a number that this repository recorded, so that a reader can find and check it.

    It joins the pinned paper, this repository (as the function of that name tells of it), the `exhibit` (like
    `dni/table1`), the `profile` and the SHA-256 of the record (64 hex digits). `style` is `text` (one line) or
    `bibtex` (two entries). `relation`: what the number is to the paper; `note`: what the record lacks. Raises
    `MetadataError` for a record of another paper, and for values of another form.
    """
    commit, authors, doi = (repository.get(key) for key in ("commit", "authors", "doi"))
    _require(repository, ("title", "version", "commit"), "repository")
    _well_formed(pin, exhibit, profile, record_sha256, str(commit), style)
    dirty = " with uncommitted changes" if commit != _UNKNOWN and repository.get("dirty") else ""
    place = (
        f"code at commit {commit}{dirty}, record of {exhibit}, profile {profile}, SHA-256 {record_sha256} "
    )
    place += "(as repro check sums it)"
    place += f", {note}" if note else ""
    if style == "text":
        who = f"{', '.join(authors)}. " if authors else ""
        at = f" https://doi.org/{doi}." if doi else ""
        what = f"{repository['title']}, version {repository['version']}, {place}"
        return f"{who}{what}.{at} {relation.capitalize()}: {text(pin)}"
    name = re.sub(r"[^a-z0-9]+", "-", f"{exhibit}-{profile}".lower())
    fields = {
        "title": f"{{{encode(str(repository['title']))}}}",
        "author": " and ".join(f"{{{encode(a)}}}" for a in authors or ()), "year": str(repository.get("year", "")),
        "version": encode(str(repository["version"])), "doi": str(doi or ""),
        "note": encode(f"{place}; {relation} arXiv:{pin.arxiv}"),
    }  # fmt: skip
    return f"{_entry('misc', f'repro-{name}', fields)}\n{bibtex(pin)}"


def _well_formed(pin: Pin, exhibit: str, profile: str, record_sha256: str, commit: str, style: str) -> None:
    """Raise `MetadataError` for the first value of another form."""
    for what, got, form, expected in (
        ("exhibit", exhibit, f"{pin.short}/{_NAME}", f"one of {pin.arxiv}, like '{pin.short}/table1'"),
        ("profile", profile, _NAME, "a name like 'paper'"),
        ("SHA-256 of the record", record_sha256, "[0-9a-f]{64}", "64 hex digits (lower case)"),
        ("commit", commit, f"[0-9a-f]{{7,64}}|{_UNKNOWN}", "7 to 64 hex digits (lower case), or unknown"),
        ("style", style, "|".join(STYLES), " or ".join(STYLES)),
    ):
        if not re.fullmatch(form, got):
            raise MetadataError(what, got=got, expected=expected)
