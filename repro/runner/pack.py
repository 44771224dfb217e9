"""Finished runs in a few files that can travel: what another machine made comes home, where `merge` takes it in.

A pack is a zip archive with a manifest and the files of a runs folder under their own names: results
("ab/ab…/0123456789abcdef.json") and, if asked for, checkpoints of unfinished groups. Packing the same runs again
gives the same bytes. Neither side needs torch.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.errors import BadValueError
from repro.files import write_bytes
from repro.record.run import canonical, digest, runs
from repro.runner import cache
from repro.spec import Exhibit
from repro.tree import git_state

FORMAT = 1
MANIFEST = "manifest.json"
RESULT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-f]{16}\.json")
CHECKPOINT = re.compile(r"groups/[0-9a-f]{32}/[0-9a-f]{16}/(rows\.jsonl|previous\.pt|checkpoint\.pt)")
CHECKPOINT_FILES = ("rows.jsonl", "previous.pt", "checkpoint.pt")
"""Of an unfinished group, in the order in which they are written: the last one says that the others are there."""
MIB = 2**20
_EACH = 1200
"""Bytes that a file takes in an archive beside its own: headers, its line in the manifest."""


@dataclass(frozen=True)
class Unit:
    """What must travel together: a result, or the files of a checkpoint. Name → bytes; `facts` of a result."""

    files: dict[str, bytes]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The result's file, or the folder of the checkpoint."""
        first = next(iter(self.files))
        return first if self.facts else first.rpartition("/")[0]

    def size(self) -> int:
        """At most so many bytes of an archive."""
        return sum(len(zlib.compress(data, 6)) + 2 * len(name) + _EACH for name, data in self.files.items())


@dataclass
class Packed:
    """What was written, how many results and checkpoints are in it, and the names of what did not fit."""

    files: list[Path]
    results: int
    checkpoints: int
    left: list[str]


def pack(
    out: Path,
    runs_dir: Path,
    exhibits: Sequence[Exhibit] = (),
    checkpoints: bool = False,
    most: int = 8,
    limit: int = 16 * MIB,
) -> Packed:
    """Write runs-1.zip, … into `out`: results of `exhibits` (of all, if none is named).

    At most `most` files of at most `limit` bytes: results first, then checkpoints, the smallest first.
    `BadValueError` if there is nothing to pack.
    """
    units = list(_results(runs_dir, exhibits))
    rest = sorted(_checkpoints(runs_dir), key=lambda u: (u.size(), u.name)) if checkpoints else []
    if not units and not rest:
        of = f" of {', '.join(e.id for e in exhibits)}" if exhibits else ""
        raise BadValueError(f"{runs_dir} holds no finished runs{of}: nothing to pack")
    parts, left = _parts([*units, *rest], most, limit)
    paths = [out / f"runs-{i}.zip" for i in range(1, len(parts) + 1)]
    for path, part in zip(paths, parts, strict=True):
        write_bytes(path, _archive(part))
    for older in out.glob("runs-*.zip"):  # of a larger pack before: "runs-*.zip" shall be this one
        if older not in paths:
            older.unlink()
    there = [u for part in parts for u in part]
    done = sum(bool(u.facts) for u in there)
    return Packed(paths, done, len(there) - done, [u.name for u in left])


def _results(runs_dir: Path, exhibits: Sequence[Exhibit]) -> Iterator[Unit]:
    """Every result that is whole, by name; of `exhibits`: planned by them, or of a run of theirs."""
    wanted = {digest(r.identity()) for e in exhibits for p in e.profiles for r in runs(e, p)}
    planners = {e.id for e in exhibits}
    for path in sorted(runs_dir.glob("??/*/*.json")):
        name = path.relative_to(runs_dir).as_posix()
        if not RESULT.fullmatch(name):
            continue
        result = cache.read(runs_dir, path.parent.name, path.stem)
        if result is None:  # damaged, and named by now
            continue
        ours = digest(result["run"]) in wanted or planners & result.get("registered", {}).keys()
        if ours or not exhibits:
            yield Unit({name: path.read_bytes()}, result)


def _checkpoints(runs_dir: Path) -> Iterator[Unit]:
    """The checkpoints of groups whose training goes on: finished ones have lost their rows."""
    for folder in sorted((runs_dir / "groups").glob("*/*")):
        there = [folder / name for name in CHECKPOINT_FILES if (folder / name).exists()]
        if (folder / "checkpoint.pt") in there and (folder / "rows.jsonl") in there:
            yield Unit({p.relative_to(runs_dir).as_posix(): p.read_bytes() for p in there})


def _parts(units: Iterable[Unit], most: int, limit: int) -> tuple[list[list[Unit]], list[Unit]]:
    """Units by file, each into the first in which there is room; and those for which there is none."""
    parts: list[list[Unit]] = []
    room: list[int] = []
    left = []
    for unit in units:
        size = unit.size()
        place = next((i for i, free in enumerate(room) if free >= size), None)
        if place is None and len(parts) < most and size <= limit - _EACH:
            place = len(parts)
            parts.append([])
            room.append(limit - _EACH)
        if place is None:
            left.append(unit)
        else:
            parts[place].append(unit)
            room[place] -= size
    return parts, left


def _archive(part: Sequence[Unit]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(_entry(MANIFEST), canonical(_manifest(part)), zipfile.ZIP_DEFLATED, 6)
        for unit in part:
            for name, content in unit.files.items():
                archive.writestr(_entry(name), content, zipfile.ZIP_DEFLATED, 6)
    return data.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without a date or a system: the same runs give the same bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry


def _manifest(part: Sequence[Unit]) -> dict[str, Any]:
    """What is in it: file → SHA-256, and of each result key, code, arithmetic (null where an older one lacks it)."""
    commit, dirty = git_state()
    facts = [u.facts for u in part if u.facts]
    known = {digest(f["arithmetic"])[:16]: f["arithmetic"] for f in facts if "arithmetic" in f}
    results = [
        {
            "key": f["key"],
            "code": f["code_sha256"],
            "arithmetic": digest(f["arithmetic"])[:16] if "arithmetic" in f else None,
        }
        for f in facts
    ]
    sums = {n: hashlib.sha256(data).hexdigest() for u in part for n, data in u.files.items()}
    stamp = {"commit": commit, "dirty": dirty}
    return {"format": FORMAT, **stamp, "files": sums, "results": results, "arithmetics": known}


def describe(result: dict[str, Any]) -> str:
    """A result as messages call it: "factor=4 seed 0 (key 0123456789ab)"."""
    run = result["run"]
    setting = " ".join(f"{k}={json.dumps(v)}" for k, v in run["setting"].items())
    return f"{setting} seed {run['seed']} (key {result['key'][:12]})".strip()
