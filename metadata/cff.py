"""CITATION.cff of this repository: read its head, and write its `references:` from the pins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from metadata.cite import cff_reference
from metadata.errors import MetadataError
from metadata.pins import Pin

CFF_FILE = Path(__file__).resolve().parents[1] / "CITATION.cff"
REFERENCES = "references:"
_NEEDED = ("title", "version", "license", "date-released", "authors")


def repository(path: Path = CFF_FILE, *, commit: str = "", dirty: bool = False) -> dict[str, Any]:
    """Return what CITATION.cff says of this repository, for `metadata.cite.verified`.

    Keys: `title`, `version`, `license` (SPDX), `date-released` (ISO), `year`, `authors` (names), `commit` and
    `dirty` as given, and `doi` when there is one. Raises `MetadataError` if the file or a field is missing.
    """
    import yaml

    try:
        read = yaml.safe_load(_head(path))
        found = {key: value for key, value in dict(read or {}).items() if value}
        found["authors"] = tuple(str(author["name"]) for author in found.get("authors", ()))
    except (yaml.YAMLError, TypeError, ValueError, KeyError) as e:
        raise MetadataError(
            f"cannot read {path.name}: {e}", expected="CFF 1.2.0, authors with a name"
        ) from None
    missing = [key for key in _NEEDED if not found.get(key)]
    if missing:
        raise MetadataError(
            f"{path.name}: no {', '.join(missing)}", expected='lines such as: version: "0.1.0"'
        )
    plain = {key: value if key == "authors" else str(value) for key, value in found.items()}
    return plain | {"year": plain["date-released"][:4], "commit": commit, "dirty": dirty}


def _head(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").partition(f"\n{REFERENCES}")[0]
    except (OSError, ValueError) as e:
        raise MetadataError(f"cannot read {path.name}: {e}", do="run inside a clone") from None


def render(path: Path, pins: Iterable[Pin]) -> str:
    """Return the text of CITATION.cff at `path` with its `references:` made from `pins`."""
    return f"{_head(path)}\n{references(pins)}"


def references(pins: Iterable[Pin]) -> str:
    """Return the block `references:` of a CITATION.cff (YAML, ending in a newline)."""
    import yaml

    document = {"references": [cff_reference(pin) for pin in pins]}
    dumped: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    return dumped
