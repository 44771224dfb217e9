"""CITATION.cff of this repository: read its head, and write its `references:` from the pins.

Only what our own file uses of YAML is read: one key a line, strings in double quotes as in JSON. A test reads
the file with a real YAML parser and compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from metadata.cite import cff_reference
from metadata.errors import MetadataError
from metadata.pins import Pin

CFF_FILE = Path(__file__).resolve().parents[1] / "CITATION.cff"
REFERENCES = "references:"
_FIELD = re.compile(r"([a-z-]+): (\".*\")")
_NAME = re.compile(r"  - name: (\".*\")")
_NEEDED = ("title", "version", "license", "date-released")


def repository(path: Path = CFF_FILE, *, commit: str = "", dirty: bool = False) -> dict[str, Any]:
    """Return what CITATION.cff says of this repository, for `metadata.cite.verified`.

    Keys: `title`, `version`, `license` (SPDX), `date-released` (ISO), `year`, `authors` (names), `commit` and
    `dirty` as given, and `doi` when there is one. Raises `MetadataError` if the file or a field is missing.
    """
    head = _head(path)
    found: dict[str, Any] = {m[1]: json.loads(m[2]) for line in head if (m := _FIELD.fullmatch(line))}
    found["authors"] = tuple(json.loads(m[1]) for line in head if (m := _NAME.fullmatch(line)))
    missing = [key for key in (*_NEEDED, "authors") if not found.get(key)]
    if missing:
        what = f"{path.name}: no {', '.join(missing)}"
        raise MetadataError(what, expected='lines such as: version: "0.1.0"')
    return found | {"year": found["date-released"][:4], "commit": commit, "dirty": dirty}


def _head(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as e:
        raise MetadataError(f"cannot read {path.name}: {e}", do="run inside a clone") from None
    return lines[: lines.index(REFERENCES)] if REFERENCES in lines else lines


def render(path: Path, pins: Iterable[Pin]) -> str:
    """Return the text of CITATION.cff at `path` with its `references:` made from `pins`."""
    return "\n".join([*_head(path), references(pins), ""])


def references(pins: Iterable[Pin]) -> str:
    """Return the block `references:` of a CITATION.cff (YAML, no newline at the end)."""
    return "\n".join([REFERENCES, *(line for pin in pins for line in _item(cff_reference(pin), 2))])


def _item(value: object, indent: int) -> list[str]:
    """Return the YAML lines of one entry of a list."""
    lines = _lines(value, indent + 2)
    return [f"{' ' * indent}- {lines[0].lstrip()}", *lines[1:]]


def _lines(value: object, indent: int) -> list[str]:
    pad = " " * indent
    if not isinstance(value, Mapping):
        return [f"{pad}{_scalar(value)}"]
    lines = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines += [f"{pad}{key}:", *_lines(item, indent + 2)]
        elif isinstance(item, list):
            lines += [f"{pad}{key}:", *(line for entry in item for line in _item(entry, indent + 2))]
        else:
            lines.append(f"{pad}{key}: {_scalar(item)}")
    return lines


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string or number is a YAML one
