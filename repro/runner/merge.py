"""Packs taken into a runs folder: everything is checked before anything is written, and nothing is overwritten."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.errors import BadValueError
from repro.files import write_bytes
from repro.runner import cache
from repro.runner.lock import group_locked, tried
from repro.runner.pack import CHECKPOINT, CHECKPOINT_FILES, FORMAT, MANIFEST, RESULT, describe

LARGEST = 2**30
"""Bytes of a packed file, unpacked: more is no result and no checkpoint that would have fitted."""
_META = ("wall_s", "train_s", "environment", "info", "fingerprints", "peak_memory_mb")
_NUMBERS = ("run", "data", "rows")
"""What is the same of a run that is trained again; its times, its group and who planned it are not."""


@dataclass
class Merged:
    """What became of each result (as messages call it) and of each folder of checkpoints.

    `taken`: new here. `there`: here already, with the same numbers. `conflicts`: here with others, which stay.
    """

    taken: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def merge(files: Sequence[Path], runs_dir: Path) -> Merged:
    """Take the packs `files` into `runs_dir`. `BadValueError` names one that is no whole pack: then none is taken."""
    opened = [_checked(path) for path in files]
    done = Merged()
    for content in opened:
        groups: dict[str, dict[str, bytes]] = {}
        for name, data in content.items():
            if RESULT.fullmatch(name):
                _take_result(runs_dir, data, done)
            else:
                folder, _, file = name.rpartition("/")
                groups.setdefault(folder, {})[file] = data
        for folder, parts in groups.items():
            with group_locked(runs_dir / folder, timeout=0) as free:
                if free:
                    _take_checkpoint(runs_dir / folder, folder, parts, done)
                else:
                    done.conflicts.append(
                        f"checkpoint {folder}: its runs are being trained here, and theirs stays out "
                        "(stop that training and merge again to go on from theirs)"
                    )
    return done


def _take_result(runs_dir: Path, data: bytes, done: Merged) -> None:
    result = json.loads(data)
    with tried(cache.folder_of(runs_dir, result["key"]) / "lock") as free:
        if free:
            _take_free(runs_dir, result, done)
        else:
            done.conflicts.append(
                f"{describe(result)}: it is being trained here (merge again when that has ended)"
            )


def _take_free(runs_dir: Path, result: dict[str, Any], done: Merged) -> None:
    """Of a run that nobody works on."""
    name, ours = describe(result), cache.read(runs_dir, result["key"], result["code_sha256"])
    if ours is None:  # absent, or damaged and put aside
        result.pop("sha256")
        cache.keep(runs_dir, result)
        done.taken.append(name)
    elif _numbers(ours) == _numbers(result):
        done.there.append(name)
    else:
        done.conflicts.append(f"{name}: other numbers are here under the same key and code, and stay")


def _numbers(result: dict[str, Any]) -> dict[str, Any]:
    """What of a result must be the same whenever the run is trained again."""
    numbers = {k: result[k] for k in _NUMBERS}
    numbers["data"] = {k: v for k, v in (numbers["data"] or {}).items() if k != "note"}  # words, not bytes
    return json.loads(json.dumps(numbers), parse_constant=str)  # type: ignore[no-any-return]  # NaN equals NaN


def _take_checkpoint(folder: Path, name: str, parts: dict[str, bytes], done: Merged) -> None:
    here = {n: (folder / n).read_bytes() for n in CHECKPOINT_FILES if (folder / n).exists()}
    if not here:
        for file in CHECKPOINT_FILES:
            if file in parts:
                write_bytes(folder / file, parts[file])
        done.taken.append(f"checkpoint {name}")
    elif here == parts:
        done.there.append(f"checkpoint {name}")
    else:
        done.conflicts.append(
            f"checkpoint {name}: another is here, and stays (delete {folder} and merge again to go on from theirs)"
        )


def _checked(path: Path) -> dict[str, bytes]:
    """Name → bytes of what a pack holds, once all of it is what its manifest says."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_tricks(path, entries)
            content = {e.filename: archive.read(e) for e in entries}
        manifest = json.loads(content.pop(MANIFEST))
        if manifest["format"] != FORMAT:
            raise BadValueError(f"{path} is a pack of format {manifest['format']}; expected {FORMAT}")
        sums: dict[str, str] = dict(manifest["files"])
    except FileNotFoundError:
        raise BadValueError(f"there is no file {path}") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        NotImplementedError,
        RuntimeError,  # encrypted; also too deeply nested
    ) as e:
        raise BadValueError(f"{path} is damaged or no pack of runs ({e}): copy it again") from None
    for name in sorted(sums.keys() | content.keys()):
        if name not in content or name not in sums:
            raise BadValueError(f"{path}: {name} is {'not in it' if name in sums else 'not in its manifest'}")
        if hashlib.sha256(content[name]).hexdigest() != sums[name]:
            raise BadValueError(f"{path}: {name} does not have the SHA-256 of the manifest: copy it again")
        if RESULT.fullmatch(name):
            _require_result(path, name, content[name])
    return content


def _refuse_tricks(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """`BadValueError` unless every entry is a plain file with a name that a runs folder has, each once."""
    seen: set[str] = set()
    for entry in entries:
        name, kind = entry.filename, entry.external_attr >> 16 & 0o170000
        fits = name == MANIFEST or RESULT.fullmatch(name) or CHECKPOINT.fullmatch(name)
        if not fits or name in seen or kind not in (0, 0o100000) or entry.file_size > LARGEST:
            raise BadValueError(
                f"{path}: {name[:120]!r} is no file of a runs folder (or a link, too large, or there twice); "
                "expected what `repro pack` writes"
            )
        seen.add(name)


def _is_row(row: Any) -> bool:
    """metric, step, index, value."""
    metric, step, index, value = row
    return (isinstance(metric, str), isinstance(step, int), isinstance(index, str)) == (
        True,
    ) * 3 and isinstance(value, int | float)


def _require_result(path: Path, name: str, data: bytes) -> None:
    """`BadValueError` unless the result is whole, of the shape that the runner reads, and in its own place."""
    try:
        result = cache.whole(data)
        fits = f"{result['key'][:2]}/{result['key']}/{result['code_sha256'][:16]}.json" == name
        meta = result["meta"]
        described = describe(result) and meta["environment"] and {*_META} <= meta.keys()
        described = described and all(_is_row(row) for row in result["rows"])
        noted = isinstance(result.get("arithmetic", {}), dict)
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise BadValueError(f"{path}: {name} is no result of a run ({type(e).__name__}: {e})") from None
    if not (fits and described and noted):
        raise BadValueError(f"{path}: {name} is a result of another run or code than its name says")
