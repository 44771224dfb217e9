"""Finished runs on disk: one folder a run, named by its key, one file in it for each code that made it.

`arithmetic/` holds each arithmetic that is part of a key here, so that results of other machines can be looked up.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from repro.files import write_json
from repro.record.run import digest

TORN_S = 3600.0
"""Seconds after which a file that is still being written is taken for one that a kill left behind."""

_log = logging.getLogger("repro.runner")


def folder_of(runs_dir: str | Path, key: str) -> Path:
    """Where the run with this key is kept."""
    return Path(runs_dir) / key[:2] / key


def file_of(runs_dir: str | Path, key: str, code: str) -> Path:
    """The result of the run with this key by the code with this digest."""
    return folder_of(runs_dir, key) / f"{code[:16]}.json"


def read(runs_dir: str | Path, key: str, code: str) -> dict[str, Any] | None:
    """The finished result, or None if it is absent or damaged: then it is named and put aside."""
    path = file_of(runs_dir, key, code)
    try:
        result = whole(path.read_bytes())
        if result["key"] == key and result["code_sha256"][:16] == code[:16]:
            return result
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    bad = path.with_suffix(".bad")
    os.replace(path, bad)
    _log.warning("%s is damaged (its SHA-256 is another); kept as %s, the run is trained again", path, bad)
    return None


def whole(data: bytes) -> dict[str, Any]:
    """The result whose file holds `data`; `ValueError` or `KeyError` if it is damaged."""
    result: dict[str, Any] = json.loads(data)
    if result.pop("sha256") != _sum(result):
        raise ValueError("its SHA-256 is another")
    return result


def keep(runs_dir: str | Path, result: dict[str, Any]) -> dict[str, Any]:
    """Write a run's result under its key and code; returns it as it will be read."""
    result = json.loads(json.dumps(result))  # tuples are lists, keys are text
    path = file_of(runs_dir, result["key"], result["code_sha256"])
    write_json(path, {**result, "sha256": _sum(result)})
    if "arithmetic" in result:
        note(runs_dir, result["arithmetic"])
    _forget_torn(path.parent)
    return result


def _forget_torn(folder: Path) -> None:
    """Remove what runners left that were killed in the middle of a write; a live one's stays: it is about to be read.

    `merge` writes without the run's lock.
    """
    for torn in folder.glob("*.tmp"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - torn.stat().st_mtime > TORN_S:
                torn.unlink()


def others(runs_dir: str | Path, key: str, code: str) -> Iterator[dict[str, Any]]:
    """Results of the run by other code, newest first."""
    there = [p for p in folder_of(runs_dir, key).glob("*.json") if p.stem != code[:16]]
    for path in sorted(there, key=lambda p: p.stat().st_mtime, reverse=True):
        found = read(runs_dir, key, path.stem)
        if found:
            yield found


def note(runs_dir: str | Path, arithmetic: dict[str, Any]) -> None:
    """Remember that there are results of this arithmetic."""
    path = Path(runs_dir) / "arithmetic" / f"{digest(arithmetic)[:16]}.json"
    if not path.exists():
        write_json(path, arithmetic)


def arithmetics(runs_dir: str | Path) -> list[dict[str, Any]]:
    """Each arithmetic of which there are results, where they say it. What is none of ours is passed over."""
    found = []
    for path in sorted((Path(runs_dir) / "arithmetic").glob("*.json")):
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # they are written atomically: not one of ours
            continue
        if isinstance(read, dict) and digest(read)[:16] == path.stem:
            found.append(read)
    return found


def _sum(result: dict[str, Any]) -> str:
    """SHA-256 of a result's JSON; values that are not finite are allowed."""
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()
